"""Every English word the page shows, and how it writes numbers and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

TITLE: Final = "Voxpop"
DESCRIPTION: Final = "What people say about a topic, as they say it."
NO_SCRIPT: Final = "This page needs JavaScript; the same numbers are at /v1/buckets and /v1/posts."
TOPIC: Final = "Topic"
RANGE: Final = "Time range"
ALL_POSTS: Final = "All posts"
SCHEME: Final = "Switch between light and dark"
SCHEMES: Final = {scheme: f"{sign}\N{VARIATION SELECTOR-15}" for scheme, sign in (("light", "☀"), ("dark", "☾"))}
"""The sign of each, as text: some systems would make an emoji of it."""
SIGN_OUT: Final = "Sign out"
RANGES: Final = {
    "15m": "15 min",
    "1h": "1 h",
    "6h": "6 h",
    "24h": "24 h",
    "7d": "7 d",
    "30d": "30 d",
    "1y": "1 y",
    "all": "All",
}

RATE: Final = "Posts a minute"
NET: Final = "Net sentiment"
NET_UNIT: Final = "points"
CORRECTED_HELP: Final = (
    "Without the errors that the model makes on labelled posts. The brackets hold the truth in about nine of ten cases."
)
NET_HELP: Final = "Share of positive minus share of negative posts, −100 to +100 points; unscored posts do not count."
SHARES: Final = "Sentiment of scored posts"
TREND: Final = "Net sentiment and volume"
TOPICS: Final = "Topics and share of voice"
PLACES: Final = "Places"
POSTS: Final = "Posts"
COLUMNS: Final = ("Posts", "Net sentiment")
VOICE: Final = "Share of voice"
PAUSE: Final = "Pause"
RESUME: Final = "Resume"
ORIGINAL: Final = "Original"
LABELS: Final = {"negative": "Negative", "neutral": "Neutral", "positive": "Positive", "unscored": "Unscored"}
KINDS: Final = {"reply": "reply", "repost": "repost", "quote": "quote"}
SOURCES: Final = {"x": "X", "bluesky": "Bluesky", "mastodon": "Mastodon"}

NO_NET: Final = "no scored post"
NO_CHANGE: Final = "no earlier period"
NO_POSTS: Final = "No posts like that in this period. Choose a longer range or fewer filters."
NO_PLACES: Final = "No post in this period says where it comes from."
NO_TOPICS: Final = "No post in this period is on a topic."
EMPTY: Final = "No posts yet"
EMPTY_INGEST: Final = "Load an export of posts (X, Bluesky, CSV, JSON Lines, ...):"
EMPTY_DEMO: Final = "Or watch an invented launch night:"
EMPTY_NOW: Final = "This page fills by itself as soon as the first posts are scored."
FEED_LOST: Final = "Live feed lost since {time} UTC, reconnecting. The numbers below are from before."
FAILED: Final = "The store could not be read. These numbers are from before; the reason is in the server's log."
SILENT: Final = "The server does not answer, and is asked again. The numbers are from before."

NEWEST_LIVE: Final = "Newest post: "
NEWEST_HISTORY: Final = "History, counted back from the newest post: "
BEFORE_PERIOD: Final = "the period before"
UNHEARD: Final = "not heard"
LIVE: Final = "Live"
BEHIND: Final = "Behind"
SCORING: Final = "Scoring the first posts"
STALE: Final = "Stale"
IDLE: Final = "Not collecting"
ENDED: Final = "Read to the end"
WAITING: Final = "Waiting for posts"
SINCE: Final = "since"

MINUS: Final = "\N{MINUS SIGN}"
THIN: Final = "\N{NARROW NO-BREAK SPACE}"


def signed(fraction: float | None) -> str:
    """A net sentiment or polarity in [-1, 1] as points with its sign.

    >>> signed(0.1234), signed(-0.5), signed(0.0001), signed(None)
    ('+12.3', '−50.0', '±0.0', '–')
    """
    if fraction is None:
        return "\N{EN DASH}"
    points = round(fraction * 100, 1)
    return f"{points:+.1f}".replace("-", MINUS) if points else "±0.0"


def whole(fraction: float | None) -> str:
    """Like `signed`, without the decimal: the sign of one post.

    >>> whole(-0.816), whole(0.004)
    ('−82', '±0')
    """
    if fraction is None:
        return "\N{EN DASH}"
    points = round(fraction * 100)
    return f"{points:+d}".replace("-", MINUS) if points else "±0"


def corrected(net: float, low: float, high: float) -> str:
    """Net sentiment without the model's errors, and the ends of its interval.

    >>> corrected(0.2, 0.008, 0.378)
    'corrected +20 (+1 to +38)'
    """
    return f"corrected {whole(net)} {ends(low, high)}"


def ends(low: float, high: float) -> str:
    """The ends of an interval of net sentiment.

    >>> ends(-0.12, 0.3)
    '(−12 to +30)'
    """
    return f"({whole(low)} to {whole(high)})"


def percent(fraction: float | None) -> str:
    """A share in [0, 1]; a share that is not nothing never reads 0 %.

    >>> percent(0.256).replace(THIN, " "), percent(0.001).replace(THIN, " "), percent(None)
    ('26 %', '<1 %', '–')
    """
    if fraction is None:
        return "\N{EN DASH}"
    return f"<1{THIN}%" if 0 < fraction < 0.005 else f"{round(fraction * 100)}{THIN}%"


def count(n: int) -> str:
    """A count with thin spaces between thousands.

    >>> count(1234567).replace(THIN, " ")
    '1 234 567'
    """
    return f"{n:,}".replace(",", THIN)


def rate(per_minute: float) -> str:
    """Posts a minute, with the digits that matter.

    >>> rate(0.034), rate(7.26), rate(431.2)
    ('0.03', '7.3', '431')
    """
    if per_minute >= 100:
        return count(round(per_minute))
    return f"{per_minute:.1f}" if per_minute >= 1 or not per_minute else f"{per_minute:.2f}"


def posts(n: int) -> str:
    """A count of posts.

    >>> posts(1), posts(0)
    ('1 post', '0 posts')
    """
    return f"{count(n)} post{'' if n == 1 else 's'}"


WEEK_SECONDS: Final = 604_800


def moment(at: datetime) -> str:
    """A UTC time in full.

    >>> from datetime import UTC
    >>> moment(datetime(2022, 10, 2, 17, 59, 3, tzinfo=UTC))
    '2 Oct 2022 17:59 UTC'
    """
    return f"{at.day} {at:%b %Y %H:%M} UTC"


def ago(at: datetime, now: datetime) -> str:
    """How long ago, or past a week the time itself; the page's script counts on from there with the same words.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 19, tzinfo=UTC)
    >>> ago(now - timedelta(seconds=12), now), ago(now - timedelta(hours=30), now), ago(now - timedelta(days=8), now)
    ('12 s ago', '1 d ago', '11 Nov 2026 00:00 UTC')
    """
    seconds = max(0, int((now - at).total_seconds()))
    if seconds > WEEK_SECONDS:
        return moment(at)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def interval(width: timedelta) -> str:
    """The length of one bar.

    >>> interval(timedelta(minutes=10)), interval(timedelta(days=7))
    ('10 minutes', 'week')
    """
    names = {timedelta(minutes=1): "minute", timedelta(hours=1): "hour", timedelta(days=1): "day"}
    return names.get(width) or ("week" if width == timedelta(days=7) else f"{width // timedelta(minutes=1)} minutes")


def over(intervals: int, width: timedelta) -> str:
    """What a point of the line is pooled over, when that is more than its own interval.

    >>> over(5, timedelta(minutes=1)), over(1, timedelta(hours=1))
    (', over the last 5 minutes', '')
    """
    return f", over the last {intervals} {interval(width)}s" if intervals > 1 else ""


def coverage(known: int, gps: float, n: int) -> str:
    """How many posts have a place, and which share a point of their own."""
    shares = [percent(share if n else None) for share in (known / max(n, 1), gps)]
    return f"{shares[0]} of {posts(n)} have a place; {shares[1]} by GPS"


def unscored(n: int, of: int) -> str:
    """How many posts were not scored, and what that means for the shares."""
    return f"{count(n)} unscored ({percent(n / of if of else None)}), not in the shares"


def before(label: str) -> str:
    """What a change is compared with."""
    return f"the {label} before"


def summary(nets: Sequence[float], width: timedelta) -> str:
    """The chart in a sentence, for those who do not see it.

    >>> summary([0.2, -0.1], timedelta(hours=1))
    'Net sentiment by hour: from −10.0 to +20.0 points, latest −10.0.'
    """
    if not nets:
        return f"{NET} by {interval(width)}: {NO_NET}."
    low, high = signed(min(nets)), signed(max(nets))
    return f"{NET} by {interval(width)}: from {low} to {high} {NET_UNIT}, latest {signed(nets[-1])}."
