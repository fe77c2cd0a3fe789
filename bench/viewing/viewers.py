"""Many who have the overview open, as the HTTP clients that pages are: a stream, and questions with each update."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

SLOW = 5.0
IN_TIME = 1.0
_TIMEOUT = ClientTimeout(total=None, sock_read=60)
_JSON = {"Content-Type": "application/json"}


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


async def watch(url: str, bodies: list[str], count: int, seconds: float) -> Seen:
    """So many viewers for so long."""
    seen = Seen()
    connector = TCPConnector(limit=0)
    async with ClientSession(connector=connector, timeout=_TIMEOUT) as session:
        viewers = [_Viewer(session, url, bodies, seen) for _ in range(count)]
        tasks = [asyncio.create_task(viewer.follow()) for viewer in viewers]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return seen


class _Viewer:
    """One page: it asks for the numbers with an update, not before the last were there, and for the map every 5 s."""

    def __init__(self, session: ClientSession, url: str, bodies: list[str], seen: Seen) -> None:
        self._session, self._url, self._seen = session, url, seen
        self._often = [body for body in bodies if "atlas.data" not in body]
        self._seldom = [body for body in bodies if "atlas.data" in body]
        self._since: float | None = None
        self._surveyed = 0.0
        self._changed = asyncio.Event()

    async def follow(self) -> None:
        asking = asyncio.create_task(self._ask())
        try:
            async with self._session.get(f"{self._url}v1/live?topic=*&width=60") as stream:
                async for line in stream.content:
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
            bodies = list(self._often)
            if last - self._surveyed >= SLOW:
                self._surveyed = last
                bodies += self._seldom
            try:
                await asyncio.gather(*(self._post(body) for body in bodies))
                self._seen.answered.append(time.monotonic() - since)
            except (ClientError, TimeoutError):
                self._seen.failed += 1

    async def _post(self, body: str) -> None:
        async with self._session.post(f"{self._url}_dash-update-component", data=body, headers=_JSON) as answer:
            answer.raise_for_status()
            await answer.read()
