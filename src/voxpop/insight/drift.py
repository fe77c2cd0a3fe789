"""Whether a stream is still like its reference: a detector that is fed one observation after the other."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from math import log
from typing import Final

LIMIT: Final = 0.25
"""Population stability index from which a distribution counts as another one, as by custom (Siddiqi 2006)."""
WINDOW: Final = 2_000
FEWEST: Final = 200


def stability(reference: Mapping[str, float], now: Mapping[str, float]) -> float:
    """The population stability index of two sets of counts: sum of (q - p) ln(q / p), half a count added to each bin.

    That is Jeffreys' divergence. What chance alone would make of it, (bins - 1) (1/n + 1/m) in the mean (Yurdakul 2018,
    https://scholarworks.wmich.edu/dissertations/3208), is taken off; so 0 or less is no difference that can be seen.

    >>> round(stability({"a": 500, "b": 500}, {"a": 490, "b": 510}), 3)
    -0.002
    >>> round(stability({"a": 900, "b": 100}, {"a": 500, "b": 500}), 2)
    0.87
    """
    bins = reference.keys() | now.keys()
    m, n = (sum(counts.values()) for counts in (reference, now))
    if not m or not n:
        return 0.0
    total = 0.0
    for name in bins:
        p, q = ((counts.get(name, 0) + 0.5) / (sum_ + 0.5 * len(bins)) for counts, sum_ in ((reference, m), (now, n)))
        total += (q - p) * log(q / p)
    return total - (len(bins) - 1) * (1 / n + 1 / m)


class Drift:
    """Tells when the newest `window` observations are distributed otherwise than a reference.

    `update` and `drift_detected` are those of river's detectors (https://riverml.xyz), but an observation is the name
    of a bin, and what is compared is a window with the reference and not with what came before it: a stream that was
    strange from its beginning is found out, too. It takes a new look after every twentieth of the window.

    >>> detector = Drift({"en": 95, "de": 5}, window=400)
    >>> for name in ["en"] * 400 + ["de"] * 400:
    ...     detector.update(name)
    >>> detector.drift_detected, round(detector.index, 1) > 1
    (True, True)
    """

    def __init__(self, reference: Mapping[str, float], window: int = WINDOW, limit: float = LIMIT) -> None:
        self._reference = reference
        self._window: deque[str] = deque()
        self._counts: Counter[str] = Counter()
        self._size = window
        self._limit = limit
        self._every = max(1, window // 20)
        self._since_look = 0
        self.n = 0
        """Observations so far."""
        self.index = 0.0
        """The population stability index as of the last look."""
        self.drift_detected = False

    def update(self, x: str) -> None:
        """Take in one observation; `drift_detected` says what the last look at the window found.

        Fewer than `FEWEST` observations are no drift.
        """
        self.n += 1
        self._window.append(x)
        self._counts[x] += 1
        if len(self._window) > self._size:
            oldest = self._window.popleft()
            self._counts[oldest] -= 1
            if not self._counts[oldest]:
                del self._counts[oldest]
        self._since_look += 1
        if self._since_look >= self._every and len(self._window) >= min(FEWEST, self._size):
            self.look()

    def look(self) -> None:
        """Compare now what there is."""
        self._since_look = 0
        self.index = stability(self._reference, self._counts)
        self.drift_detected = self.index >= self._limit and len(self._window) >= min(FEWEST, self._size)
