"""From a thread that reads and may have to wait, to the event loop: value by value, and stoppable at any time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
ROOM = 2
GLANCE_SECONDS = 0.2


class Stopped(Exception):
    """Nobody waits for more: the work is to end here."""


class Handover(Generic[T]):
    """What the thread is given: `put` for each value, `check` while there is none."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Queue[T | None] = asyncio.Queue()
        self._room = threading.Semaphore(ROOM)
        self._stopped = threading.Event()

    def check(self) -> None:
        """Raises `Stopped` when the reader has gone."""
        if self._stopped.is_set():
            raise Stopped

    def put(self, value: T) -> None:
        """Hand one over; waits while `ROOM` are not taken yet."""
        while not self._room.acquire(timeout=GLANCE_SECONDS):
            self.check()
        self.check()
        self._loop.call_soon_threadsafe(self._ready.put_nowait, value)

    def work(self, work: Callable[[Handover[T]], None]) -> None:
        """In the thread: do the work, and say when it has ended."""
        try:
            work(self)
        except Stopped:
            pass
        finally:
            if not self._stopped.is_set():
                self._loop.call_soon_threadsafe(self._ready.put_nowait, None)

    async def take(self) -> T | None:
        """The next value; None after the last."""
        value = await self._ready.get()
        self._room.release()
        return value

    def stop(self) -> None:
        """Let the work end at its next `put` or `check`."""
        self._stopped.set()
        self._room.release()


async def handed_over(work: Callable[[Handover[T]], None]) -> AsyncIterator[T]:
    """Yield what `work` puts, while it runs in a thread; raises what it raises after all it had put.

    When the caller stops, so does the work, as soon as it puts or checks: a pipe that gives nothing holds nobody up.
    """
    handover: Handover[T] = Handover()
    working = asyncio.create_task(asyncio.to_thread(handover.work, work))
    try:
        while (value := await handover.take()) is not None:
            yield value
        await working
    finally:
        handover.stop()
        await asyncio.gather(working, return_exceptions=True)
