"""What changes in the store, computed and encoded once for all who follow the same view."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from voxpop.api.service import Service
from voxpop.api.updates import View, update
from voxpop.errors import Terminal, Transient, VoxpopError
from voxpop.stores import queries
from voxpop.topics import Topic

UPDATE_SECONDS: Final = 1.0
PING_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.2
_FRAMES_KEPT: Final = 64
_AT_ONCE: Final = 2
_PING: Final = b": ping\n\n"


@dataclass(frozen=True)
class Frame:
    """An update as it is sent."""

    seq: int
    sent: bytes


@dataclass(frozen=True)
class _Version:
    """What the store was when somebody last looked; `passed` is set once it is not the newest."""

    number: int
    seq: int
    topics: tuple[Topic, ...]
    passed: asyncio.Event = field(default_factory=asyncio.Event)


class Feed:
    """Updates for any number of readers at the cost of one for each view.

    One task looks at the store while anybody reads, and readers take what they lack when they are ready for it: there
    is no queue for each, so a slow reader holds up nobody and grows nothing. One that missed a version gets the whole
    hour instead of what changed. All calls must come from one event loop.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._version = _Version(0, -1, ())
        self._frames: OrderedDict[tuple[View, int | None, int], asyncio.Task[Frame]] = OrderedDict()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._watching: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self.computed = 0
        """Frames computed so far, however many readers got them."""

    async def follow(self, view: View, after: int | None) -> AsyncIterator[bytes]:
        """Begin after an update; what follows ends when the server stops or the store fails.

        Raises:
            VoxpopError: the store does not answer.
        """
        if self._watching is None or self._watching.done():
            await self._look()
        version = self._version
        first = await self._frame(view, after) if after != version.seq else None
        return self._from(view, version, first or Frame(version.seq, b""))

    async def _from(self, view: View, version: _Version, last: Frame) -> AsyncIterator[bytes]:
        readers = self._service.readers
        readers.live += 1
        try:
            if self._watching is None or self._watching.done():
                self._ended.clear()
                self._watching = asyncio.create_task(self._watch())
            if last.sent:
                yield last.sent
            # Nobody gets two updates within a second, whenever they came.
            while not await _within(UPDATE_SECONDS, self._ended):
                while not await _within(PING_SECONDS, version.passed):
                    yield _PING
                frame = None if self._ended.is_set() else await self._next(view, version, last)
                if frame:
                    version, last = frame
                    yield last.sent
        finally:
            readers.live -= 1

    async def _next(self, view: View, known: _Version, last: Frame) -> tuple[_Version, Frame] | None:
        """What a reader of a version lacks; None where there is nothing, or the store is away and it must ask again."""
        version = self._version
        missed = version.number > known.number + 1
        with suppress(VoxpopError):
            return version, await self._frame(view, None if missed else last.seq)
        return None

    async def _frame(self, view: View, after: int | None) -> Frame:
        key = view, after, self._version.number
        task = self._frames.get(key)
        if task is None or (task.done() and task.exception()):
            task = self._frames[key] = asyncio.create_task(self._computed(view, after))
            while len(self._frames) > _FRAMES_KEPT:
                self._frames.popitem(last=False)
        # A reader that leaves must not take the frame away from the others.
        return await asyncio.shield(task)

    async def _computed(self, view: View, after: int | None) -> Frame:
        async with self._turns:
            self.computed += 1
            return await asyncio.to_thread(_encoded, self._service, view, after)

    async def _watch(self) -> None:
        try:
            # A store that fails for good ends the streams; a reader that connects again is told why.
            with suppress(Terminal):
                while self._watched():
                    looks = UPDATE_SECONDS / _LOOK_SECONDS if await self._changed() else 1
                    while looks > 0 and self._watched():
                        await asyncio.sleep(_LOOK_SECONDS)
                        looks -= 1
        finally:
            if self._service.readers.live:
                self._ended.set()
                self._version.passed.set()

    async def _changed(self) -> bool:
        """Look, as far as the store is there: while it is away there is nothing to tell."""
        with suppress(Transient):
            return await self._look()
        return False

    def _watched(self) -> bool:
        return self._service.readers.live > 0 and not self._service.closing()

    async def _look(self) -> bool:
        """Look at the store; tells whether it changed, and lets all readers know."""
        seq = await asyncio.to_thread(queries.seq, self._service.store)
        before, topics = self._version, self._service.topics.topics
        if (seq, topics) == (before.seq, before.topics):
            return False
        self._version = _Version(before.number + 1, seq, topics)
        before.passed.set()
        return True


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for an event; tells whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _encoded(service: Service, view: View, after: int | None) -> Frame:
    found = update(service.store, view, after)
    return Frame(found.seq, b"event: update\nid: %d\ndata: %b\n\n" % (found.seq, found.model_dump_json().encode()))
