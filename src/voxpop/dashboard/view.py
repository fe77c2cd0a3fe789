"""What part of the data the page shows: topic and range from the address, resolved to a filter and an interval."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs

from voxpop.stores.period import Span
from voxpop.stores.queries import ALL, Filter

MINUTE: Final = timedelta(minutes=1)
LENGTHS: Final = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
"""The ranges that have a length, shortest first; "all" has none."""
EVERYTHING: Final = "all"
STILL_LIVE: Final = LENGTHS["15m"]
"""Data is history once its newest post is older than this; periods then end at that post."""
_WIDTHS: Final = (
    (timedelta(hours=6), MINUTE),
    (timedelta(hours=36), timedelta(minutes=10)),
    (timedelta(days=14), timedelta(hours=1)),
    (timedelta(days=3 * 366), timedelta(days=1)),
)
_EPOCH: Final = datetime(2000, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Choice:
    """What a reader chose, as the address says it: `?topic=gta6&range=1h`."""

    topic: str
    range: str


@dataclass(frozen=True)
class Window:
    """A choice resolved against the data there is.

    Attributes:
        filter: topic and period, [start, end) in whole minutes and whole intervals at its start.
        width: of one interval of the chart.
        measured: the filter without the time before the first post, over which a rate means something.
        newest: minute of the newest post of all.
        live: the period ends now; otherwise it ends with the newest post.
    """

    filter: Filter
    width: timedelta
    measured: Filter
    newest: datetime
    live: bool

    @property
    def start(self) -> datetime:
        """Beginning of the period."""
        assert self.filter.start
        return self.filter.start

    @property
    def end(self) -> datetime:
        """End of the period, exclusive."""
        assert self.filter.end
        return self.filter.end


def read(search: str | None) -> tuple[str | None, str | None]:
    """Topic and range as the query of an address has them, known or not.

    >>> read("?topic=gta6&range=24h"), read(None)
    (('gta6', '24h'), (None, None))
    """
    given = parse_qs((search or "").removeprefix("?"))
    return given.get("topic", [None])[0], given.get("range", [None])[0]


def choose(topic: str | None, range: str | None, topics: Collection[str], default: str) -> Choice:
    """Keep what is known of a topic and a range; the rest becomes every post and the default range.

    >>> choose("gta6", "24h", {"gta6"}, "1h")
    Choice(topic='gta6', range='24h')
    >>> choose("<b>", None, {"gta6"}, "1h")
    Choice(topic='*', range='1h')
    """
    known = range is not None and (range in LENGTHS or range == EVERYTHING)
    return Choice(topic if topic in topics and topic else ALL, range if known and range else default)


def default_range(known: Span | None, now: datetime) -> str:
    """The range to begin with: an hour of live data, or the shortest range that holds all of what is history."""
    if known is None or is_live(known, now):
        return "1h"
    fitting = [name for name, length in LENGTHS.items() if length >= known.end - known.start]
    return fitting[0] if fitting else EVERYTHING


def is_live(known: Span, now: datetime) -> bool:
    """Tell whether the newest post is of now rather than of history."""
    return now - known.end <= STILL_LIVE


def resolve(choice: Choice, known: Span, now: datetime) -> Window:
    """The window of a choice over the data there is.

    The period begins at a whole interval, so that the first bar counts the same posts as the cards.
    """
    live = is_live(known, now)
    end = max(known.end, _floor(now, MINUTE) + MINUTE) if live else known.end
    length = LENGTHS.get(choice.range)
    width = _width(length or end - known.start)
    start = _floor(end - length if length else known.start, width)
    filter = Filter(choice.topic, start, end)
    return Window(filter, width, replace(filter, start=max(start, known.start)), known.end - MINUTE, live)


def _width(length: timedelta) -> timedelta:
    return next((width for most, width in _WIDTHS if length <= most), timedelta(days=7))


def _floor(at: datetime, width: timedelta) -> datetime:
    return _EPOCH + (at - _EPOCH) // width * width
