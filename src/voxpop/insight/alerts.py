"""Alerts: from windows that are beyond chance to something that opens, goes on and closes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np

from voxpop.insight.pulse import EPOCH, STEP, Subject
from voxpop.insight.scan import DAILY, Measure, Scale, Scan
from voxpop.metrics import Floats, Ints

State = Literal["open", "ongoing", "closed"]
Direction = Literal["up", "down"]

CALM_P: Final = 0.01
"""A scale that fired is hot until `CALM_WINDOWS` windows in a row are more probable than this, without a change."""
CALM_WINDOWS: Final = 3


@dataclass(frozen=True)
class Seen:
    """A window that is beyond chance.

    Attributes:
        start: of the window, and `end`, exclusive.
        value: posts, or net sentiment.
        expected: likewise, of the baseline.
        posts: in the window; of net sentiment, scored ones.
        p: how probable so much or more is without a change.
    """

    start: datetime
    end: datetime
    value: float
    expected: float
    posts: int
    p: float


@dataclass(frozen=True)
class Alert:
    """What changed, by how much and since when.

    Attributes:
        topic: a topic's name, or `*`.
        country: ISO 3166-1 alpha-2; None is all countries.
        measure: volume, or net sentiment.
        direction: of volume only up: fewer posts are mostly a source that is not heard.
        state: open when it began in the last window looked at, ongoing while it lasts, closed after.
        first: the window it opened with; it was known at its end.
        peak: the least probable window since.
        last: the end of the newest window that was beyond `CALM_P`.
        closed: when it was known to be over.
    """

    topic: str
    country: str | None
    measure: Measure
    direction: Direction
    state: State
    first: Seen
    peak: Seen
    last: datetime
    closed: datetime | None = None

    @property
    def id(self) -> str:
        """16 hex digits of what it is about, its scale and its start: the same whenever the same is found."""
        of = self.topic, self.country, self.measure, self.direction, self.first.start, self.first.end
        return hashlib.blake2b(repr(of).encode(), digest_size=8).hexdigest()


@dataclass
class Life:
    """What is hot of one subject, measure and direction.

    Attributes:
        hot: scales that fired, and for how many windows each is calm.
        fired: those that fired since the alert opened.
    """

    hot: dict[Scale, int]
    alert: Alert | None = None
    fired: set[Scale] = field(default_factory=set)

    @property
    def idle(self) -> bool:
        """Whether nothing is going on: then a window that does not fire changes nothing."""
        return not self.hot and self.alert is None

    def take(self, scale: Scale, p: float, alpha: float) -> bool:
        """Take one window in; answers whether the scale fired and was cold."""
        fired = p <= alpha and scale not in self.hot
        if p <= CALM_P and (fired or scale in self.hot):
            self.hot[scale] = 0
        elif scale in self.hot:
            self.hot[scale] += 1
            if self.hot[scale] >= CALM_WINDOWS:
                del self.hot[scale]
        return fired


class Lives:
    """The alerts of all subjects, a day after the other. Deterministic: the same windows give the same alerts."""

    def __init__(self) -> None:
        self._lives: dict[tuple[Subject, Measure, Direction], Life] = {}

    @property
    def current(self) -> list[Alert]:
        """Alerts that are open or ongoing."""
        return [life.alert for life in self._lives.values() if life.alert]

    def day(self, subjects: list[Subject], scans: list[tuple[Scan, float]]) -> Iterator[Alert]:
        """Go through a day's windows in their order, and yield each alert as it closes.

        The rows of each scan are those of `subjects`; beside it is how improbable a window must be to fire.
        """
        courses = {measure: _Course.of(measure, scans) for measure in ("volume", "net")}
        for row, measure, direction in self._touched(subjects, scans):
            about = subjects[row], measure, direction
            life = self._lives.setdefault(about, Life({}))
            yield from courses[measure].through(life, about, row)
            if life.idle:
                del self._lives[about]

    def _touched(
        self, subjects: list[Subject], scans: list[tuple[Scan, float]]
    ) -> list[tuple[int, Measure, Direction]]:
        """What is hot already, and what fires on this day; all else stays cold."""
        rows = {subject: row for row, subject in enumerate(subjects)}
        found = {(rows[subject], measure, side) for subject, measure, side in self._lives if subject in rows}
        for scan, alpha in scans:
            sides: tuple[Direction, ...] = ("up",) if scan.measure == "volume" else ("up", "down")
            fires = np.flatnonzero((scan.p <= alpha).any(axis=1)).tolist()
            found |= {(row, scan.measure, side) for row in fires for side in sides}
        return sorted(found)


@dataclass(frozen=True)
class _Course:
    """The windows of a measure's scans in the order in which they are known: by their end, the shortest first."""

    scans: list[Scan]
    alphas: Floats
    which: Ints
    at: Ints

    @classmethod
    def of(cls, measure: Measure, scans: list[tuple[Scan, float]]) -> _Course:
        """Those of one measure; beside each scan is how improbable its windows must be to fire."""
        own = [(scan, alpha) for scan, alpha in scans if scan.measure == measure]
        which = np.repeat(np.arange(len(own)), [len(scan.ends) for scan, _ in own])
        at = np.concatenate([np.arange(len(scan.ends)) for scan, _ in own] or [which])
        ends = np.concatenate([scan.ends for scan, _ in own] or [which])
        minutes = np.array([scan.scale.minutes for scan, _ in own], np.int64)[which]
        order = np.lexsort((minutes, ends))
        alphas = np.array([alpha for _, alpha in own], np.float64)
        return cls([scan for scan, _ in own], alphas[which[order]], which[order], at[order])

    def through(self, life: Life, about: tuple[Subject, Measure, Direction], row: int) -> Iterator[Alert]:
        """Bring a life to the end of the day; while it is idle, only to windows that fire."""
        p = np.empty(len(self.which))
        for number, scan in enumerate(self.scans):
            own = self.which == number
            p[own] = _directed(scan, row, about[2])[self.at[own]]
        fires = np.flatnonzero(p <= self.alphas)
        place = 0
        while place < len(p):
            if life.idle:
                later = fires[np.searchsorted(fires, place) :]
                if not len(later):
                    return
                place = int(later[0])
            scan, one = self.scans[self.which[place]], float(p[place])
            fired = life.take(scan.scale, one, float(self.alphas[place]))
            yield from _stepped(life, about, (scan, row, int(self.at[place]), one), fired=fired)
            place += 1


