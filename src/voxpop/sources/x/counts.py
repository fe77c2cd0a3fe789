"""How many posts a query has had: X's counts, which cost per request and bring no text."""

from __future__ import annotations

from typing import Any, NamedTuple

from voxpop.sources.formats.dates import parse_date
from voxpop.sources.x.access import Client
from voxpop.sources.x.spend import Prices, Purse


class Volume(NamedTuple):
    """Posts of the last seven days, and what a day's would cost to read.

    Attributes:
        posts: how many there were.
        per_day: the mean.
        usd_per_day: with one author each and no answered or quoted post, so the least that a day costs.
    """

    query: str
    posts: int
    per_day: float
    usd_per_day: float


async def volume(client: Client, query: str, purse: Purse, prices: Prices) -> Volume:
    """Ask X for the counts of the last seven days.

    Raises:
        LimitReached: the request itself could cross a limit.
        Lost: X cannot be reached or refuses for now.
        Terminal: X refuses, and will again.
    """
    lease = purse.reserve(prices.counts, prices.counts)
    asked = {"query": query, "granularity": "day"}
    try:
        found = await client.ask("GET", "/2/tweets/counts/recent", asked)
        # Only an answer is charged; a kill before this line leaves it counted.
        lease.spend(prices.counts)
    finally:
        lease.close()
    buckets = [bucket for bucket in found.get("data") or [] if isinstance(bucket, dict)]
    posts = sum(count for bucket in buckets if isinstance(count := bucket.get("tweet_count"), int))
    per_day = posts / _days(buckets)
    return Volume(query, posts, per_day, per_day * prices.of(1, 1) / 1e6)


def _days(buckets: list[dict[str, Any]]) -> float:
    times = [parse_date(str(bucket[key])) for bucket in buckets for key in ("start", "end") if key in bucket]
    return max(1e-6, (max(times) - min(times)).total_seconds() / 86_400) if times else 1.0
