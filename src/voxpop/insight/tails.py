"""How improbable a count or a mean is: tails of distributions, on arrays, without SciPy."""

from __future__ import annotations

from typing import Final

import numpy as np

from voxpop.metrics import Floats

_NODES: Final = np.linspace(-7.0, 7.0, 113)
"""Where the rate is looked at, in standard deviations of its logarithm."""
_WEIGHTS: Final = np.exp(-_NODES * _NODES / 2) / np.exp(-_NODES * _NODES / 2).sum()
_SMOOTH: Final = 30.0
"""Posts from which, times the spread of the rate, the count is as smooth as its rate."""

_COEFFICIENTS: Final = (
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806,
    0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
)  # fmt: skip


def normal_tail(z: Floats) -> Floats:
    """The probability that a standard normal is above `z`, to 1.2e-7 of its value wherever that is.

    By the Chebyshev fit of erfc in Press et al., "Numerical Recipes" (2nd ed. 1992), section 6.2.

    >>> [f"{p:.3e}" for p in normal_tail(np.array([0.0, 1.6448536, 4.0, -1.6448536]))]
    ['5.000e-01', '5.000e-02', '3.167e-05', '9.500e-01']
    """
    x = np.abs(z) / np.sqrt(2.0)
    t = 1 / (1 + x / 2)
    fitted = np.zeros_like(t)
    for coefficient in reversed(_COEFFICIENTS):
        fitted = coefficient + t * fitted
    upper = t * np.exp(np.minimum(-x * x + fitted, 700.0)) / 2
    return np.asarray(np.where(z >= 0, upper, 1 - upper))


def poisson_tail(least: Floats, mean: Floats) -> Floats:
    """The probability that a Poisson count is `least` or more.

    Peizer and Pratt (1968), "A normal approximation for binomial, F, beta, and other common, related tail
    probabilities": within 1 % down to 1e-6 for counts of 5 and more.

    >>> round(float(poisson_tail(np.array([5.0]), np.array([1.0]))[0]), 5)
    0.00367
    """
    mean = np.maximum(mean, 1e-9)
    below = np.maximum(least - 1.0, 0.0)
    half = below + 0.5
    ratio = half / mean
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = np.where(
            np.abs(1 - ratio) < 1e-6, 0.0, (1 - ratio * ratio + 2 * ratio * np.log(ratio)) / (1 - ratio) ** 2
        )
    z = (below + 2 / 3 - mean + 0.02 / (below + 1)) / np.sqrt(mean) * np.sqrt(np.maximum(1 + bend, 1e-12))
    return np.where(least <= 0, 1.0, normal_tail(np.asarray(z)))


def mixed_tail(least: Floats, mean: Floats, spread: Floats) -> Floats:
    """The probability of `least` posts or more, where the rate itself varies.

    The count is Poisson, its rate log-normal with the mean `mean` and the squared coefficient of variation `spread`:
    the Poisson-lognormal of Bulmer (1974), whose variance, mean + spread * mean², is that of the negative binomial, and
    whose tail is heavier, as that of attention is. Summed over the rate, or where counts are large taken as log-normal
    itself.

    >>> few, many = (float(mixed_tail(np.array([40.0]), np.array([10.0]), np.array([s]))[0]) for s in (0.0001, 0.25))
    >>> few < 1e-11, 0.001 < many < 0.01
    (True, True)
    """
    mean = np.maximum(mean, 1e-9)
    log_variance = np.log1p(spread + 1 / mean)
    z = (np.log(np.maximum(least - 0.5, 1e-9) / mean) + log_variance / 2) / np.sqrt(log_variance)
    tail = normal_tail(np.asarray(z))
    few = mean * spread <= _SMOOTH
    tail[few] = _summed_tail(least[few], mean[few], spread[few])
    return tail


def _summed_tail(least: Floats, mean: Floats, spread: Floats) -> Floats:
    wide = np.sqrt(np.log1p(spread))[:, None]
    rates = mean[:, None] * np.exp(wide * _NODES - wide * wide / 2)
    return np.asarray(poisson_tail(np.broadcast_to(least[:, None], rates.shape), rates) @ _WEIGHTS)
