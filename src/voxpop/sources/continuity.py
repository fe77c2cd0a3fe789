"""What a live source knows of its own gaps: whether it goes on where it was, and how far it is behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from voxpop.gaps import Gap, State
from voxpop.sources.formats.dates import from_micros


@dataclass(frozen=True)
class Tolerance:
    """What counts as going on without a hole, and as being behind.

    Attributes:
        rewind_seconds: how far before the last event to resume; events of the overlap prove that there is no hole.
        lag_seconds: a source further behind than this is lagging.
    """

    rewind_seconds: float = 5.0
    lag_seconds: float = 60.0


class Continuity:
    """Turns losses and times of events, in microseconds since 1970, into gaps.

    A hole is excluded only by proof: after a loss, an event must come from the overlap that was asked for. What comes
    first from after the overlap shows that the other side no longer had the rest. The trap: where fewer events pass
    than one in `rewind_seconds`, a host whose clock differs gives no proof, and `missed` is said of an empty period.
    """

    def __init__(self, source: str, tolerance: Tolerance) -> None:
        self._source = source
        self._rewind = round(tolerance.rewind_seconds * 1e6)
        self._lag = round(tolerance.lag_seconds * 1e6)
        self._gap: Gap | None = None
        self._asked: int | None = None
        self._start = 0
        self._rate: tuple[int, int, int] | None = None

    def lost(self, position: int, reason: str) -> list[Gap]:
        """The connection ended, or there was none; `position` is the last event's time."""
        changed: list[Gap] = []
        if self._gap and self._gap.state == "lost":
            return changed
        if self._gap:
            changed.append(self._close("recovered", position))
        self._start = position
        return [*changed, self._open("lost", position, reason)]

    def explained(self, reason: str) -> list[Gap]:
        """More is known of why the source is not heard."""
        if self._gap is None or self._gap.reason.endswith(reason):
            return []
        self._gap = msgspec.structs.replace(self._gap, reason=f"{self._gap.reason}; {reason}")
        return [self._gap]

    def asked(self, cursor: int | None) -> None:
        """There is a connection that was asked to go on from `cursor`, or from now."""
        self._asked = cursor

    def heard(self, times: Sequence[int], posts: int) -> list[Gap]:
        """Events came, with these times in order; `posts` of them were posts."""
        if not times:
            return []
        changed: list[Gap] = []
        if self._gap and self._gap.state == "lost":
            changed = self._resumed(times)
        if not (self._gap and self._gap.state == "lost"):
            changed += self._judged(times[-1])
        self._count(times, posts)
        return changed

    def _resumed(self, times: Sequence[int]) -> list[Gap]:
        assert self._gap
        begin = self._start + 1 if self._asked is None else self._asked
        for time in times:
            if begin <= time <= self._start:
                self._gap = msgspec.structs.replace(self._gap, state="lagging")
                return [self._gap]
            if time > self._start + (self._rewind if self._asked is not None else 0):
                missed = self._close("missed", time)
                self._rate = None
                return [missed]
        return []

    def _judged(self, last: int) -> list[Gap]:
        behind = _now() - last > self._lag
        if self._gap is None:
            reason = f"more than {self._lag / 1e6:g} seconds behind"
            return [self._open("lagging", last, reason)] if behind else []
        return [] if behind else [self._close("recovered", max(last, self._start))]

    def _open(self, state: State, start: int, reason: str) -> Gap:
        now = datetime.now(UTC)
        self._start = start
        self._gap = Gap(source=self._source, noticed=now, start=from_micros(start), state=state, reason=reason)
        return self._gap

    def _close(self, state: State, end: int) -> Gap:
        assert self._gap
        events = self._estimate(end - self._start) if state == "missed" else None
        gap = msgspec.structs.replace(self._gap, state=state, end=from_micros(end), events=events)
        self._gap = None
        return gap

    def _count(self, times: Sequence[int], posts: int) -> None:
        count, first, last = self._rate or (0, times[0], times[0])
        # Half an hour is long enough to know the rate, and short enough to follow the time of day.
        if last - first > 1_800_000_000:
            count, first = count // 2, (first + last) // 2
        self._rate = (count + posts, first, max(last, times[-1]))

    def _estimate(self, length: int) -> int | None:
        if self._rate is None or self._rate[2] <= self._rate[1]:
            return None
        count, first, last = self._rate
        return round(count * length / (last - first))


def _now() -> int:
    return round(datetime.now(UTC).timestamp() * 1e6)
