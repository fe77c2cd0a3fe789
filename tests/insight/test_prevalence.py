from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.insight.drawn import BALANCE, LIKELIHOOD, correction, windows
from voxpop.insight.cells import CELLS
from voxpop.insight.prevalence import Posterior, estimate, follow
from voxpop.metrics import Floats

COUNTS = st.lists(st.lists(st.integers(0, 20_000), min_size=CELLS, max_size=CELLS), min_size=1, max_size=6)
CORRECTIONS = st.sampled_from([None, correction(), correction(200), correction(spread=20.0)])
EVEN = np.full(3, 1 / 3)


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS, made=CORRECTIONS, apart=st.booleans(), leaning=st.booleans())
def test_shares_sum_to_one_and_intervals_hold_them(
    counts: list[list[int]], made: object, apart: bool, leaning: bool
) -> None:
    cells = np.array(counts, dtype=np.float64)
    around = np.array([0.05, 0.9, 0.05]) if leaning else None
    found = (estimate if apart else follow)(made, cells, around)  # type: ignore[arg-type]
    empty = cells.sum(axis=1) == 0
    assert np.isnan(found.shares[empty]).all() and np.isnan(found.net[empty]).all()
    assert found.shares[~empty].sum(axis=1) == pytest.approx(1)
    low, high = (each[~empty] for each in found.intervals())
    middle = np.column_stack([found.shares, found.net])[~empty]
    assert (low[:, :3] >= 0).all() and (high[:, :3] <= 1).all() and (low[:, 3] >= -1).all() and (high[:, 3] <= 1).all()
    assert (low <= middle + 1e-9).all() and (middle <= high + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(counts=COUNTS)
def test_windows_merged_and_corrected_are_the_correction_of_the_merged(counts: list[list[int]]) -> None:
    """What buckets keep is all that a correction needs, whatever buckets a period is read from."""
    cells = np.array(counts, dtype=np.float64)
    parts = np.concatenate([np.floor(cells / 3), cells - np.floor(cells / 3)])
    merged = parts.sum(axis=0, keepdims=True)
    assert np.array_equal(merged, cells.sum(axis=0, keepdims=True))
    once = estimate(correction(), merged)
    assert np.array_equal(estimate(correction(), cells.sum(axis=0)[None]).shares, once.shares, equal_nan=True)


def test_many_posts_give_the_true_shares_where_counting_does_not() -> None:
    true = np.array([[0.6, 0.3, 0.1]])
    cells = 1_000_000 * true @ LIKELIHOOD.T
    assert estimate(correction(10_000_000), cells).shares == pytest.approx(true, abs=1e-3)
    assert abs(estimate(None, cells).shares - true).max() > 0.05


def test_without_a_correction_shares_are_those_of_the_labels_and_half_a_post() -> None:
    found = estimate(None, np.array([[1.0, 2, 3, 0, 0, 4]]))
    assert found.shares == pytest.approx(np.array([[3.5, 3.5, 4.5]]) / 11.5)
    assert not found.lasting.any()


def test_few_posts_give_a_wide_band_around_their_surroundings_and_no_swing() -> None:
    around = np.array([0.5, 0.3, 0.2])
    one = np.array([[0.0, 0, 0, 0, 0, 1]])
    found = estimate(correction(), one, around)
    low, high = found.intervals()
    assert -0.3 < found.net[0] < 0.3 and high[0, 3] - low[0, 3] > 0.7
    assert estimate(None, one).net[0] > 0.3


def test_a_series_moves_as_its_posts_do_and_its_level_is_that_of_the_whole() -> None:
    dice = np.random.default_rng(2)
    net = np.linspace(-0.4, 0.4, 9)
    true = np.column_stack([0.3 - net / 2, np.full(9, 0.4), 0.3 + net / 2])
    found = follow(correction(spread=20.0), windows(true, 5000, dice))
    assert found.net == pytest.approx(net, abs=0.12)
    assert np.diff(found.net) == pytest.approx(np.diff(net), abs=0.06)
    assert (found.lasting[:, 0, 0] > 0).all() and np.ptp(found.lasting[:, 0, 0]) == 0


def test_draws_are_the_posterior_and_the_same_for_the_same_seed() -> None:
    found = estimate(correction(), windows(np.array([BALANCE, EVEN]), 300, np.random.default_rng(3)))
    drawn = found.net_draws(4000)
    assert np.array_equal(drawn, found.net_draws(4000))
    assert drawn.mean(axis=0) == pytest.approx(found.net, abs=0.02)
    low, high = found.intervals()
    assert ((drawn >= low[:, 3]) & (drawn <= high[:, 3])).mean() == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("posts", [20, 200, 5000, 20_000])
def test_nine_of_ten_intervals_hold_the_truth_under_any_class_balance(posts: int) -> None:
    dice = np.random.default_rng(posts)
    held = [_held(posts, dice) for _ in range(120)]
    assert np.mean(held) == pytest.approx(0.9, abs=0.025)


def _held(posts: int, dice: np.random.Generator) -> float:
    """Of windows of any balance, the part of intervals that hold the truth, with a correction drawn anew."""
    true = dice.dirichlet(np.ones(3), 20)
    return float(_holds(estimate(correction(dice=dice), windows(true, posts, dice)), true).mean())


def _holds(found: Posterior, true: Floats) -> Floats:
    low, high = found.intervals()
    every = np.column_stack([true, true[:, 2] - true[:, 0]])
    return np.asarray((low <= every) & (every <= high), np.float64)


@pytest.mark.parametrize("spread", [None, 20.0])
@pytest.mark.parametrize("posts", [20, 200, 5000])
@pytest.mark.parametrize("balance", [[1 / 3, 1 / 3, 1 / 3], [0.05, 0.5, 0.45], [0.6, 0.25, 0.15]])
def test_nine_of_ten_hold_it_at_each_balance_whether_topics_err_alike_or_not(
    balance: list[float], posts: int, spread: float | None
) -> None:
    """Not on the average of balances alone, and no quantity makes up for another that is held too rarely."""
    dice, true, held = np.random.default_rng(posts), np.array([balance]), []
    for _ in range(400):
        own = LIKELIHOOD
        if spread:
            own = np.column_stack([dice.dirichlet(spread * column) for column in LIKELIHOOD.T])
        found = estimate(correction(spread=spread, dice=dice), windows(true, posts, dice, own))
        held.append(_holds(found, true)[0])
    assert np.mean(held) == pytest.approx(0.9, abs=0.035)
    assert np.mean(held, axis=0).min() > 0.83


def test_where_topics_differ_the_intervals_know_it() -> None:
    """Each window errs in its own way, as topics do: intervals that take them as alike hold far too rarely."""
    dice = np.random.default_rng(5)
    held: dict[float | None, list[float]] = {None: [], 20.0: []}
    for _ in range(300):
        own = np.column_stack([dice.dirichlet(20.0 * column) for column in LIKELIHOOD.T])
        true = dice.dirichlet(np.ones(3), 1)
        cells = windows(true, 2000, dice, own)
        for spread, found in held.items():
            low, high = estimate(correction(spread=spread, dice=dice), cells).intervals()
            found.append(float(((low[:, :3] <= true) & (true <= high[:, :3])).mean()))
    assert np.mean(held[None]) < 0.7
    assert 0.85 < np.mean(held[20.0]) < 0.96


def test_no_windows_are_no_shares() -> None:
    nothing: Floats = np.zeros((0, CELLS))
    assert follow(correction(), nothing).shares.shape == (0, 3)
    assert isinstance(estimate(None, nothing), Posterior)
