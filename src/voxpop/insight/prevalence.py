"""Shares of negative, neutral and positive posts, corrected for a model's errors, with intervals.

A window's posts are counted by cell. With the true shares p and the likelihood M of each cell given the true class, the
counts are multinomial with the probabilities M p; p is where the posterior is greatest. That is the adjusted count of
Forman (2008) for more than two cells, by maximum likelihood and not by inverting a matrix, so that no share leaves
[0, 1]; without a prior, the steps are those of Saerens, Latinne and Decaestecker (2002). What the labelled posts leave
open of M, and how topics differ in it, weakens the evidence of the counts and widens the interval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from voxpop.insight.correction import Correction
from voxpop.insight.mode import Mode
from voxpop.insight.skewed import Skewed, known
from voxpop.metrics import Floats, Ints
from voxpop.scorers.scores import LABELS

CONFIDENCE: Final = 0.9
_SIGMAS: Final = 1.6448536269514722
"""Within so many standard deviations a normal distribution has 90 % of its mass."""
_HALF: Final = np.full(len(LABELS), 0.5)
"""The prior where nothing is around: Jeffreys's, half a post of each class."""


@dataclass(frozen=True)
class Posterior:
    """What is known of the shares of some windows, a row for each.

    Attributes:
        shares: negative, neutral and positive, in [0, 1], each row summing to 1; NaN for a window without posts.
        covariance: of log(negative / neutral) and log(positive / neutral), shape (windows, 2, 2).
        lasting: the part of it that is the same for all windows of one topic.
        prior: the weights of the Dirichlet distribution that is part of what is known, shape (windows, 3).
    """

    shares: Floats
    covariance: Floats
    lasting: Floats
    prior: Floats

    @property
    def net(self) -> Floats:
        """Net sentiment, positive less negative, in [-1, 1]."""
        return np.asarray(self.shares[:, 2] - self.shares[:, 0])

    def chosen(self, windows: Ints) -> Posterior:
        """The posterior of some of the windows, in the order given; -1 stands for one without posts."""
        if not len(self.shares):
            return _nothing(len(windows))
        known = windows[:, None] >= 0
        shares = np.where(known, self.shares[windows], np.nan)
        return Posterior(shares, self.covariance[windows], self.lasting[windows], self.prior[windows])

    def intervals(self) -> tuple[Floats, Floats]:
        """Lower and upper ends of 90 % intervals, each (windows, 4): of the three shares and of net sentiment.

        No end leaves the range, and what is estimated is inside.
        """
        rows, roots, net = self._known()
        middle = np.column_stack([self.shares, self.net])[rows]
        found = np.full((2, len(self.shares), len(LABELS) + 1), np.nan)
        for ends, z, nearer in zip(found, (-_SIGMAS, _SIGMAS), (np.minimum, np.maximum), strict=True):
            shares, polar = np.clip(roots.at(z), 0, 1) ** 2, np.clip(net.at(z), -1, 1)
            ends[rows] = nearer(np.column_stack([shares, polar]), middle)
        return found[0], found[1]

    def net_draws(self, count: int, seed: int = 1) -> Floats:
        """Net sentiment drawn as its interval has it, shape (count, windows); the same for the same seed."""
        rows, _, net = self._known()
        dice = np.random.default_rng(seed).standard_normal((count, len(self.shares)))
        found = np.full(dice.shape, np.nan)
        found[:, rows] = np.clip(net.at(dice[:, rows]), -1, 1)
        return found

    def _known(self) -> tuple[Ints, Skewed, Skewed]:
        """The windows with posts, and what is known of the roots of their shares and of their net sentiment."""
        rows = np.flatnonzero(~np.isnan(self.shares[:, 0]))
        return rows, *known(self.shares[rows], self.covariance[rows], self.prior[rows])


def estimate(correction: Correction | None, cells: Floats, around: Floats | None = None) -> Posterior:
    """The shares of windows, each on its own, from its posts by cell: shape (windows, cells).

    A window with few posts leans on the shares `around` it, which weigh as much as `Correction.weight` posts. Without a
    correction the shares are those of the labels, with half a post added to each, and the intervals know nothing of the
    model's errors.
    """
    if correction is None:
        return _counted(cells)
    prior = _HALF if around is None else correction.weight * around
    alone = Mode.of(correction.likelihood, cells, prior)
    trust = alone.trust(correction.doubt)
    fit = Mode.of(correction.likelihood, cells * trust[:, None], prior)
    doubted = fit.doubted(cells.sum(axis=1), correction.doubt)
    return _known(cells, Posterior(fit.shares, *doubted, np.tile(prior, (len(cells), 1))))


def follow(correction: Correction | None, cells: Floats, around: Floats | None = None) -> Posterior:
    """The shares of the windows of one topic, such as a series: level from all of them together, movement from each.

    What the correction leaves open is the same for every window of a topic. So it is taken from their sum, and does not
    damp the movement; a window with few posts leans on that level.
    """
    if correction is None:
        return _counted(cells)
    whole = cells.sum(axis=0, keepdims=True)
    if not whole.any():
        return _nothing(len(cells))
    level = estimate(correction, whole, around)
    middle = Mode.of(correction.likelihood, whole, _HALF).shares[0]
    fit = Mode.of(correction.likelihood, cells, correction.weight * middle)
    powers = fit.shares * level.shares / middle
    shares = powers / powers.sum(axis=1, keepdims=True)
    lasting = np.repeat(level.lasting, len(cells), axis=0)
    return _known(cells, Posterior(shares, fit.covariance + lasting, lasting, np.tile(_HALF, (len(cells), 1))))


def _counted(cells: Floats) -> Posterior:
    labels = cells.reshape(len(cells), len(LABELS), 2).sum(axis=2)
    fit = Mode.of(np.eye(len(LABELS)), labels, _HALF)
    return _known(cells, Posterior(fit.shares, fit.covariance, np.zeros_like(fit.covariance), labels + _HALF))


def _nothing(windows: int) -> Posterior:
    nothing = np.full((windows, len(LABELS)), np.nan)
    return Posterior(nothing, np.zeros((windows, 2, 2)), np.zeros((windows, 2, 2)), nothing)


def _known(cells: Floats, found: Posterior) -> Posterior:
    """The same, with NaN where there are no posts."""
    return replace(found, shares=np.where(cells.sum(axis=1, keepdims=True) > 0, found.shares, np.nan))
