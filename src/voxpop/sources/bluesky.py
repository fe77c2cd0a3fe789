"""Bluesky, live: Jetstream's v1 wire, from whichever of its hosts can be reached."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
import msgspec

from voxpop import __version__
from voxpop.errors import Terminal
from voxpop.gaps import Gap
from voxpop.seams import Fetched
from voxpop.sources.continuity import Continuity, Tolerance
from voxpop.sources.formats.context import Context, decode_record
from voxpop.sources.formats.jetstream import COLLECTION, Jetstream
from voxpop.sources.rotation import Pace, Rotation
from voxpop.sources.websocket import TOO_BIG, Limits, Lost, connected

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HOSTS = (
    "jetstream1.us-east.bsky.network",
    "jetstream2.us-east.bsky.network",
    "jetstream1.us-west.bsky.network",
    "jetstream2.us-west.bsky.network",
    "jetstream.us-east.bsky.network",
    "jetstream.us-west.bsky.network",
)
"""The public hosts: four of Jetstream v1 and two of v2, which serve the v1 wire too."""
_FAMILY = "jetstream-v1"
_BAD_REQUEST = 400
_JETSTREAM = Jetstream()


@dataclass(frozen=True)
class Live:
    """How to listen.

    Attributes:
        hosts: names, or addresses that begin with `wss://` or `ws://`.
        dictionary: Jetstream's zstd dictionary; with it, frames are asked for compressed.
        healthy_seconds: a connection that lived so long makes all earlier failures forgotten.
    """

    hosts: Sequence[str] = HOSTS
    dictionary: bytes | None = None
    pace: Pace = Pace()
    limits: Limits = Limits()
    tolerance: Tolerance = Tolerance()
    healthy_seconds: float = 60.0


class BlueskySource:
    """Every post, edit, deletion and deleted account of Bluesky, without an end.

    Delivery is at least once: after a loss it resumes a few seconds before the last event, on the next host, and says
    in `Fetched.gaps` what was lost and whether it came again. The cursor is `jetstream-v1:` and the event time in
    microseconds, which every host of the family understands. Event time is the server's `time_us`. The trap: hosts
    give one event slightly different times, so a cursor is a place to rewind from, not a name of an event.
    """

    def __init__(self, live: Live | None = None, name: str = "bluesky") -> None:
        """Nothing is opened yet.

        Raises:
            Terminal: there is no host, or one is no host; the dictionary is none.
        """
        self.name = name
        self._live = live or Live()
        self._hosts = [_address(host) for host in self._live.hosts]
        if not self._hosts:
            raise Terminal("a bluesky source needs a host; leave hosts out for the public ones")
        self._dictionary = _dictionary(self._live.dictionary)

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield what comes, from now or from shortly before `cursor`; tries for ever to be connected.

        Raises:
            Terminal: the cursor is of another source.
        """
        stream = _Stream(self.name, self._live, self._dictionary, _position(cursor))
        rotation = Rotation(self._hosts, self._live.pace)
        if cursor is not None:
            yield stream.lost("Voxpop was not running")
        async with _session() as session:
            while True:
                host, wait = rotation.pick()
                await asyncio.sleep(wait)
                begun = asyncio.get_running_loop().time()
                try:
                    async with connected(session, host + stream.request(), self._live.limits) as frames:
                        while True:
                            yield stream.heard(await frames.take())
                except Lost as error:
                    if asyncio.get_running_loop().time() - begun >= self._live.healthy_seconds:
                        rotation.healthy()
                    rotation.failed(host, error.retry_after)
                    stream.refused(error.status == _BAD_REQUEST)
                    yield stream.lost(f"{host}: {error}", too_big=error.status == TOO_BIG)

    async def reach(self) -> str:
        """The first host that answers, each tried once.

        Raises:
            Terminal: none does.
        """
        problems = []
        async with _session() as session:
            for host in self._hosts:
                try:
                    async with connected(session, host + _Stream(self.name, self._live).request(), self._live.limits):
                        return host
                except Lost as error:
                    problems.append(f"{host}: {error}")
        raise Terminal(
            f"Bluesky cannot be reached ({'; '.join(problems)}); check the network, or run `voxpop demo` without --live"
        )


