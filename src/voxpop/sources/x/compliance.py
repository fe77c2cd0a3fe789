"""Deletions: a batch compliance job over the ids that the log holds (https://docs.x.com/x-api/compliance)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pyarrow.compute as pc

from voxpop import segment as segments
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.seams import Fetched
from voxpop.sources.formats.context import Context, decode_record
from voxpop.sources.formats.x_other import XCompliance
from voxpop.sources.websocket import Lost
from voxpop.sources.x.access import Access, Client, connected
from voxpop.sources.x.pace import Backoff, Pace

_JOBS = "/2/compliance/jobs"
_EVENTS = XCompliance()
_AT_ONCE = 1000


@dataclass(frozen=True)
class Waiting:
    """How long to wait for a job, in seconds: between two looks, and in all."""

    poll: float = 10.0
    most: float = 6 * 3600.0
    transfer: float = 600.0


class ComplianceSource:
    """The deletions among some posts of X, once: a job is made, given the ids, waited for and read.

    Nothing is charged. It has no cursor to go on from: a job that is left is made anew, and a deletion that landed
    before is a duplicate.
    """

    def __init__(self, access: Access, ids: Sequence[str], waiting: Waiting | None = None) -> None:
        """`ids` are X's own, without `x:`."""
        self.name = "x compliance"
        self._access = access
        self._ids = ids
        self._waiting = waiting or Waiting()

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield the deletions.

        Raises:
            Terminal: X refuses, the job fails, or it takes too long.
        """
        if not self._ids:
            return
        async with connected(self._access) as client:
            job = await self._asked(client, "POST", _JOBS, {"type": "tweets", "name": "voxpop"})
            number = str(job.get("id", ""))
            if not number.isascii() or not number.isdecimal():
                raise Terminal("X made no compliance job; try again later")
            await self._upload(self._trusted(job, "upload_url"))
            job = await self._completed(client, number)
            context = Context(origin=f"x compliance job {number}")
            async with self._transfer("GET", self._trusted(job, "download_url")) as answer:
                async for line in answer.content:
                    context.position += 1
                    if line.strip():
                        decode_record(_EVENTS, line.strip(), context)
                    if len(context.posts) >= _AT_ONCE:
                        yield _fetched(context)
            yield _fetched(context)

    async def _asked(self, client: Client, method: str, path: str, body: Any = None) -> dict[str, Any]:
        backoff = Backoff(Pace())
        for _ in range(5):
            try:
                data = (await client.ask(method, path, None, body)).get("data")
                return data if isinstance(data, dict) else {}
            except Lost as lost:
                problem = str(lost)
                await asyncio.sleep(backoff.after(lost))
        raise Terminal(f"X cannot be asked for compliance ({problem}); try again later")

    async def _completed(self, client: Client, number: str) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._waiting.most
        while loop.time() < deadline:
            job = await self._asked(client, "GET", f"{_JOBS}/{number}")
            if job.get("status") == "complete":
                return job
            if job.get("status") in ("failed", "expired"):
                raise Terminal(f"compliance job {number} has {job['status']}; run the command again")
            await asyncio.sleep(self._waiting.poll)
        raise Terminal(f"compliance job {number} took too long; run the command again later")

    async def _upload(self, url: str) -> None:
        async with self._transfer("PUT", url, "".join(f"{native}\n" for native in self._ids).encode()):
            return

    def _transfer(self, method: str, url: str, data: bytes | None = None) -> _Transfer:
        return _Transfer(method, url, data, self._waiting.transfer)

    def _trusted(self, job: dict[str, Any], key: str) -> str:
        url = str(job.get(key, ""))
        if urlsplit(url).scheme != urlsplit(self._access.base).scheme:
            raise Terminal(f"the job's {key} is no address that can be used; try again later")
        return url


class _Transfer:
    """A request without the token, for the address itself is the permission: it is in no error either."""

    def __init__(self, method: str, url: str, data: bytes | None, seconds: float) -> None:
        self._asked = (method, url, data)
        self._session: aiohttp.ClientSession | None = None
        self._seconds = seconds

    async def __aenter__(self) -> aiohttp.ClientResponse:
        method, url, data = self._asked
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._seconds))
        try:
            answer = await self._session.request(method, url, data=data, headers={"Content-Type": "text/plain"})
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            await self._session.close()
            raise Terminal(f"the ids or results cannot be transferred ({type(error).__name__}); try again") from None
        if answer.status >= 300:
            await self._session.close()
            raise Terminal(f"the transfer of ids or results was refused with {answer.status}; try again")
        return answer

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()


def ids_in(log: Log, days: int) -> list[str]:
    """Ids of the posts of X that landed in the last so many days and are not deleted there, each once."""
    first = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    found: dict[str, None] = {}
    for segment in log.segments():
        if segment.day >= first:
            rows = segments.read(log.landing / segment.path).select(["source", "post_id", "op"])
            rows = rows.filter(pc.equal(rows["source"], "x"))
            for post_id, op in zip(rows["post_id"].to_pylist(), rows["op"].to_pylist(), strict=True):
                native = post_id.removeprefix("x:")
                if op == "delete":
                    found.pop(native, None)
                elif native.isascii() and native.isdecimal():
                    found[native] = None
    return list(found)


def _fetched(context: Context) -> Fetched:
    done = context.take()
    return Fetched(f"line {context.position}", done.posts, done.rejected, dict(done.ignored))
