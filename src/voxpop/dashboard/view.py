"""What part of the data the page shows: a choice resolved to a filter and an interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from voxpop.dashboard.choice import EVERYTHING, LENGTHS, Choice
from voxpop.stores.period import Intervals, Span
from voxpop.stores.queries import Filter

MINUTE: Final = timedelta(minutes=1)
STILL_LIVE: Final = LENGTHS["15m"]
"""Data is history once its newest post is older than this; periods then end at that post."""
_WIDTHS: Final = (
    (timedelta(hours=6), MINUTE),
    (timedelta(hours=36), timedelta(minutes=10)),
    (timedelta(days=14), timedelta(hours=1)),
    (timedelta(days=3 * 366), timedelta(days=1)),
)
_CHOSEN: Final = ("countries", "langs", "sources", "labels", "reposts", "copies", "one_voice")
_EPOCH: Final = datetime(2000, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """A choice resolved against the data there is.

    Attributes:
        filter: all that was chosen, and the period [start, end) in whole minutes and whole intervals at its start.
        intervals: those of the chart, in the chosen time zone.
        measured: the filter without the time before the first post, over which a rate means something.
        newest: minute of the newest post of all.
        live: the period ends now; otherwise it ends with the newest post, or where the reader said.
    """

    filter: Filter
    intervals: Intervals
    measured: Filter
    newest: datetime
    live: bool

    @property
    def width(self) -> timedelta:
        """Of one interval of the chart."""
        return self.intervals.width

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
    if choice.start and choice.end:
        start, end, live = choice.start, choice.end, False
    else:
        end = max(known.end, _floor(now, MINUTE) + MINUTE) if live else known.end
        length = LENGTHS.get(choice.range)
        start = end - length if length else known.start
    intervals = Intervals(_width(end - start), choice.tz)
    start = intervals.start(start)
    filter = Filter(
        choice.topic, start, end, **{name: getattr(choice, name) for name in _CHOSEN}, towards=choice.judges
    )
    measured = replace(filter, start=min(max(start, known.start), end - MINUTE))
    return Window(filter, intervals, measured, known.end - MINUTE, live)


def _width(length: timedelta) -> timedelta:
    return next((width for most, width in _WIDTHS if length <= most), timedelta(days=7))


def _floor(at: datetime, width: timedelta) -> datetime:
    return _EPOCH + (at - _EPOCH) // width * width
