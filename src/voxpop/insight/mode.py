"""Where the posterior of the true shares is greatest, and how sharply: for many windows at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from voxpop.metrics import Floats

_EM_STEPS: Final = 4
_MOST_STEPS: Final = 40
_CLOSE: Final = 1e-4
"""Newton's steps square what is left, so after one as short as this it is 1e-8 and less."""
_TINY: Final = 1e-12
_LONGEST: Final = 2.0


@dataclass(frozen=True)
class Mode:
    """The mode of each window's posterior, and the expected information there.

    The posterior is that of log ratios to neutral, in which a Dirichlet prior has a mode inside whatever its weights
    (MacKay 1998, https://doi.org/10.1023/A:1007558615313).

    Attributes:
        likelihood: the probability of each cell given the true class, shape (cells, 3).
        n: the posts of each window; need not be whole.
        weight: the posts that the prior is worth.
        shares: the mode, shape (windows, 3), each row summing to 1.
        information: on log(negative / neutral) and log(positive / neutral), shape (windows, 2, 2).
    """

    likelihood: Floats
    n: Floats
    weight: float
    shares: Floats
    information: Floats

    @classmethod
    def of(cls, likelihood: Floats, cells: Floats, prior: Floats) -> Mode:
        """The mode for each row of posts by cell, with a Dirichlet prior that has one weight for each class."""
        shares = np.broadcast_to(prior / prior.sum(), (len(cells), 3))
        # These steps of expectation and maximisation never miss, but crawl near the end; Newton's take it at a stride.
        for _ in range(_EM_STEPS):
            shares = _expected(likelihood, cells, shares) + prior
            shares = shares / shares.sum(axis=1, keepdims=True)
        logs = _climbed(likelihood, cells, prior, np.log(np.maximum(shares, _TINY)))
        shares, n = softmax(logs), cells.sum(axis=1)
        weight = float(prior.sum())
        return cls(likelihood, n, weight, shares, _matrix(_information(likelihood, n, shares, weight)))

    @property
    def covariance(self) -> Floats:
        """The inverse of the information: the covariance of the two log ratios."""
        return inverse(self.information)

    def trust(self, doubt: Floats) -> Floats:
        """What part of the variance is the counts' own, the rest being what is not known of the likelihood.

        `doubt` is the variance of each class's likelihood in units of that of one draw from it. 1 is all of it.
        """
        own = self.covariance
        other = own @ _open(self.likelihood, self.n, self.shares, doubt) @ own
        mine, all_of_it = (np.trace(part, axis1=1, axis2=2) for part in (own, own + other))
        return np.asarray(mine / all_of_it)

    def doubted(self, n: Floats, doubt: Floats) -> tuple[Floats, Floats]:
        """The covariance of the two log ratios where `n` posts and the doubt led here, and what no posts would lessen.

        The counts' evidence has the variance that an estimate by them has, for the one reason that the posts are a
        sample and for the other that the likelihood is in doubt; the prior's is added. A variance at shares that were
        estimated is too small by one post in those that led here, as p(1 - p) is on average.
        """
        n, kept = np.maximum(n, _TINY), (self.n / (self.n + 1))[:, None, None]
        own = _matrix(_information(self.likelihood, n, self.shares, 0.0))
        part = kept * own @ inverse(own + _open(self.likelihood, n, self.shares, doubt))
        prior = _matrix(_information(self.likelihood, np.zeros_like(n), self.shares, self.weight))
        covariance = inverse(part @ own + prior)
        return covariance, covariance - covariance @ part @ own @ part.transpose(0, 2, 1) @ covariance


def inverse(matrices: Floats) -> Floats:
    """Of symmetric matrices, shape (windows, 2, 2)."""
    a, b, d = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 1]
    return np.asarray(_matrix((d, -b, a)) / (a * d - b * b)[:, None, None])


def softmax(logs: Floats) -> Floats:
    """Logarithms as shares, each row summing to 1."""
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _open(likelihood: Floats, n: Floats, shares: Floats, doubt: Floats) -> Floats:
    """The variance of the slope of the posterior for what is not known of the likelihood."""
    probabilities = shares @ likelihood.T
    one, two = (shares[:, at : at + 1] * likelihood[:, at] / probabilities for at in (0, 2))
    weights = (n[:, None] * shares) ** 2 * doubt
    parts = [
        left * right @ likelihood - (left @ likelihood) * (right @ likelihood)
        for left, right in ((one, one), (one, two), (two, two))
    ]
    a, b, d = ((weights * part).sum(axis=1) for part in parts)
    return _matrix((a, b, d))


