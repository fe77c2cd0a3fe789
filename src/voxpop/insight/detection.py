"""Looking for alerts in a stretch of a store's history, a UTC day after the other."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from voxpop.insight import scan
from voxpop.insight.alerts import Alert, Lives
from voxpop.insight.baseline import LEVEL_HOURS, PROFILE_HOURS, Baseline, clipped
from voxpop.insight.pulse import EPOCH, MEASURES, STEP, STEPS, STEPS_A_DAY, Counts, Pulse, Subject, read
from voxpop.insight.scan import COUNTRY_SLOTS, DAILY, HOURLY, TOPIC_SLOTS, TOPIC_STEPS, Grid, Learned, Scale, Scan
from voxpop.seams import Store
from voxpop.stores.period import DAY, HOUR

LEARNED_DAYS: Final = 28
"""Days of forecasts of which it is known how far they miss; so long before a period looking begins."""

Key = tuple[str, Scale]


@dataclass(frozen=True)
class _Group:
    """Subjects that are looked at alike: topics, or countries of topics."""

    subjects: list[Subject]
    rows: slice
    slots: int
    hourly: tuple[Scale, ...]


class Detection:
    """Alerts of a stretch of history; what is found in a window depends on what is before it alone.

    It depends on the last 84 days before: 28 of forecasts, each of which is of 56 days.
    """

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._clean = clipped(pulse.by_hour)
        self._lives = Lives()
        self._learned: dict[tuple[int, str, Scale], Learned] = {}
        topics, every = pulse.topics, len(pulse.subjects)
        self._groups = (
            _Group(pulse.subjects[:topics], slice(0, topics), TOPIC_SLOTS, (DAILY,)),
            _Group(pulse.subjects[topics:], slice(topics, every), COUNTRY_SLOTS, (HOURLY, DAILY)),
        )

    @property
    def pulse(self) -> Pulse:
        """What is looked at."""
        return self._pulse

    @property
    def current(self) -> list[Alert]:
        """Alerts that are open or ongoing."""
        return self._lives.current

    def days(self, first: int, until: datetime) -> Iterator[Alert]:
        """Look at each day from `first`, since 1970, on windows that end by `until`; yields alerts as they close."""
        heard = np.unique(self._pulse.hours // 24)
        last = (until - EPOCH) // STEP
        for day in heard[(heard >= first) & (heard * STEPS_A_DAY < last)].tolist():
            yield from self.day(day, last)

    def renewed(self, pulse: Pulse, day: int) -> Detection:
        """Where this one stands at the start of a day, with the day as another pulse of the same subjects has it."""
        other = copy.copy(self)
        other._pulse = pulse
        other._lives = copy.deepcopy(self._lives)
        other._learned = dict(self._learned)
        before = int(np.searchsorted(pulse.hours, day * 24))
        # What an hour is clipped by lies in the day before it.
        first = max(before - LEVEL_HOURS, 0)
        recent = clipped(Counts(*(getattr(pulse.by_hour, name)[:, first:] for name in MEASURES)))
        other._clean = Counts(
            *(
                np.concatenate(
                    [getattr(self._clean, name)[:, :before], getattr(recent, name)[:, before - first :]], axis=1
                )
                for name in MEASURES
            )
        )
        return other

    def day(self, day: int, until: int) -> Iterator[Alert]:
        """Look at a day, on windows that end by `until`, in five minutes since 1970; yields alerts as they close."""
        for group, scans in self._scans(day, until):
            yield from self._lives.day(group.subjects, scans)

    def _scans(self, day: int, until: int) -> Iterator[tuple[_Group, list[tuple[Scan, float]]]]:
        for at, group in enumerate(self._groups):
            if not group.subjects:
                continue
            baseline = Baseline.of(self._pulse.hours, _rows(self._clean, group.rows), day)
            grids = [(self._hours(day, until, group.rows), group.hourly)]
            if at == 0:
                steps = Grid(self._pulse.day_steps(day), day * STEPS_A_DAY - STEPS, STEPS, until)
                grids.append((steps, TOPIC_STEPS))
            watched = self._pulse.watched[group.rows, day - self._pulse.first_day] > 0
            scans = [
                (_only(found, watched, hours=grid.per_hour == 1), found.scale.alpha(group.slots))
                for grid, scales in grids
                for scale in scales
                for found in self._both(at, (grid, baseline, scale), day)
            ]
            yield group, scans

    def _both(self, group: int, of: tuple[Grid, Baseline, Scale], day: int) -> Iterator[Scan]:
        """Volume and net sentiment at one scale, and what the day teaches."""
        grid, baseline, scale = of
        windows = scan.windows(grid, baseline, scale, day)
        for name, look in (("volume", scan.volume), ("net", scan.net)):
            learned = self._learned.get((group, name, scale), Learned())
            found, lesson = look(windows, baseline, scale, learned)
            self._learned[group, name, scale] = learned.and_of(lesson, LEARNED_DAYS)
            yield found

    def _hours(self, day: int, until: int, rows: slice) -> Grid:
        """The hours of a day and of the one before; those that were not heard are empty, and no window has one."""
        first, last = day * 24 - 24, day * 24 + 24
        here = slice(*np.searchsorted(self._pulse.hours, [first, last]).tolist())
        places = self._pulse.hours[here] - first
        counts = {name: np.zeros((rows.stop - rows.start, last - first)) for name in MEASURES}
        for name, values in counts.items():
            values[:, places] = getattr(self._pulse.by_hour, name)[rows, here]
        return Grid(Counts(**counts), first, 1, until // STEPS)


def _rows(counts: Counts, rows: slice) -> Counts:
    return Counts(*(getattr(counts, name)[rows] for name in MEASURES))


def _only(found: Scan, watched: np.ndarray[tuple[int], np.dtype[np.bool_]], *, hours: bool) -> Scan:
    """The scan with its ends in five minutes, and nothing of what is not looked at on the day."""
    ends = found.ends * STEPS if hours else found.ends
    p = np.where(watched[:, None], found.p, 1.0)
    return Scan(found.measure, found.scale, ends, found.value, found.expected, found.posts, p)


class Following:
    """Looks at a store again and again as it grows; what is before the day in hand is looked at once.

    A look takes tens of milliseconds then, but for the first one of a UTC day, or after topics changed.
    """

    def __init__(self) -> None:
        self._known: tuple[int, tuple[str, ...], datetime] | None = None
        self._base: Detection | None = None
        self._closed: list[Alert] = []

    def look(self, store: Store, topics: Sequence[str], start: datetime, until: datetime) -> list[Alert]:
        """As `detect`."""
        today = int((until - EPOCH) // DAY)
        first = min(start, EPOCH + today * DAY)
        known = today, tuple(topics), first
        if self._base is None or self._known is None or self._known[:2] != known[:2] or self._known[2] > first:
            self._known = known
            self._base, self._closed = _until_day(store, topics, first, today)
        now = self._base.renewed(self._base.pulse.renewed(store, today, until), today)
        closed = [*self._closed, *now.day(today, (until - EPOCH) // STEP)]
        within = [alert for alert in closed if alert.closed and alert.closed > start]
        return sorted([*within, *now.current], key=lambda alert: (alert.first.end, alert.topic, alert.id))


def _until_day(store: Store, topics: Sequence[str], start: datetime, today: int) -> tuple[Detection, list[Alert]]:
    """What stands at the start of a day, and the alerts that closed before."""
    day = int((start - EPOCH) // DAY) - LEARNED_DAYS
    from_steps, midnight = EPOCH + day * DAY - HOUR, EPOCH + today * DAY
    found = Detection(read(store, topics, (from_steps - timedelta(hours=PROFILE_HOURS), from_steps, midnight)))
    return found, list(found.days(day, midnight))


def detect(store: Store, topics: Sequence[str], start: datetime, until: datetime) -> list[Alert]:
    """The alerts that were open at any time in [start, until), oldest first.

    The same buckets give the same alerts, whatever `start` is: looking begins 28 days before it, on 56 days more.
    """
    return Following().look(store, topics, start, until)