@dataclass
class _Stream:
    """What is remembered from one connection to the next.

    `recent` holds the times of the last three events. Their median is the position: one event whose time is wrong
    cannot move it.
    """

    name: str
    live: Live
    dictionary: zstd.ZstdDict | None = None
    start: int | None = None
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=3))
    count: int = 0
    refusals: int = 0
    capped: bool = False

    def __post_init__(self) -> None:
        self._continuity = Continuity(self.name, self.live.tolerance)
        self._began = round(datetime.now(UTC).timestamp() * 1e6)
        self._tried = False
        if self.start is not None:
            self.recent.append(self.start)

    @property
    def position(self) -> int:
        """Microseconds since 1970."""
        return sorted(self.recent)[(len(self.recent) - 1) // 2] if self.recent else self._began

    def request(self) -> str:
        """Path and query of the next connection; the first of a new source asks for no past."""
        rewound = max(1, self.position - round(self.live.tolerance.rewind_seconds * 1e6))
        # Every host must have refused a cursor before it is given up.
        cursor = rewound if (self.recent or self._tried) and self.refusals < len(self.live.hosts) else None
        self._tried = True
        self._continuity.asked(cursor)
        query = [f"wantedCollections={COLLECTION}"]
        query += [f"cursor={cursor}"] if cursor is not None else []
        query += ["compress=true"] if self.dictionary else []
        query += [f"maxMessageSizeBytes={self.live.limits.frame_bytes}"] if self.capped else []
        return "/subscribe?" + "&".join(query)

    def refused(self, bad_request: bool) -> None:
        """Count hosts that refuse the request itself, one after the other."""
        self.refusals = self.refusals + 1 if bad_request else 0

    def lost(self, reason: str, too_big: bool = False) -> Fetched:
        """The connection ended."""
        context = Context(origin=self.name, position=self.count)
        if too_big and not self.capped:
            context.reject(b"", f"a frame is larger than {self.live.limits.frame_bytes} bytes; it is left out")
        # Asked for without a limit, the same frame would end every connection.
        self.capped = self.capped or too_big
        return self._fetched(context, self._continuity.lost(self.position, reason))

    def heard(self, frames: list[bytes]) -> Fetched:
        """Decode what came."""
        context = Context(origin=self.name, position=self.count)
        times = []
        for frame in frames:
            context.position += 1
            plain = frame if self.dictionary is None else _expand(frame, self.dictionary, self.live.limits.frame_bytes)
            decode_record(_JETSTREAM, plain, context)
            if (time := _time(plain)) is not None:
                times.append(time)
        self.count = context.position
        self.recent.extend(times[-3:])
        return self._fetched(context, self._continuity.heard(times, len(context.posts)))

    def _fetched(self, context: Context, gaps: list[Gap]) -> Fetched:
        done = context.take()
        return Fetched(f"{_FAMILY}:{self.position}", done.posts, done.rejected, dict(done.ignored), gaps=gaps)


class _Timed(msgspec.Struct):
    time_us: int


_decode_timed = msgspec.json.Decoder(_Timed).decode


def _time(frame: bytes) -> int | None:
    """The event's time, where it is one that a date can hold."""
    try:
        time = _decode_timed(frame).time_us
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return time if 0 < time < 253_402_300_800_000_000 else None


def _expand(frame: bytes, dictionary: zstd.ZstdDict, most: int) -> bytes:
    """A frame's JSON; what is not compressed stays as it is, and what cannot be expanded is left to be rejected."""
    if not frame.startswith(b"\x28\xb5\x2f\xfd"):
        return frame
    try:
        decompressor = zstd.ZstdDecompressor(zstd_dict=dictionary)
        plain = decompressor.decompress(frame, most)
    except zstd.ZstdError:
        return frame
    return plain if decompressor.eof else frame


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers={"User-Agent": f"voxpop/{__version__}"})


def _address(host: str) -> str:
    address = host.rstrip("/") if "://" in host else f"wss://{host.rstrip('/')}"
    scheme, _, rest = address.partition("://")
    if scheme not in ("ws", "wss") or not rest or set(rest) & set("/?#@ "):
        raise Terminal(f"{host!r} is no Jetstream host; write it like {HOSTS[0]}")
    return address


def _dictionary(data: bytes | None) -> zstd.ZstdDict | None:
    try:
        return None if data is None else zstd.ZstdDict(data)
    except (ValueError, zstd.ZstdError) as error:
        raise Terminal(f"the dictionary is no zstd dictionary ({error}); leave it out") from error


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    family, _, position = cursor.partition(":")
    if family != _FAMILY or not position.isdecimal():
        raise Terminal(f"the cursor {cursor!r} is not of a bluesky source; give the source another name")
    return int(position)