def _expected(likelihood: Floats, cells: Floats, shares: Floats) -> Floats:
    """The expected posts of each class, given the cells and the shares."""
    return np.asarray(shares * ((cells / (shares @ likelihood.T)) @ likelihood))


def _climbed(likelihood: Floats, cells: Floats, prior: Floats, logs: Floats) -> Floats:
    """Newton's method on the rows that still move; a step that would go down is halved."""
    logs = logs.copy()
    moving, scale = np.arange(len(cells)), np.ones(len(cells))
    height = _height(likelihood, cells, prior, logs)
    for _ in range(_MOST_STEPS):
        now, counts = logs[moving], cells[moving]
        step = _step(likelihood, counts, prior, softmax(now)) * scale[moving, None]
        length = np.abs(step).max(axis=1, initial=0)
        step *= np.minimum(1, _LONGEST / np.maximum(length, _TINY))[:, None]
        new = _height(likelihood, counts, prior, now + step)
        up = new >= height[moving] - 1e-9 * np.abs(new)
        logs[moving[up]] += step[up]
        height[moving[up]] = new[up]
        scale[moving] = np.where(up, np.minimum(1, 2 * scale[moving]), scale[moving] / 2)
        moving = moving[length > _CLOSE]
        if not len(moving):
            break
    return logs


def _height(likelihood: Floats, cells: Floats, prior: Floats, logs: Floats) -> Floats:
    shares = softmax(logs)
    return np.asarray((cells * np.log(shares @ likelihood.T)).sum(axis=1) + np.log(np.maximum(shares, 1e-300)) @ prior)


def _step(likelihood: Floats, cells: Floats, prior: Floats, shares: Floats) -> Floats:
    n, weight = cells.sum(axis=1), prior.sum()
    slope = _expected(likelihood, cells, shares) + prior - (n + weight)[:, None] * shares
    a, b, d = _curvature(likelihood, cells, shares, weight)
    over = 1 / (a * d - b * b)
    step = np.zeros_like(shares)
    step[:, 0] = (d * slope[:, 0] - b * slope[:, 2]) * over
    step[:, 2] = (a * slope[:, 2] - b * slope[:, 0]) * over
    return step


def _curvature(likelihood: Floats, cells: Floats, shares: Floats, weight: float) -> tuple[Floats, Floats, Floats]:
    """Observed information: what whole knowledge of the classes would be, less what is missing of it (Louis 1982).

    Far from the mode it may not be positive definite; there it is the expected information.
    """
    whole = cells.sum(axis=1) + weight
    probabilities = shares @ likelihood.T
    left, right = shares[:, 0], shares[:, 2]
    one = left[:, None] * likelihood[:, 0] / probabilities
    two = right[:, None] * likelihood[:, 2] / probabilities
    a = whole * left * (1 - left) - (cells * one * (1 - one)).sum(axis=1)
    b = (cells * one * two).sum(axis=1) - whole * left * right
    d = whole * right * (1 - right) - (cells * two * (1 - two)).sum(axis=1)
    wrong = ~((a > 0) & (a * d - b * b > 1e-9 * a * d))
    if wrong.any():
        expected = _information(likelihood, cells[wrong].sum(axis=1), shares[wrong], weight)
        a[wrong], b[wrong], d[wrong] = expected
    return a, b, d


def _information(likelihood: Floats, n: Floats, shares: Floats, weight: float) -> tuple[Floats, Floats, Floats]:
    """Of the counts and of the prior, on the two log ratios: the three entries of each symmetric matrix."""
    probabilities = shares @ likelihood.T
    left, right = shares[:, :1], shares[:, 2:]
    one = left * (likelihood[:, 0] - probabilities)
    two = right * (likelihood[:, 2] - probabilities)
    over = n[:, None] / probabilities
    a, b, d = ((one * one * over).sum(axis=1), (one * two * over).sum(axis=1), (two * two * over).sum(axis=1))
    left, right = left[:, 0], right[:, 0]
    return a + weight * left * (1 - left), b - weight * left * right, d + weight * right * (1 - right)


def _matrix(entries: tuple[Floats, Floats, Floats]) -> Floats:
    a, b, d = entries
    return np.asarray(np.stack([a, b, b, d], axis=1).reshape(-1, 2, 2))
