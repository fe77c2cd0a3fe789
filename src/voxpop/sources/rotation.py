"""Which of several equal hosts to try next, and when."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Pace:
    """How fast to try again.

    Attributes:
        base: seconds before the second try; each further one waits twice as long, less a random part of up to half.
        most: the longest wait in seconds.
        most_asked: a host that asks for more than so many seconds is tried again after so many.
    """

    base: float = 0.5
    most: float = 60.0
    most_asked: float = 900.0


class Rotation:
    """Round robin with jittered exponential back-off, over all hosts together; a host's own wish to wait is kept.

    Times are of the monotonic clock, so that a wall clock that jumps changes nothing.
    """

    def __init__(self, hosts: Sequence[str], pace: Pace) -> None:
        self._hosts = list(hosts)
        self._pace = pace
        self._failures = 0
        self._not_before = dict.fromkeys(hosts, 0.0)

    def pick(self) -> tuple[str, float]:
        """The host to try next, and how many seconds to wait before it.

        >>> Rotation(["a", "b"], Pace()).pick()
        ('a', 0.0)
        """
        now = time.monotonic()
        wait = self._backoff()
        host = next((host for host in self._hosts if self._not_before[host] <= now + wait), None)
        if host is None:
            host = min(self._hosts, key=self._not_before.__getitem__)
            wait = self._not_before[host] - now
        return host, wait

    def failed(self, host: str, retry_after: float | None = None) -> None:
        """Go on to the next host; `host` is left alone for `retry_after` seconds."""
        self._failures += 1
        self._hosts.remove(host)
        self._hosts.append(host)
        asked = min(retry_after or 0.0, self._pace.most_asked)
        self._not_before[host] = time.monotonic() + asked

    def healthy(self) -> None:
        """Forget all failures."""
        self._failures = 0

    def _backoff(self) -> float:
        if self._failures == 0:
            return 0.0
        longest = min(self._pace.most, self._pace.base * 2.0 ** min(self._failures - 1, 32))
        return random.uniform(longest / 2, longest)


def retry_after(value: str | None) -> float | None:
    """Seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3): a number or a date; None for neither.

    >>> retry_after("120"), retry_after("soon"), retry_after(None)
    (120.0, None, None)
    """
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
