"""Many who have the overview open, as the HTTP clients that pages are: a stream, and questions with each update."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

SLOW = 5.0
IN_TIME = 1.0
_TIMEOUT = ClientTimeout(total=None, sock_read=60)


@dataclass
class Seen:
    """What all of them saw: updates that the server sent them, and the seconds until each was answered."""

    updates: int = 0
    answered: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def in_time(self) -> float:
        """The share of updates whose numbers were there before the next update can be."""
        return sum(took <= IN_TIME for took in self.answered) / max(1, self.updates)


async def watch(url: str, search: str, count: int, seconds: float) -> Seen:
    """So many viewers of an address of the overview for so long."""
    seen = Seen()
    connector = TCPConnector(limit=0)
    async with ClientSession(connector=connector, timeout=_TIMEOUT) as session:
        viewers = [_Viewer(session, url, search, seen) for _ in range(count)]
        tasks = [asyncio.create_task(viewer.follow()) for viewer in viewers]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return seen


class _Viewer:
    """One page: it asks for the numbers with an update, not before the last were there, and for the map every 5 s."""

    def __init__(self, session: ClientSession, url: str, search: str, seen: Seen) -> None:
        self._session, self._url, self._search, self._seen = session, url, search, seen
        self._newest = ""
        self._since: float | None = None
        self._surveyed = 0.0
        self._changed = asyncio.Event()

    async def follow(self) -> None:
        asking = asyncio.create_task(self._ask())
        try:
            async with self._session.get(f"{self._url}v1/live?topic=*&width=60") as stream:
                async for line in stream.content:
                    if line.startswith(b"id: "):
                        self._newest = line[4:].decode().strip()
                    if line.startswith(b"event: update"):
                        self._seen.updates += 1
                        self._since = self._since or time.monotonic()
                        self._changed.set()
        finally:
            asking.cancel()

    async def _ask(self) -> None:
        last = 0.0
        while True:
            await self._changed.wait()
            await asyncio.sleep(max(0.0, last + 1 - time.monotonic()))
            self._changed.clear()
            last, since, self._since = time.monotonic(), self._since or time.monotonic(), None
            parts = ["board"]
            if last - self._surveyed >= SLOW:
                self._surveyed = last
                parts.append("places")
            try:
                await asyncio.gather(*map(self._get, parts))
                self._seen.answered.append(time.monotonic() - since)
            except (ClientError, TimeoutError):
                self._seen.failed += 1

    async def _get(self, part: str) -> None:
        async with self._session.get(f"{self._url}overview/{part}?{self._search}&seen={self._newest}") as answer:
            answer.raise_for_status()
            await answer.read()
