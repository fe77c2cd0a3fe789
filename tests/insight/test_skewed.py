from __future__ import annotations

import numpy as np
import pytest

from tests.insight.drawn import LIKELIHOOD
from voxpop.insight.mode import Mode
from voxpop.insight.skewed import known
from voxpop.metrics import Floats

TWENTIETHS = 1.6448536269514722
DRAWS = 400_000


@pytest.mark.parametrize("weights", [[0.5, 1.5, 3.5], [0.5, 4.5, 10.5], [3, 3, 3], [40.5, 200.5, 0.5], [2e6, 3e6, 9e6]])
def test_of_a_dirichlet_distribution_the_ends_are_those_of_draws_from_it(weights: list[float]) -> None:
    prior = np.array([weights])
    shares = prior / prior.sum()
    # The covariance where nothing but the prior is known.
    polar = shares[0, ::2]
    covariance = np.linalg.inv(prior.sum() * (np.diag(polar) - np.outer(polar, polar)))[None]
    drawn = np.random.default_rng(1).dirichlet(weights, DRAWS)
    assert _ends(shares, covariance, prior) == pytest.approx(_quantiles(drawn, np.ones(DRAWS)), abs=0.03)


@pytest.mark.parametrize(
    "cells", [[1, 3, 6, 8, 4, 18], [9, 12, 9, 2, 6, 4], [2, 0, 40, 31, 9, 6], [0, 0, 1, 3, 30, 70]]
)
def test_of_counts_that_a_model_mixes_the_ends_are_those_of_the_posterior(cells: list[int]) -> None:
    """To a tenth of their width, also where the prior alone keeps a share above 0."""
    prior, counts = np.full(3, 0.5), np.array([cells], dtype=np.float64)
    mode = Mode.of(LIKELIHOOD, counts, prior)
    drawn = np.random.default_rng(1).dirichlet(prior, DRAWS)
    logs = np.log(drawn @ LIKELIHOOD.T) @ counts[0]
    wanted = _quantiles(drawn, np.exp(logs - logs.max()))
    assert _ends(mode.shares, mode.covariance, prior[None]) == pytest.approx(wanted, abs=0.06)


def test_where_less_is_known_than_the_prior_says_the_prior_counts_less() -> None:
    shares, prior = np.array([[0.2, 0.5, 0.3]]), np.array([[20.0, 50.0, 30.0]])
    ends = _ends(shares, np.array([[[0.5, 0.1], [0.1, 0.4]]]), prior)
    assert np.isfinite(ends).all() and ends[0, 0] < 0.12 and ends[1, 0] > 0.3


def _ends(shares: Floats, covariance: Floats, prior: Floats) -> Floats:
    roots, net = known(shares, covariance, prior)
    rows = [[*np.clip(roots.at(z)[0], 0, 1) ** 2, np.clip(net.at(z)[0], -1, 1)] for z in (-TWENTIETHS, TWENTIETHS)]
    return np.array(rows)


def _quantiles(drawn: Floats, weights: Floats) -> Floats:
    every = np.column_stack([drawn, drawn[:, 2] - drawn[:, 0]])
    found = np.empty((2, 4))
    for at, values in enumerate(every.T):
        order = np.argsort(values)
        below = np.cumsum(weights[order]) / weights.sum()
        found[:, at] = values[order][np.searchsorted(below, [0.05, 0.95])]
    return found
