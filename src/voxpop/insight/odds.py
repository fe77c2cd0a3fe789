"""Which of many things two groups of voices differ in, and whether by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from voxpop.metrics import Floats, Ints

PRIOR_SHARE: Final = 0.1
"""The prior counts for as many voices as this share of those of both groups together."""

FALSE_SHARE: Final = 0.05
"""The share of the things told that may be chance, in expectation."""

_LEAST_Z: Final = NormalDist().inv_cdf(1 - FALSE_SHARE / 2) - 1e-6


@dataclass(frozen=True)
class Odds:
    """For each thing, how much more one group of voices has it than the other.

    Attributes:
        log_odds: the difference of the log-odds of having it, shrunk where few have it; above 0 where `one` has more.
        z: the same in standard deviations.
    """

    log_odds: Floats
    z: Floats

    def told(self) -> Ints:
        """The places of the things that differ by more than chance, greatest |z| first.

        Thousands are compared, so that many have a great z by chance; Benjamini and Hochberg (1995) keep the share of
        those among the told at `FALSE_SHARE`.
        """
        ranked = np.argsort(-np.abs(self.z), kind="stable")
        # Whose chance is above the share that may be false passes at no rank.
        likely = ranked[np.abs(self.z[ranked]) > _LEAST_Z]
        chances = np.array([math.erfc(abs(z) / math.sqrt(2)) for z in self.z[likely]])
        passed = np.flatnonzero(chances <= FALSE_SHARE * np.arange(1, likely.size + 1) / max(1, ranked.size))
        return np.asarray(ranked[: passed[-1] + 1 if passed.size else 0], dtype=np.int64)


def compare(one: Ints, other: Ints, voices: tuple[int, int]) -> Odds:
    """Compare how many of each group's `voices` have each thing.

    Log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words", equations 16
    and 19 to 22), where a thing is set against all voices without it, for a voice has a thing or not. The prior is both
    groups together, so a thing that is rare in both needs much to stand out.

    >>> odds = compare(np.array([30, 5, 50]), np.array([3, 5, 50]), (100, 100))
    >>> odds.z.round(1).tolist(), odds.told().tolist()
    ([4.2, 0.0, 0.0], [0])
    """
    if not one.size or not all(voices):
        return Odds(np.zeros(one.size), np.zeros(one.size))
    prior = PRIOR_SHARE * (one + other)
    log_odds, variance = np.zeros(one.size), np.zeros(one.size)
    for sign, having, n in ((1, one, voices[0]), (-1, other, voices[1])):
        # Half a voice without it keeps the odds finite where every voice has it.
        with_it = having + prior
        without = n + PRIOR_SHARE * sum(voices) - with_it + 0.5
        log_odds += sign * np.log(with_it / without)
        variance += 1 / with_it + 1 / without
    return Odds(log_odds, log_odds / np.sqrt(variance))
