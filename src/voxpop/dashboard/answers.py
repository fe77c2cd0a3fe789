"""What the overview shows for a choice: numbers, chart and posts, anew with every second that changes them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from voxpop.api.app import Service
from voxpop.dashboard import cards, chips, export, lists, postlist, text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice, read
from voxpop.dashboard.figures import line
from voxpop.dashboard.figures.axes import Frame, Period
from voxpop.dashboard.figures.line import Line
from voxpop.dashboard.figures.trend import trend
from voxpop.dashboard.filters import choices
from voxpop.dashboard.markup import Markup, el, join
from voxpop.dashboard.state import state
from voxpop.dashboard.view import Window, default_range, resolve
from voxpop.errors import Transient
from voxpop.insight import shares, views
from voxpop.insight.cells import counted_cells
from voxpop.insight.change import earlier
from voxpop.insight.correction import Correction
from voxpop.insight.prevalence import estimate
from voxpop.insight.telling import sentence
from voxpop.insight.views import TooManyPosts
from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.alerts import Wanted, alerts
from voxpop.stores.once import Once
from voxpop.stores.period import Span
from voxpop.stores.queries import ALL, Filter

MOST_GAPS: Final = 50
MOST_PINS: Final = 50
_LOGGER: Final = logging.getLogger(__name__)

Answer = dict[str, Any]
"""What the page's script puts in place, as JSON has it; what is left out stays as it is on the page.

    address: the choice it is of.
    failure: what went wrong, or "".
    shown: which of `board`, `empty` and `refused` is to be seen.
    state: what the pill says: `words`, `kind` and `since`.
    html, text: by the id of what they fill.
    figure: the chart as Plotly takes it.
    next: where the posts after the listed ones begin; null after the last.
    topics: what the picker offers.
"""


@dataclass(frozen=True)
class Request:
    """What one answer is for: the query of an address."""

    search: str
    now: datetime


@dataclass(frozen=True)
class Asked:
    """A choice, the window it stands for, and the store that is asked for it, by parts that may ask the same."""

    service: Service
    store: Once
    choice: Choice
    window: Window

    def seen(self, filter: Filter) -> Store:
        """The store as a filter's switches have it."""
        return self.store if filter.takes_every else self.service.seen(filter)

    @property
    def correction(self) -> Correction | None:
        """How the model errs whose labels are shown; None where they are shown as they are."""
        return None if self.window.filter.labels else self.service.correcting(self.window.filter)


def chosen(service: Service, search: str, known: Span | None, now: datetime) -> Choice:
    """The choice of an address over the topics there are; without a range, the one to begin with."""
    names = frozenset(topic.name for topic in service.topics.topics)
    found = read(search, names, default_range(known, now))
    return found if service.towards else replace(found, towards=False)


def answer(service: Service, request: Request) -> Answer:
    """Everything the page shows for one request; total: a store that fails is said on the page and logged."""

    def found() -> Answer:
        store = Once(service.store)
        known = queries.span(store)
        choice = chosen(service, request.search, known, request.now)
        fresh = {"failure": "", "address": choice.address(), "state": _state(service, known, request.now)}
        if known is None:
            return {**fresh, "shown": "empty", "text": {"period": ""}}
        asked = Asked(service, store, choice, resolve(choice, known, request.now))
        return {**fresh, **_board(asked, request.now)}

    return {**guarded(found), "topics": choices(service.topics.topics)}


def guarded(found: Callable[[], Answer]) -> Answer:
    """An answer, or that there is none; the numbers of before stay."""
    try:
        return found()
    except Transient:
        # The store is away, which whoever loads it says, once; here it would be said with every tick.
        return {"failure": text.FAILED}
    except Exception:
        _LOGGER.exception("the dashboard could not read the store")
        return {"failure": text.FAILED}


def _state(service: Service, known: Span | None, now: datetime) -> dict[str, str]:
    judged = state(service.status(), known, now)
    newest = f"{text.SINCE} {judged.since:%H:%M:%S} UTC" if judged.since and judged.kind != "live" else ""
    since = text.moment(judged.since) if judged.since else ""
    return {"words": f"{judged.words} {newest}".strip(), "kind": judged.kind, "since": since}


