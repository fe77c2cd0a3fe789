"""The past that the stream did not bring: recent search over the time of a gap, as far as it may be paid for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from voxpop.sources.formats.context import Context, Decoded
from voxpop.sources.websocket import Lost
from voxpop.sources.x.access import HALF, Client
from voxpop.sources.x.billing import FIELDS, billed, decode
from voxpop.sources.x.pace import Backoff, Pace
from voxpop.sources.x.spend import Lease, Prices, Purse

_PATH = "/2/tweets/search/recent"
_FEWEST, _MOST = 10, 25
"""Posts of a page: no fewer can be asked for (X's limit is 100); a page that is killed counts as spent whole."""


@dataclass(frozen=True)
class Past:
    """How the past is asked for.

    Attributes:
        overlap: seconds asked for on both sides of a gap, since the stream is not in order.
        settle: seconds that X takes to find a new post.
        window: seconds searched at a time, the oldest first; a kill costs what was read of one window.
        days: how far back X searches.
    """

    overlap: float = 15.0
    settle: float = 15.0
    window: float = 3600.0
    days: float = 7.0


@dataclass(frozen=True)
class Search:
    """What a search needs: the connection, the queries, and who pays."""

    client: Client
    queries: Sequence[str]
    purse: Purse
    prices: Prices = Prices()
    pace: Pace = Pace()

    async def between(self, start: datetime, end: datetime) -> AsyncIterator[Decoded]:
        """Every post of the period that any query finds, a page at a time; reposts X does not search for.

        A page is asked for only when it can be paid in full; what cannot be reached now is tried until it can.

        Raises:
            LimitReached: the next page could cross a limit.
            Terminal: X refuses, and will again.
        """
        for text in self.queries:
            query = {**FIELDS, "query": text, "start_time": _time(start), "end_time": _time(end)}
            while True:
                done, token = await self._page(query)
                yield done
                if token is None:
                    break
                query["next_token"] = token

    async def _page(self, query: dict[str, str]) -> tuple[Decoded, str | None]:
        backoff = Backoff(self.pace)
        while True:
            lease = self._lease()
            # Until an answer is read whole, X may have sent it: then all of it counts as spent.
            keep = lease.left
            try:
                count = min(_MOST, lease.left // self.prices.worst)
                found = await self.client.ask("GET", _PATH, {**query, "max_results": str(count)})
                page = msgspec.json.encode(found)
                sums = billed(page)
                cost = self.prices.of(sums.posts, sums.users) if sums.readable else lease.left
                lease.spend(cost, sums.posts, sums.users)
                keep = 0
                context = Context(origin="x search")
                decode(page, context)
                token = (found.get("meta") or {}).get("next_token")
                return context.take(), None if token is None else str(token)
            except Lost as lost:
                # A refusal is not charged; half an answer is.
                keep = lease.left if lost.status == HALF else 0
                wait = backoff.after(lost)
            finally:
                lease.close(keep)
            await asyncio.sleep(wait)

    def _lease(self) -> Lease:
        """What the next page may cost; what the stream needs to go on is left to it."""
        spare = self.purse.limits.block + self.purse.limits.margin
        worst = max(1, self.prices.worst)
        affordable = min(_MOST, (self.purse.left() - spare) // worst)
        if affordable < _FEWEST:
            # Answers when there will be enough again.
            self.purse.reserve(_FEWEST * worst + spare, 0).close()
        return self.purse.reserve(_FEWEST * worst, affordable * worst)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def windows(start: datetime, end: datetime, past: Past) -> list[tuple[datetime, datetime]]:
    """The periods that cover [start, end] with the overlap, oldest first, in whole seconds.

    >>> at = datetime(2026, 11, 24, tzinfo=UTC)
    >>> [(a.second, b.second) for a, b in windows(at, at + timedelta(seconds=9), Past(overlap=1, window=6))]
    [(59, 5), (5, 10)]
    """
    first = (start - timedelta(seconds=past.overlap)).replace(microsecond=0)
    last = (end + timedelta(seconds=past.overlap)).replace(microsecond=0)
    cuts = [first]
    while cuts[-1] + timedelta(seconds=past.window) < last:
        cuts.append(cuts[-1] + timedelta(seconds=past.window))
    return list(zip(cuts, [*cuts[1:], last], strict=True))
