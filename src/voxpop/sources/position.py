"""Where a stream of Jetstream is, so that any host can go on from there: a time, and for its own host a number."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

from voxpop.errors import Terminal
from voxpop.sources.wire import LEAST_TIME, Mark, Wire

_V1, _V2 = "jetstream-v1", "jetstream-v2"
_NUMBERS = 256
"""Some seconds of Bluesky: so far back a number is asked for, as a time is."""


class Position:
    """The last events of a stream, and the cursor made of them.

    The time is the median of the last three, so one event whose time is wrong cannot move it. The number is the least
    of the last 256, so those three come again, and what came out of order does; it is asked for only on the host that
    gave it, for another has numbers of its own. The cursor is `jetstream-v1:TIME`, in microseconds, or
    `jetstream-v2:TIME:SEQ:HOST`.
    """

    def __init__(self, cursor: str | None) -> None:
        """From a cursor, or from now.

        Raises:
            Terminal: the cursor is of another source.
        """
        self._times: deque[int] = deque(maxlen=3)
        self._numbers: deque[int] = deque(maxlen=_NUMBERS)
        self._host = ""
        self._began = round(datetime.now(UTC).timestamp() * 1e6)
        if cursor is not None:
            mark, host = _parsed(cursor)
            self.moved([mark], host)

    @property
    def is_known(self) -> bool:
        """Whether there was an event, ever."""
        return bool(self._times)

    @property
    def time(self) -> int:
        """Microseconds since 1970."""
        return sorted(self._times)[(len(self._times) - 1) // 2] if self._times else self._began

    @property
    def cursor(self) -> str:
        """What resumes here."""
        if self._numbers:
            return f"{_V2}:{self.time}:{min(self._numbers)}:{self._host}"
        return f"{_V1}:{self.time}"

    def moved(self, marks: Sequence[Mark], host: str) -> None:
        """Events came from a host."""
        for mark in marks:
            if mark.seq is None or host != self._host:
                self._numbers.clear()
            if mark.seq is not None:
                self._numbers.append(mark.seq)
            self._host = host
            self._times.append(mark.time)

    def resume(self, wire: Wire, host: str, rewound: int) -> int | None:
        """What to ask a host for: its own number, else the time `rewound`; None where v2 would misread that."""
        if wire == "v2" and host == self._host and self._numbers:
            return min(self._numbers)
        return rewound if wire == "v1" or rewound >= LEAST_TIME else None

    def forget(self) -> None:
        """Go on by time alone."""
        self._numbers.clear()


def _parsed(cursor: str) -> tuple[Mark, str]:
    family, _, rest = cursor.partition(":")
    time, _, numbered = rest.partition(":")
    seq, _, host = numbered.partition(":")
    if family == _V1 and time.isdecimal() and not numbered:
        return Mark(int(time)), ""
    if family == _V2 and time.isdecimal() and seq.isdecimal() and host:
        return Mark(int(time), int(seq)), host
    raise Terminal(f"the cursor {cursor[:80]!r} is not of a bluesky source; give the source another name")