def _board(asked: Asked, now: datetime) -> Answer:
    choice, window = asked.choice, asked.window
    titles = {topic.name: topic.title for topic in asked.service.topics.topics}
    always = {"chips": join(chips.chips(choice, titles)), "files": join(export.links(choice, window))}
    period = {"period": _period(choice, window)}
    try:
        store = asked.seen(window.filter)
        told = views.told(store)
        comparison = queries.compare(store, window.measured, asked.seen(earlier(window.measured)))
        figure, said = _trend(asked)
        page = postlist.page(store, window.filter, choice)
        return {
            "shown": "board",
            "html": {
                **always,
                "cards": join(cards.cards(comparison, _before(choice), _corrected(asked, store))),
                "topics": _topics(asked, store, titles),
                "posts": join(postlist.posts(page.rows, now, choice)),
            },
            "text": {**period, **said, "folded": words.folded(told) if told else ""},
            "figure": figure,
            "next": page.next,
        }
    except TooManyPosts as error:
        said = {**period, "folded": "", "refusal": words.sentence(error)}
        return {"shown": "refused", "html": always, "text": said}


def _period(choice: Choice, window: Window) -> str:
    if choice.start and choice.end:
        return words.period(window.start, window.end, choice.tz)
    said = text.NEWEST_LIVE if window.live else text.NEWEST_HISTORY
    return said + words.moment(window.newest, choice.tz)


def _before(choice: Choice) -> str:
    return text.BEFORE_PERIOD if choice.start else text.before(text.RANGES[choice.range])


def _corrected(asked: Asked, store: Store) -> cards.Ends | None:
    if asked.correction is None:
        return None
    row = shares.total(store, asked.window.measured, asked.correction).to_pylist()[0]
    return None if row["net"] is None else (row["net"], row["net_low"], row["net_high"])


def _trend(asked: Asked) -> tuple[dict[str, Any], dict[str, str]]:
    """The chart, and what is said of it."""
    choice, window = asked.choice, asked.window
    rows = _series(asked)
    drawn = _line(asked, rows)
    frame = Frame(window.intervals, choice.view, _unheard(asked.service, window), _pins(asked))
    nets = [net / 100 for net in drawn.since(line.pool(window.width) - 1).nets if net is not None]
    band = words.BANDS["corrected" if _is_corrected(asked) else "counted"]
    help = words.TREND_HELP.format(what=band, zone=choice.zone)
    return trend(rows, drawn, frame), {"trend-help": help, "summary": text.summary(nets, window.width)}


def _series(asked: Asked) -> pa.Table:
    """The intervals of the chart, and before them those that its first points pool."""
    window = asked.window
    begin = window.start - window.width * (line.pool(window.width) - 1)
    parts = [replace(window.filter, start=begin)]
    if not window.filter.takes_every and begin < window.start:
        # What counts in the period must not hang on what was there before it.
        parts = [replace(window.filter, start=begin, end=window.start), window.filter]
    stores = [asked.seen(queries.whole(part, window.intervals)) for part in parts]
    found = [queries.series(*pair, window.width, asked.choice.tz) for pair in zip(stores, parts, strict=True)]
    return pa.concat_tables(found)


def _is_corrected(asked: Asked) -> bool:
    return asked.choice.corrected and asked.correction is not None


def _line(asked: Asked, rows: pa.Table) -> Line:
    length = line.pool(asked.window.width)
    if not asked.choice.corrected or asked.correction is None:
        return line.counted(rows, length)
    around = shares.around(asked.store, asked.window.measured, asked.correction)
    return line.corrected(rows, length, asked.correction, around)


def _topics(asked: Asked, store: Store, titles: Mapping[str, str]) -> Markup:
    """The topics, each as it is shown alone; a narrow one can be, where all of them together are too many."""
    filter = asked.window.filter
    try:
        if asked.choice.corrected and not filter.labels:
            found = shares.by(store, filter, "topic", asked.correction)
        else:
            rows = queries.by(store, filter, "topic")
            found = shares.table(rows, estimate(None, counted_cells(rows)), False, "name")
    except TooManyPosts as error:
        return el("p", words.sentence(error), class_="none")
    return lists.topics(found.to_pylist(), titles, asked.choice)


def _unheard(service: Service, window: Window) -> list[Period]:
    """The newest periods of the window in which a source was not heard, or not yet, cut to it."""
    gaps = [gap for gap in service.gaps() if gap.state != "recovered"][-MOST_GAPS:]
    periods = [(max(gap.start, window.start), min(gap.end or window.end, window.end)) for gap in gaps]
    return [(start, end) for start, end in periods if start < end]


def _pins(asked: Asked) -> list[tuple[datetime, str]]:
    """When an alert of what is chosen began, and what it says."""
    choice, window = asked.choice, asked.window
    rows = alerts(asked.store, Wanted(choice.topics or (ALL,), since=window.start, limit=MOST_PINS)).to_pylist()
    places = choice.countries or (None,)
    return [
        (row["start"], sentence(row))
        for row in rows
        if row["country"] in places and window.start <= row["start"] < window.end
    ]
