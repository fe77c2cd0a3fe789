"""What a listener of Jetstream remembers from one connection to the next, and what it makes of frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from voxpop.gaps import Gap
from voxpop.seams import Fetched
from voxpop.sources.continuity import Continuity, Tolerance
from voxpop.sources.dictionary import Dictionary
from voxpop.sources.formats.context import Context, decode_record
from voxpop.sources.formats.jetstream import Jetstream
from voxpop.sources.position import Position
from voxpop.sources.wire import LEAST_TIME, Mark, Wanted, Wire, read, request

EXPANDED_BYTES: Final = 4 << 20
"""A compressed frame that holds more is set aside; a record of Bluesky has at most 1 MB."""
AT_ONCE_BYTES: Final = 16 << 20
_FORMAT: Final = Jetstream()


@dataclass(frozen=True)
class Bounds:
    """Of one listener: its name, how many hosts there are, and what a frame may have."""

    name: str
    hosts: int
    tolerance: Tolerance
    frame_bytes: int


class Stream:
    """One stream over many connections, of hosts of either wire.

    Attributes:
        is_numbered: the last request asked for a number of the host's own.
    """

    def __init__(self, bounds: Bounds, cursor: str | None) -> None:
        """Go on from a cursor, or begin now.

        Raises:
            Terminal: the cursor is of another source.
        """
        self._bounds = bounds
        self._position = Position(cursor)
        self._continuity = Continuity(bounds.name, bounds.tolerance)
        self._renewed: dict[str, str | None] = {}
        self._host = ""
        self._dictionary: Dictionary | None = None
        self._count = 0
        self._refusals = 0
        self.is_numbered = False
        self._capped = self._tried = False
        self._error = ""

    def request(self, host: str, wire: Wire, dictionary: Dictionary | None) -> str:
        """Path and query of the next connection; the first of a new source asks for no past."""
        rewound = max(1, self._position.time - round(self._bounds.tolerance.rewind_seconds * 1e6))
        # Every host must have refused a cursor before it is given up.
        resumes = (self._position.is_known or self._tried) and self._refusals < self._bounds.hosts
        cursor = self._position.resume(wire, host, rewound) if resumes else None
        self._tried, self._host, self._dictionary = True, host, dictionary
        self.is_numbered = wire == "v2" and cursor is not None and cursor < LEAST_TIME
        # By number, too, the events that come first are of those seconds.
        self._continuity.asked(rewound if cursor is not None else None)
        most = self._bounds.frame_bytes if self._capped else None
        return request(wire, Wanted(cursor, dictionary.id if dictionary else None, most))

    def refused(self, bad_request: bool) -> None:
        """Count hosts that refuse the request itself, one after the other."""
        self._refusals = self._refusals + 1 if bad_request else 0

    def renumbered(self, reason: str) -> Fetched:
        """The host does not take the number it was asked for: go on by time, and say in the gap why."""
        self._position.forget()
        return self._fetched(self._context(), self._continuity.explained(reason))

    def lost(self, reason: str, too_big: bool = False) -> Fetched:
        """The connection ended; what the other side said last is part of the reason."""
        context = self._context()
        if too_big and not self._capped:
            context.reject(b"", f"a frame is larger than {self._bounds.frame_bytes} bytes; it is left out")
        # Asked for without a limit, the same frame would end every connection.
        self._capped = self._capped or too_big
        told, self._error = f" ({self._error})" if self._error else "", ""
        return self._fetched(context, self._continuity.lost(self._position.time, reason + told))

    def heard(self, frames: Sequence[bytes]) -> Iterator[Fetched]:
        """Decode what came; in parts, where what was compressed is much."""
        context, marks, size = self._context(), list[Mark](), 0
        for frame in frames:
            context.position += 1
            plain = self._plain(frame, context)
            if plain is None:
                continue
            decode_record(_FORMAT, plain, context)
            mark, error = read(plain)
            if mark:
                marks.append(mark)
            self._error = error or self._error
            size += len(plain)
            if size >= AT_ONCE_BYTES:
                yield self._done(context, marks)
                context, marks, size = self._context(), [], 0
        yield self._done(context, marks)

    def _plain(self, frame: bytes, context: Context) -> bytes | None:
        if self._dictionary is None:
            return frame
        try:
            return self._dictionary.expand(frame, min(EXPANDED_BYTES, self._bounds.frame_bytes))
        except ValueError as error:
            context.reject(frame, str(error))
            return None

    def _context(self) -> Context:
        return Context(origin=self._bounds.name, position=self._count, renewed=self._renewed)

    def _done(self, context: Context, marks: list[Mark]) -> Fetched:
        self._count = context.position
        self._position.moved(marks, self._host)
        return self._fetched(context, self._continuity.heard([mark.time for mark in marks], len(context.posts)))

    def _fetched(self, context: Context, gaps: list[Gap]) -> Fetched:
        done = context.take()
        return Fetched(self._position.cursor, done.posts, done.rejected, dict(done.ignored), gaps=gaps)
