"""The words of the overview's filters, chips, map and list of posts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from voxpop.dashboard import text
from voxpop.insight.counting import Told
from voxpop.insight.shift import Shift

LOADING: Final = "Reading the store …"
SLOW: Final = "Still no answer. The server may be busy or gone: see its log, or load this page again."

FILTERS: Final = "Filters"
COUNTRY: Final = "Countries"
LANG: Final = "Languages"
SOURCE: Final = "Sources"
LABEL: Final = "Labels"
ANY: Final = "All"
ANOTHER: Final = "Add another"
NOTHING: Final = "None like that in this period"
TOPICS: Final = "Topics"
TOPICS_HELP: Final = "Posts on any of those ticked, each once; none ticked is every post."
SWITCHES: Final = {
    "reposts": ("Count reposts", ""),
    "copies": ("Count near-copies", "Off: of posts that are nearly the same text only the first of the period counts."),
    "one_voice": ("One voice each", "On: of each author only the newest post of the period counts."),
    "towards": (
        "Towards the topic",
        "On: labels are what posts say of the chosen topic, not the tone of the whole post. It needs one topic.",
    ),
}
"""Of each switch its name, and what it does where that is not plain."""
ZONE: Final = "Time zone"
FROM: Final = "From"
UNTIL: Final = "Until"
PERIOD_HELP: Final = "From and until take the place of the range, in the time zone above."
CHIPS: Final = "What is filtered"
RESET: Final = "Reset filters"
REMOVE: Final = "Remove this filter: "
SWITCHED: Final = {
    "reposts": "without reposts",
    "copies": "without near-copies",
    "one_voice": "one voice each",
    "towards": "towards the topic",
}
TOO_MANY: Final = "Too many posts to look at one by one"
UNKNOWN: Final[Mapping[str, str]] = {"country": "unknown place", "lang": "unknown language"}

DRAG: Final = "What dragging across the chart does"
DRAGS: Final = {"filter": "Drag filters", "zoom": "Drag zooms"}
LINE: Final = "What the line shows"
LINES: Final = {"counted": "Counted", "corrected": "Corrected"}
TREND_HELP: Final = (
    "Drag across the chart to choose a period, double-click to go back. The grey band holds 90 % of what {what}. "
    "Times are {zone}."
)
BANDS: Final = {
    "counted": "so few posts leave open",
    "corrected": "so few posts and the model's known errors leave open",
}

LAYER: Final = "What the map shows"
LAYERS: Final = {"net": "Net sentiment", "volume": "Volume"}
MAP: Final = "Map of the world: the countries of the posts. The list beside it has the same numbers and filters."
MAP_HELP: Final = "A country with fewer than {floor} posts is grey. Click one to filter; scroll or pinch to zoom."
FEW: Final = "too few"
CELLS_HELP: Final = (
    "The darker, the more posts. A disc is an H3 cell; its area is the number of posts with a point there."
)
NO_CELLS: Final = "The darker, the more posts. No post in this period has a point of its own, so there are no discs."
MIX: Final = "Languages and sources"
MORE_PLACES: Final = "{n} more on the map"

SEARCH: Final = "Search the posts"
SEARCH_HINT: Final = "Words that a post holds"
SEARCH_HELP: Final = "Looks through this list alone; numbers, chart and map go on counting every post."
SEARCH_COUNT: Final = "Count them: make a topic of these words"
ORDER: Final = "Order of the posts"
ORDERS: Final = {"new": "Newest", "strong": "Strongest"}
MORE: Final = "More"
WHY: Final = "Why?"
WHY_TITLE: Final = "Which words carried the label"
WHY_WAIT: Final = "The model is asked, a few hundred variants of the text …"
WHY_FAILED: Final = "The model did not answer: "
WHY_HELP: Final = (
    "▲ speaks for positive, ▼ for negative; the stronger the shade, the more. Weights are Shapley values in points and "
    "add up to the text's polarity."
)
WHY_UNSCORED: Final = "The model does not read this language, or the text holds no words."
CLOSE: Final = "Close"
CORRECT: Final = "Not so? To you this post is"
CORRECTED: Final = "Kept as your correction."
NOT_CORRECTED: Final = "Not kept: "

SHARE: Final = "Export"
SERIES_CSV: Final = "Series (CSV)"
POSTS_CSV: Final = "Posts (CSV)"
PICTURES: Final = {
    f"{name} ({format.upper()})": {"data_chart": name.lower(), "data_format": format}
    for name in ("Chart", "Map")
    for format in ("png", "svg")
}
"""Of each picture its name, and what the page's script makes of it."""
COPY: Final = "Copy link"
COPIED: Final = "Copied"
PRINT: Final = "Print or PDF"

