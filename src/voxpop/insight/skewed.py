"""What is known of shares and of net sentiment, beyond mean and variance: for many windows at once.

What posts say of shares is close to normal in the shares themselves, however few they are: each cell's probability is
linear in them, and far from 0 where a share is 0. A prior is a Dirichlet distribution. Neither is normal in log ratios
where a share is small, so the two are multiplied on a lattice, and mean, variance and skewness are taken there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from voxpop.insight.mode import inverse
from voxpop.metrics import Floats

_NODES: Final = 8
_REACH: Final = 4.5
"""Standard deviations from the greatest posterior to the lattice's edges, where it does not end at 0 before."""
_MOST_SKEWED: Final = 1.5
_LEAST: Final = 1e-12
_LEAST_VARIANCE: Final = 1e-30
_LOGS: Final = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
"""The logarithms of the three shares, but for what is common to them, of the two log ratios to neutral."""


@dataclass(frozen=True)
class Skewed:
    """Distributions by their first three moments, arrays of one shape."""

    mean: Floats
    deviation: Floats
    skewness: Floats

    @classmethod
    def of(cls, values: Floats, weights: Floats) -> Skewed:
        """One for each column of values, with weights that sum to 1."""
        mean = np.einsum("nb,nb->b", values, weights)
        apart = values - mean
        squares = weights * apart
        squares *= apart
        variance = np.maximum(squares.sum(axis=0), _LEAST_VARIANCE)
        skewness = np.einsum("nb,nb->b", squares, apart) / variance**1.5
        return cls(mean, np.sqrt(variance), np.clip(skewness, -_MOST_SKEWED, _MOST_SKEWED))

    def at(self, z: Floats | float) -> Floats:
        """What is at `z` standard deviations of a normal distribution (Cornish and Fisher 1938)."""
        return np.asarray(self.mean + self.deviation * (z + (z * z - 1) / 6 * self.skewness))


def known(shares: Floats, covariance: Floats, prior: Floats) -> tuple[Skewed, Skewed]:
    """What is known of the roots of the three shares, (windows, 3), and of net sentiment, (windows,).

    `shares`, (windows, 3), are where the posterior is greatest, `covariance` is of log(negative / neutral) and
    log(positive / neutral) there, (windows, 2, 2), and `prior` has the weights of the Dirichlet distribution that is
    part of the posterior, (windows, 3).
    """
    shares = np.clip(shares, _LEAST, 1)
    order = np.argsort(shares, axis=1)
    logs = _LOGS[order]
    turn = logs[:, :2] - logs[:, 2:]
    ordered, weights = (np.take_along_axis(each, order, axis=1) for each in (shares, prior))
    lattice = _Lattice.of(ordered, weights, turn @ covariance @ turn.transpose(0, 2, 1))
    roots = [Skewed.of(*root) for root in lattice.roots()]
    back = np.argsort(order, axis=1)
    moments = (np.stack([getattr(root, name) for root in roots], axis=1) for name in ("mean", "deviation", "skewness"))
    net = Skewed.of(*lattice.net(order.astype(np.float64) - 1))
    return Skewed(*(np.take_along_axis(each, back, axis=1) for each in moments)), net


@dataclass(frozen=True)
class _Lattice:
    """The roots of the two smaller shares at evenly spaced nodes, (nodes, windows), and the weight of each pair.

    In roots, a Dirichlet prior of half a post a class is flat, and a posterior that is cut off where a share is 0 goes
    on evenly on the other side: so sums over nodes as wide apart as a standard deviation are good to three digits.
    """

    one: Floats
    other: Floats
    weights: Floats

    @classmethod
    def of(cls, shares: Floats, prior: Floats, covariance: Floats) -> _Lattice:
        """Of shares in ascending order, with the covariance of the logs of the ratios to the greatest."""
        curve, slope, prior = _evidence(shares, prior, covariance)
        least, next_, greatest = shares.T
        roots, apart, heights = [], [], []
        for at, share in enumerate((least, next_)):
            log = np.eye(2)[at] - shares[:, :2]
            wide = _REACH / 2 * np.sqrt(share * np.einsum("bi,bij,bj->b", log, covariance, log))
            roots.append(_nodes(np.sqrt(share), wide))
            apart.append(roots[at] ** 2 - share)
            bend = slope[:, at] * apart[at] - curve[:, at, at] / 2 * apart[at] ** 2
            heights.append(bend + (prior[:, at] - 0.5) * np.log(roots[at] ** 2 / share))
        rest = (1 - apart[0] / greatest)[:, None] - (apart[1] / greatest)[None]
        weights = np.log(np.maximum(rest, _LEAST)) * (prior[:, 2] - 1)
        weights -= (curve[:, 0, 1] * apart[0])[:, None] * apart[1]
        weights += heights[0][:, None] + heights[1]
        weights[rest <= 0] = -np.inf
        np.exp(weights - weights.max(axis=(0, 1)), out=weights)
        return cls(roots[0], roots[1], weights / weights.sum(axis=(0, 1)))

    def roots(self) -> list[tuple[Floats, Floats]]:
        """The root of each share with its weights, (nodes, windows): of the smallest, the next and the greatest."""
        greatest = np.sqrt(np.maximum((1 - self.one**2)[:, None] - self.other**2, 0))
        alone = [(self.one, self.weights.sum(axis=1)), (self.other, self.weights.sum(axis=0))]
        return [*alone, (_flat(greatest), _flat(self.weights))]

    def net(self, signs: Floats) -> tuple[Floats, Floats]:
        """Net sentiment with its weights, given what each share counts in it: -1, 0 or 1."""
        one, other = (signs[:, at] - signs[:, 2] for at in (0, 1))
        return _flat((signs[:, 2] + one * self.one**2)[:, None] + other * self.other**2), _flat(self.weights)


def _evidence(shares: Floats, prior: Floats, covariance: Floats) -> tuple[Floats, Floats, Floats]:
    """What the logarithm of the evidence has in the two smaller shares: curvature and slope; and the prior.

    Where all that is known is less than the prior says, as in a series whose level is in doubt, the prior counts less.
    """
    small = shares[:, :2]
    spread = small[:, :, None] * (np.eye(2) - small[:, None])
    product = covariance @ spread
    half = (product[:, 0, 0] + product[:, 1, 1]) / 2
    determinant = product[:, 0, 0] * product[:, 1, 1] - product[:, 0, 1] * product[:, 1, 0]
    greatest = half + np.sqrt(np.maximum(half * half - determinant, 0))
    prior = prior * np.minimum(1, 1 / (greatest * prior.sum(axis=1)))[:, None]
    weight = prior.sum(axis=1, keepdims=True)
    back = np.eye(2) / small[:, None] + 1 / shares[:, 2, None, None]
    curve = back @ (inverse(covariance) - weight[:, None] * spread) @ back
    slope = np.einsum("bij,bj->bi", back, weight * small - prior[:, :2])
    return curve, slope, prior


def _nodes(middle: Floats, wide: Floats) -> Floats:
    low, high = np.maximum(middle - wide, 0), np.minimum(middle + wide, 1)
    return np.asarray(low + (high - low) * ((np.arange(_NODES) + 0.5) / _NODES)[:, None])


def _flat(values: Floats) -> Floats:
    return values.reshape(_NODES * _NODES, values.shape[2])
