"""How much one caller may ask for: requests and texts a minute, live streams at once."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, Literal

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

MINUTE: Final = 60
FAILURES: Final = 10
"""Wrong keys that one address may show in a minute."""
Kind = Literal["requests", "texts", "failures"]


@dataclass(frozen=True)
class Rates:
    """What one caller may do; 0 is no limit.

    Attributes:
        requests: a minute.
        texts: scored a minute.
        streams: open at once.
    """

    requests: int = 0
    texts: int = 0
    streams: int = 32


@dataclass(frozen=True)
class Left:
    """What is left to a caller of one kind.

    Attributes:
        taken: False where it was more than was left; nothing was counted then.
        seconds: until the window has moved on.
    """

    taken: bool
    kind: Kind
    quota: int
    remaining: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """As the fields of draft-ietf-httpapi-ratelimit-headers, with `Retry-After` where it was refused."""
        told = {
            "RateLimit-Policy": f'"{self.kind}";q={self.quota};w={MINUTE}',
            "RateLimit": f'"{self.kind}";r={self.remaining};t={self.seconds}',
        }
        return told if self.taken else {**told, "Retry-After": str(self.seconds)}


class Limits:
    """Counts over a sliding window of a minute, of this process; any thread may ask."""

    def __init__(self, rates: Rates | None = None) -> None:
        self.rates = rates or Rates()
        self._windows = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._streams: Counter[str] = Counter()

    def take(self, kind: Kind, who: str, cost: int = 1) -> Left | None:
        """Count `cost` for a caller; None where there is no limit."""
        item = self._item(kind)
        if item is None:
            return None
        taken = self._windows.hit(item, kind, who, cost=cost) if cost else True
        left = self._left(item, kind, who, taken)
        # The window frees one at a time, so room for one is soon there; for many it takes about the whole of it.
        return left if taken or cost == 1 else replace(left, seconds=MINUTE)

    def is_spent(self, kind: Kind, who: str) -> Left | None:
        """What is left where that is nothing; counts nothing."""
        item = self._item(kind)
        return None if item is None or self._windows.test(item, kind, who) else self._left(item, kind, who, False)

    @contextmanager
    def stream(self, who: str) -> Iterator[bool]:
        """Count a live stream while the block runs; gives False where the caller has as many as it may."""
        if self.rates.streams and self._streams[who] >= self.rates.streams:
            yield False
            return
        self._streams[who] += 1
        try:
            yield True
        finally:
            self._streams[who] -= 1
            self._streams += Counter()

    def _item(self, kind: Kind) -> RateLimitItem | None:
        quota = {"requests": self.rates.requests, "texts": self.rates.texts, "failures": FAILURES}[kind]
        return RateLimitItemPerMinute(quota) if quota else None

    def _left(self, item: RateLimitItem, kind: Kind, who: str, taken: bool) -> Left:
        window = self._windows.get_window_stats(item, kind, who)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        return Left(taken, kind, item.amount, window.remaining, seconds)
