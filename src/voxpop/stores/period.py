"""How a period and a width are read from buckets by the minute, the hour and the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MONDAY: Final = datetime(2000, 1, 3, tzinfo=UTC)
"""Intervals are counted from it, so that weeks start on a Monday."""


@dataclass(frozen=True)
class Span:
    """A half-open period, [start, end)."""

    start: datetime
    end: datetime


def pieces(span: Span, grain: timedelta = DAY) -> dict[str, datetime]:
    """Cut a period of whole minutes so that each piece is read from the coarsest buckets no wider than `grain`.

    Minutes up to a whole hour, hours up to a whole day, days, and back; a coarser kind that does not fit is empty.

    >>> at = lambda day, hour, minute: datetime(2026, 11, day, hour, minute, tzinfo=UTC)
    >>> [f"{cut:%d %H:%M}" for cut in pieces(Span(at(1, 22, 30), at(4, 1, 10))).values()]
    ['01 22:30', '01 23:00', '02 00:00', '04 00:00', '04 01:00', '04 01:10']
    """
    hours = _within(span, HOUR if grain >= HOUR else None)
    days = _within(hours, DAY if grain >= DAY else None)
    return {
        "minutes": span.start,
        "hours": hours.start,
        "days": days.start,
        "days_end": days.end,
        "hours_end": hours.end,
        "minutes_end": span.end,
    }


def _within(span: Span, width: timedelta | None) -> Span:
    """The part of a period that is whole intervals of `width`; an empty one at its start where there is none."""
    if width is None:
        return Span(span.start, span.start)
    start, end = _up(span.start, width), _down(span.end, width)
    return Span(start, end) if start < end else Span(span.start, span.start)


def aligned(span: Span, width: timedelta) -> Span:
    """The smallest period of whole intervals of `width`, counted from a Monday at 00:00 UTC, that holds another."""
    return Span(_down(span.start, width), _up(span.end, width))


def _down(moment: datetime, width: timedelta) -> datetime:
    return MONDAY + (moment - MONDAY) // width * width


def _up(moment: datetime, width: timedelta) -> datetime:
    return MONDAY - (MONDAY - moment) // width * width


@dataclass(frozen=True)
class Intervals:
    """Tumbling intervals of one width, in a time zone.

    Intervals of whole days follow the zone's calendar, so one is an hour longer or shorter where clocks change.
    Narrower ones are of equal length, counted from a Monday's midnight in the zone's time of that Monday.

    >>> span = Span(datetime(2026, 10, 25, 9, tzinfo=UTC), datetime(2026, 10, 26, 1, tzinfo=UTC))
    >>> [f"{edge:%d %H:%M}" for edge in Intervals(DAY, ZoneInfo("Europe/Berlin")).edges(span)]
    ['24 22:00', '25 23:00', '26 23:00']

    Attributes:
        width: a whole number of minutes.
        zone: an IANA time zone.

    Raises:
        ValueError: `width` is not a whole number of minutes.
    """

    width: timedelta
    zone: ZoneInfo = ZoneInfo("UTC")

    def __post_init__(self) -> None:
        if self.width < MINUTE or self.width % MINUTE:
            raise ValueError(f"a width is a whole number of minutes, not {self.width}")

    @property
    def parameters(self) -> dict[str, Any]:
        """What a statement needs to count by these intervals: `width`, and `zone` and `origin` to count local time."""
        return {"width": self.width, "zone": self._counted_in.key, "origin": self._origin}

    def edges(self, span: Span) -> list[datetime]:
        """The start of each interval that overlaps the period, and the end of the last; UTC, ascending."""
        if span.start >= span.end:
            return []
        edges: list[datetime] = []
        local = self._local(span.start)
        while not edges or edges[-1] < span.end:
            edges.append(self.instant(local))
            local += self.width
        return edges

    def instant(self, local: datetime) -> datetime:
        """The instant at which an interval starts, of the local time that a statement answers."""
        return local.replace(tzinfo=self._counted_in).astimezone(UTC)

    def start(self, moment: datetime) -> datetime:
        """The start of the interval that a moment lies in."""
        return self.instant(self._local(moment))

    @property
    def _by_calendar(self) -> bool:
        return self.width % DAY == timedelta(0)

    @property
    def _counted_in(self) -> ZoneInfo:
        return self.zone if self._by_calendar else ZoneInfo("UTC")

    @property
    def _origin(self) -> datetime:
        monday = MONDAY.replace(tzinfo=None)
        if self._by_calendar:
            return monday
        return monday.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)

    def _local(self, moment: datetime) -> datetime:
        local = moment.astimezone(self._counted_in).replace(tzinfo=None)
        return self._origin + (local - self._origin) // self.width * self.width


def grain(edges: Sequence[datetime]) -> timedelta:
    """The widest buckets of which every edge is one: DAY, HOUR or MINUTE."""
    for width in (DAY, HOUR):
        if all((edge - MONDAY) % width == timedelta(0) for edge in edges):
            return width
    return MINUTE