RATE_HELP: Final = "The brackets hold the true change in nine of ten cases, were each post its own decision."
SHIFT_HELP: Final = "The brackets hold what the number of posts leaves open, in nine of ten cases."
CHANCE: Final = "may be chance"


def growth(shift: Shift) -> str:
    """By how much a count grew, and its interval.

    >>> growth(Shift(0.25, 0.002, 0.56)).replace(text.THIN, " ")
    '+25 % (0 to +56)'
    """
    change, low, high = (_ratio(value) for value in (shift.change, shift.low, shift.high))
    return f"{change}{text.THIN}% ({low} to {high})"


def _ratio(value: float) -> str:
    percent = round(100 * value)
    return f"{percent:+,d}".replace("-", text.MINUS).replace(",", text.THIN) if percent else "0"


def points(shift: Shift) -> str:
    """By how many points a share or net sentiment moved, and its interval.

    >>> points(Shift(0.021, -0.01, 0.05))
    '+2 (−1 to +5)'
    """
    return f"{text.whole(shift.change)} {text.ends(shift.low, shift.high)}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A time in full, in a time zone.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 7, 2, 17, 59, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    '2 Jul 2026 19:59 CEST'
    """
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y %H:%M} {local.tzname() or zone.key}"


def period(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A period, its day once where it is one.

    >>> from datetime import UTC
    >>> period(datetime(2026, 7, 2, 17, tzinfo=UTC), datetime(2026, 7, 2, 18, tzinfo=UTC), ZoneInfo("UTC"))
    '2 Jul 2026 17:00 – 18:00 UTC'
    """
    first, last = start.astimezone(zone), end.astimezone(zone)
    same = first.date() == last.date()
    until = f"{last:%H:%M}" if same else f"{last.day} {last:%b %Y %H:%M}"
    return f"{first.day} {first:%b %Y %H:%M} \N{EN DASH} {until} {last.tzname() or zone.key}"


def sentence(error: Exception) -> str:
    """What one of our errors says, as a sentence of the page.

    >>> sentence(ValueError("too many; choose fewer"))
    'Too many; choose fewer.'
    """
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def folded(told: Told) -> str:
    """What became of the posts that do not count.

    >>> folded(Told(120, 14, 1, 0))
    "Of the period's 120 posts 105 count: 14 near-copies and 1 further post of the same authors do not."
    """
    left = [(told.copies, "near-cop", "y", "ies"), (told.repeats, "further post", "", "s")]
    parts = [f"{text.count(n)} {name}{one if n == 1 else many}" for n, name, one, many in left if n]
    whose = " of the same authors" if told.repeats else ""
    why = f": {' and '.join(parts)}{whose} do not" if parts else ""
    unread = f" {text.posts(told.unread)} without text may be copies unseen." if told.unread else ""
    return f"Of the period's {text.posts(told.posts)} {text.count(told.counted)} count{why}.{unread}"


def sure(probability: float) -> str:
    """How sure the model is of a label.

    >>> sure(0.914).replace(text.THIN, " ")
    '91 % sure'
    """
    return f"{text.percent(probability)} sure"
