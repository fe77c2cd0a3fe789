"""How long to wait before X is asked again: its three back-offs, and its own word."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from voxpop.sources.rotation import retry_after
from voxpop.sources.websocket import Lost

TOO_MANY = 429


@dataclass(frozen=True)
class Pace:
    """The back-offs that X asks for (https://docs.x.com/x-api/fundamentals/handling-disconnections), in seconds.

    Attributes:
        tcp_step: lost connections wait so much longer each time, up to `tcp_most`.
        http_base: errors of HTTP wait so long, then twice as long each time, up to `http_most`.
        rate_base: the same for 429 without a time, up to `rate_most`, one window of X's limits.
        healthy: a connection that lived so long makes all earlier failures forgotten.
    """

    tcp_step: float = 0.25
    tcp_most: float = 16.0
    http_base: float = 5.0
    http_most: float = 320.0
    rate_base: float = 60.0
    rate_most: float = 900.0
    healthy: float = 20.0


class Backoff:
    """Counts failures in a row, and answers how long each of them waits.

    >>> backoff = Backoff(Pace())
    >>> [backoff.after(Lost("reset")) for _ in range(3)]
    [0.0, 0.25, 0.5]
    >>> [backoff.after(Lost("refused", 503)) for _ in range(3)], backoff.after(Lost("refused", 429))
    ([5.0, 10.0, 20.0], 60.0)
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._failures = {"tcp": 0, "http": 0, "rate": 0}

    def after(self, lost: Lost) -> float:
        """Seconds to wait after this failure; what X asked for counts, up to one window."""
        pace = self._pace
        kind = "tcp" if lost.status is None else "rate" if lost.status == TOO_MANY else "http"
        failures = self._failures[kind]
        self._failures[kind] += 1
        asked = None if lost.retry_after is None else min(lost.retry_after, pace.rate_most)
        if kind == "tcp":
            return min(pace.tcp_most, pace.tcp_step * failures)
        if kind == "rate":
            return asked if asked is not None else min(pace.rate_most, pace.rate_base * 2.0 ** min(failures, 16))
        return max(asked or 0.0, min(pace.http_most, pace.http_base * 2.0 ** min(failures, 16)))

    def healthy(self) -> None:
        """Forget all failures."""
        self._failures = dict.fromkeys(self._failures, 0)


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a refusal's headers ask for: `Retry-After`, else `x-rate-limit-reset`, a Unix time.

    >>> asked_to_wait({"Retry-After": "7", "x-rate-limit-reset": "99"}), asked_to_wait({})
    (7.0, None)
    """
    asked = retry_after(headers.get("Retry-After"))
    reset = headers.get("x-rate-limit-reset", "")
    if asked is None and reset.isascii() and reset.isdecimal():
        # A second more, for the reset is told in whole seconds.
        return max(0.0, min(float(reset), 2.0**40) - time.time()) + 1.0
    return asked