def _directed(scan: Scan, row: int, direction: Direction) -> Floats:
    """How improbable each window is in a direction; 1 where it went the other way."""
    rose = scan.value[row] > scan.expected[row]
    return np.where(rose == (direction == "up"), scan.p[row], 1.0)


def _stepped(
    life: Life, about: tuple[Subject, Measure, Direction], place: tuple[Scan, int, int, float], *, fired: bool
) -> Iterator[Alert]:
    """Bring the alert of a life up to a window that it took in."""
    scan, _, _, p = place
    if life.alert is None:
        if fired:
            subject, measure, direction = about
            seen = _seen(*place)
            life.alert = Alert(*subject, measure, direction, "open", seen, seen, seen.end)
            life.fired = {scan.scale}
        return
    life.fired |= {scan.scale} if fired else set()
    if not _lasts(life):
        yield replace(life.alert, state="closed", closed=_seen(*place).end)
        life.alert = None
    elif scan.scale in life.hot and p <= CALM_P:
        seen = _seen(*place)
        peak = seen if p < life.alert.peak.p else life.alert.peak
        life.alert = replace(life.alert, state="ongoing", peak=peak, last=max(seen.end, life.alert.last))


def _lasts(life: Life) -> bool:
    """Whether an alert goes on. A day's window stays hot long after a spike, so it counts where it alone fired."""
    counting = {scale for scale in life.fired if scale.minutes < DAILY.minutes} or life.fired
    return any(scale in life.hot for scale in counting)


def _seen(scan: Scan, row: int, at: int, p: float) -> Seen:
    end = EPOCH + int(scan.ends[at]) * STEP
    value, expected = float(scan.value[row, at]), float(scan.expected[row, at])
    return Seen(end - timedelta(minutes=scan.scale.minutes), end, value, expected, int(scan.posts[row, at]), p)
