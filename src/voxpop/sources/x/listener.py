"""One reading of X: the stream, again and again, and beside it the past that it did not bring."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from voxpop.errors import Terminal
from voxpop.gaps import Gap, State
from voxpop.seams import Fetched
from voxpop.sources.formats.context import Context, Decoded
from voxpop.sources.websocket import Lost
from voxpop.sources.x.access import Access, Client
from voxpop.sources.x.billing import FIELDS, billed, decode
from voxpop.sources.x.lines import Lines
from voxpop.sources.x.pace import Backoff, Pace
from voxpop.sources.x.rules import Synced, synchronise
from voxpop.sources.x.search import Past, Search, windows
from voxpop.sources.x.spend import Lease, LimitReached, Prices, Purse
from voxpop.sources.x.wanted import SEARCH_LIMIT, STREAM_LIMIT, Rule, Wanted

_STREAM = "/2/tweets/search/stream"
_QUEUED = 4
LIMIT_REASON = "spend limit"


@dataclass(frozen=True)
class Live:
    """How to listen.

    Attributes:
        wanted: asked now and then, so that topics may change meanwhile.
        backfill: whether what was missed is searched for, which costs as much as having heard it.
        stall_seconds: X sends something every 20 seconds; a connection silent for longer counts as dead.
        line_bytes: a longer line is rejected.
        check_seconds: how often topics are looked at again, and the purse after a limit was reached.
    """

    access: Access
    wanted: Wanted
    purse: Purse
    prices: Prices = Prices()
    pace: Pace = Pace()
    past: Past = Past()
    backfill: bool = True
    stall_seconds: float = 22.0
    line_bytes: int = 16 << 20
    check_seconds: float = 20.0


class Listener:
    """Fills a short queue; when nobody takes from it, the socket is not read and X waits.

    There is one gap at a time. While it is open, `cursor` stays at its beginning, so that a new run begins there again.
    """

    def __init__(self, name: str, live: Live, client: Client, since: datetime | None) -> None:
        self.synced = Synced()
        self.problem: str | None = None
        self._name = name
        self._live = live
        self._client = client
        self._queue: asyncio.Queue[Fetched] = asyncio.Queue(_QUEUED)
        self._heard = since or datetime.now(UTC)
        self._resuming = since is not None
        self._missing = self._heard
        self._gap: Gap | None = None
        self._given_up: str | None = None
        self._rules: Sequence[Rule] = ()
        self._look_again = 0.0
        self._recovering: asyncio.Task[None] | None = None
        self._lines = Context(origin=name)

    @property
    def cursor(self) -> str:
        """Up to where everything was delivered, in milliseconds since 1970."""
        return f"x:{round((self._missing if self._gap else self._heard).timestamp() * 1000)}"

    async def fetched(self) -> AsyncIterator[Fetched]:
        """What comes, for ever.

        Raises:
            Terminal: X refuses for good.
        """
        listening = asyncio.create_task(self._listen())
        getting = asyncio.create_task(self._queue.get())
        try:
            while True:
                await asyncio.wait({listening, getting}, return_when=asyncio.FIRST_COMPLETED)
                if getting.done():
                    yield getting.result()
                    getting = asyncio.create_task(self._queue.get())
                else:
                    listening.result()
        finally:
            tasks = [task for task in (listening, getting, self._recovering) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        if self._resuming:
            await self._lost("Voxpop was not running")
        backoff = Backoff(self._live.pace)
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                await self._once()
            except LimitReached as reached:
                self._given_up = LIMIT_REASON
                await self._lost(LIMIT_REASON)
                left = (reached.until - datetime.now(UTC)).total_seconds()
                await asyncio.sleep(min(max(left, 0.0), self._live.check_seconds))
            except Lost as lost:
                if loop.time() - begun >= self._live.pace.healthy:
                    backoff.healthy()
                await self._lost(str(lost))
                await asyncio.sleep(backoff.after(lost))

    async def _once(self) -> None:
        """One connection, from what is set aside for it to its end."""
        limits, worst = self._live.purse.limits, self._live.prices.worst
        lease = self._live.purse.reserve(limits.margin + worst, limits.margin + limits.block)
        keep, lines = 0, None
        try:
            await self._synchronise(first=not self._rules)
            async with self._client.opened("GET", _STREAM, FIELDS) as answer:
                lines = Lines(answer.content, self._live.stall_seconds, self._live.line_bytes)
                # Whoever ends it but X, something can be on its way.
                keep = limits.margin
                await self._connected()
                while True:
                    lease = await self._take(lines, lease)
        except Lost:
            keep = worst if lines and lines.is_torn else 0
            raise
        finally:
            lease.close(keep)

    async def _take(self, lines: Lines, lease: Lease) -> Lease:
        """Take what came and count it; answers the lease to go on with, of today and not spent."""
        taken = await lines.take()
        self._heard = datetime.now(UTC)
        problem = None
        for line in taken:
            sums = billed(line)
            problem = problem or sums.problem
            cost = self._live.prices.of(sums.posts, sums.users) if sums.readable else self._live.prices.worst
            lease.spend(cost, sums.posts, sums.users)
            decode(line, self._lines)
        if taken:
            await self._put(self._lines.take())
        if problem:
            raise Lost(f"X ended the stream: {problem}")
        if self._recovering and self._recovering.done():
            self._recovering.result()
        await self._follow()
        return self._renewed(lease)

    def _renewed(self, lease: Lease) -> Lease:
        limits, worst = self._live.purse.limits, self._live.prices.worst
        if not lease.is_of_today():
            lease.close()
            return self._live.purse.reserve(limits.margin + worst, limits.margin + limits.block)
        if (need := limits.margin + worst - lease.left) > 0:
            lease.extend(need, need + limits.block)
        return lease

    async def _follow(self) -> None:
        """Bring X's rules up to date when topics changed."""
        now = asyncio.get_running_loop().time()
        if now < self._look_again:
            return
        self._look_again = now + self._live.check_seconds
        if list(self._live.wanted(STREAM_LIMIT)) != list(self._rules):
            try:
                await self._synchronise(first=False)
            except Lost as lost:
                self.problem = str(lost)

    async def _synchronise(self, first: bool) -> None:
        """Once it has gone well, a topic that X does not take is told in `problem`, and the rules stay as they are."""
        self._look_again = asyncio.get_running_loop().time() + self._live.check_seconds
        try:
            rules = list(self._live.wanted(STREAM_LIMIT))
            self.synced = await synchronise(self._client, rules)
        except Terminal as error:
            if first:
                raise
            self.problem = str(error)
            return
        self._rules, self.problem = rules, None

    async def _lost(self, reason: str) -> None:
        """The connection ended, or there was none."""
        if self._recovering:
            self._recovering.cancel()
            await asyncio.gather(self._recovering, return_exceptions=True)
            self._recovering = None
        if self._gap and (self._gap.reason == reason or reason != LIMIT_REASON):
            return
        if self._gap is None:
            self._missing = self._heard
            noticed = datetime.now(UTC)
            self._gap = Gap(source=self._name, noticed=noticed, start=self._heard, state="lost", reason=reason)
        else:
            self._gap = msgspec.structs.replace(self._gap, reason=reason)
        await self._put(gaps=[self._gap])

    async def _connected(self) -> None:
        """There is a stream again: what lies between is searched for, or given up."""
        end = self._heard = datetime.now(UTC)
        if self._gap is None:
            return
        if self._live.backfill and self._given_up is None:
            self._recovering = asyncio.create_task(self._recover(end))
        else:
            await self._close("missed", end, self._given_up)
            self._given_up = None

    async def _recover(self, end: datetime) -> None:
        past = self._live.past
        await asyncio.sleep(past.overlap + past.settle)
        queries = [rule.value for rule in self._live.wanted(SEARCH_LIMIT)]
        search = Search(self._client, queries, self._live.purse, self._live.prices, self._live.pace)
        # X refuses a time before its own; a minute is for clocks that differ.
        oldest = datetime.now(UTC) - timedelta(days=past.days) + timedelta(minutes=1)
        start = self._missing
        try:
            for first, last in windows(max(start, oldest), end, past):
                async for done in search.between(first, last):
                    await self._put(done)
                self._missing = max(start, min(last, end))
        except (LimitReached, Terminal) as error:
            await self._close("missed", end, f"not searched for: {error}")
            return
        if start < oldest:
            self._missing = start
            await self._close("missed", oldest, f"X searches no further back than {past.days:g} days")
        else:
            self._missing = start
            await self._close("recovered", end, "searched for since; X's search has no reposts")

    async def _close(self, state: State, end: datetime, why: str | None = None) -> None:
        assert self._gap
        reason = self._gap.reason if why in (None, self._gap.reason) else f"{self._gap.reason} ({why})"
        gap = msgspec.structs.replace(self._gap, state=state, start=self._missing, end=end, reason=reason)
        self._gap = None
        await self._put(gaps=[gap])

    async def _put(self, done: Decoded | None = None, gaps: Sequence[Gap] = ()) -> None:
        done = done or Decoded()
        await self._queue.put(Fetched(self.cursor, done.posts, done.rejected, dict(done.ignored), gaps=list(gaps)))
