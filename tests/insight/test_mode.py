from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.insight.drawn import LIKELIHOOD, windows
from voxpop.insight.cells import CELLS
from voxpop.insight.mode import Mode
from voxpop.metrics import Floats

HALF = np.full(3, 0.5)


def crawled(cells: Floats, prior: Floats, steps: int = 20_000) -> Floats:
    """The same mode by expectation and maximisation alone."""
    shares = np.full((len(cells), 3), 1 / 3)
    for _ in range(steps):
        shares = shares * ((cells / (shares @ LIKELIHOOD.T)) @ LIKELIHOOD) + prior
        shares = shares / shares.sum(axis=1, keepdims=True)
    return shares


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=CELLS, max_size=CELLS))
def test_the_mode_is_where_many_small_steps_end(counts: list[int]) -> None:
    cells = np.array([counts], dtype=np.float64)
    assert Mode.of(LIKELIHOOD, cells, HALF).shares == pytest.approx(crawled(cells, HALF), abs=1e-4)


def test_all_of_the_variance_is_the_counts_own_while_nothing_is_in_doubt() -> None:
    cells = windows(np.array([[0.2, 0.4, 0.4]] * 2), 1000, np.random.default_rng(1))
    mode = Mode.of(LIKELIHOOD, cells, HALF)
    assert mode.trust(np.zeros(3)) == pytest.approx(1)
    assert (mode.trust(np.full(3, 0.01)) < 0.5).all()


def test_the_covariance_is_that_of_the_estimates() -> None:
    dice = np.random.default_rng(7)
    true = np.array([0.3, 0.4, 0.3])
    mode = Mode.of(LIKELIHOOD, windows(np.tile(true, (3000, 1)), 2000, dice), HALF)
    logs = np.log(mode.shares[:, ::2] / mode.shares[:, 1:2])
    assert np.cov(logs.T) == pytest.approx(mode.covariance.mean(axis=0), rel=0.12)
