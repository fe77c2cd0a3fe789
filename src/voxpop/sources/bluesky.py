"""Bluesky, live: Jetstream, on either of its wires, from whichever of its hosts can be reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from voxpop import __version__
from voxpop.errors import Terminal
from voxpop.seams import Fetched
from voxpop.sources.continuity import Tolerance
from voxpop.sources.dictionary import Dictionaries
from voxpop.sources.jetstream import Bounds, Stream
from voxpop.sources.rotation import Pace, Rotation
from voxpop.sources.websocket import TOO_BIG, Frames, Limits, Lost, connected
from voxpop.sources.wire import V1_HOSTS, V2_HOSTS, Choice, Wire, preferred, said
from voxpop.sources.xrpc import complaint, http

HOSTS = (*V1_HOSTS, *V2_HOSTS)
"""The public hosts: four of Jetstream v1 and two of v2."""
_BAD_REQUEST = 400
_NOT_FOUND = 404


@dataclass(frozen=True)
class Live:
    """How to listen.

    Attributes:
        hosts: names, or addresses that begin with `wss://` or `ws://`.
        wire: `auto` tries v2 first on the public hosts of v2 and speaks v1 on all others; `v2` tries v2 first on every
            host. A host that answers 404 to v2 is spoken to on v1.
        compress: ask for compressed frames where a dictionary can be had.
        dictionary: v1's zstd dictionary; with it, frames are asked for compressed.
        kept: directory for dictionaries that were fetched; None to fetch them each time.
        healthy_seconds: a connection that lived so long makes all earlier failures forgotten.
    """

    hosts: Sequence[str] = HOSTS
    wire: Choice = "auto"
    compress: bool = False
    dictionary: bytes | None = None
    kept: Path | None = None
    pace: Pace = Pace()
    limits: Limits = Limits()
    tolerance: Tolerance = Tolerance()
    healthy_seconds: float = 60.0


class BlueskySource:
    """Every post, edit, deletion and deleted account of Bluesky, without an end.

    Delivery is at least once: after a loss it resumes a few seconds before the last event, on the next host, and says
    in `Fetched.gaps` what was lost and whether it came again. The cursor holds the event time, which every host
    understands, and on v2 also host and number: see `voxpop.sources.position`. Event time is the server's. The trap:
    hosts give one event slightly different times, so a cursor is a place to rewind from, not a name of an event.
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
        self._wires: dict[str, Wire] = {host: preferred(self._live.wire, host) for host in self._hosts}
        self._dictionaries = Dictionaries(self._live.dictionary, self._live.compress, self._live.kept)
        self._status: dict[str, Any] = {"host": None, "wire": None, "compressed": False}

    def status(self) -> dict[str, Any]:
        """The host that is listened to, its wire, whether frames come compressed, and what hinders that."""
        return {**self._status, "problem": self._dictionaries.problem}

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield what comes, from now or from shortly before `cursor`; tries for ever to be connected.

        Raises:
            Terminal: the cursor is of another source.
        """
        stream = self._stream(cursor)
        rotation = Rotation(self._hosts, self._live.pace)
        if cursor is not None:
            yield stream.lost("Voxpop was not running")
        async with _session() as session:
            while True:
                host, wait = rotation.pick()
                await asyncio.sleep(wait)
                begun = asyncio.get_running_loop().time()
                try:
                    async with AsyncExitStack() as stack:
                        frames = await self._connect(stack, session, stream, host)
                        while True:
                            for fetched in stream.heard(await frames.take()):
                                yield fetched
                except _Renumbered as error:
                    yield stream.renumbered(str(error))
                except Lost as error:
                    if asyncio.get_running_loop().time() - begun >= self._live.healthy_seconds:
                        rotation.healthy()
                    rotation.failed(host, error.retry_after)
                    stream.refused(error.status == _BAD_REQUEST)
                    yield stream.lost(f"{host}: {error}", too_big=error.status == TOO_BIG)
                finally:
                    self._status.update(host=None, wire=None, compressed=False)

    async def reach(self) -> str:
        """The first host that answers, each tried once.

        Raises:
            Terminal: none does.
        """
        problems = []
        async with _session() as session:
            for host in self._hosts:
                try:
                    async with AsyncExitStack() as stack:
                        await self._connect(stack, session, self._stream(None), host)
                        return host
                except Lost as error:
                    problems.append(f"{host}: {error}")
        raise Terminal(
            f"Bluesky cannot be reached ({'; '.join(problems)}); check the network, or run `voxpop demo` without --live"
        )

    def _stream(self, cursor: str | None) -> Stream:
        limits = self._live.limits
        return Stream(Bounds(self.name, len(self._hosts), self._live.tolerance, limits.frame_bytes), cursor)

    async def _connect(
        self, stack: AsyncExitStack, session: aiohttp.ClientSession, stream: Stream, host: str
    ) -> Frames:
        """Connect on the host's wire, or on v1 where it turns out to have no other.

        Raises:
            Lost: there is no connection to be had.
        """
        wire = self._wires[host]
        dictionary = await self._dictionaries.of(session, host, wire)
        url = host + stream.request(host, wire, dictionary)
        try:
            frames = await stack.enter_async_context(connected(session, url, self._live.limits))
        except Lost as error:
            if wire == "v2" and error.status == _BAD_REQUEST:
                raise await self._refusal(session, url, error, stream.is_numbered) from error
            if error.status != _NOT_FOUND:
                raise
            # Where v1 is not there either, the host has other troubles, and is asked as at first the next time.
            self._wires[host] = "v1" if wire == "v2" else preferred(self._live.wire, host)
            if wire == "v1":
                raise
            return await self._connect(stack, session, stream, host)
        self._status.update(host=host, wire=wire, compressed=dictionary is not None)
        return frames

    async def _refusal(self, session: aiohttp.ClientSession, url: str, error: Lost, numbered: bool) -> Lost:
        """What a host of v2 has against a request, by its name; `numbered` where it was asked for a number."""
        found = await complaint(session, http(url))
        host = url.partition("/xrpc/")[0]
        reason = f"{error} ({said(*found)})" if found.name else str(error)
        if found.name == "CursorTooOld" and numbered:
            return _Renumbered(f"{host}: {reason}")
        if found.name == "UnknownZstdDictionary":
            self._dictionaries.retire(host)
            return Lost(reason)
        return Lost(reason, error.status)


class _Renumbered(Lost):
    """The host has nothing under the number that it was asked for; the same host is to be asked by time."""


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers={"User-Agent": f"voxpop/{__version__}"})


def _address(host: str) -> str:
    address = host.rstrip("/") if "://" in host else f"wss://{host.rstrip('/')}"
    scheme, _, rest = address.partition("://")
    if scheme not in ("ws", "wss") or not rest or set(rest) & set("/?#@ "):
        raise Terminal(f"{host!r} is no Jetstream host; write it like {HOSTS[0]}")
    return address
