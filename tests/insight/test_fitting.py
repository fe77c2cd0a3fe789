from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.insight.drawn import LIKELIHOOD
from voxpop.errors import Terminal
from voxpop.insight.cells import CELLS
from voxpop.insight.correction import Correction
from voxpop.insight.fitting import Answered, concentration, fit, interval_score
from voxpop.insight.prevalence import estimate
from voxpop.metrics import Floats


def answered(posts: int = 600, topics: int = 0, agree: float = 30.0) -> Answered:
    """Posts of three classes, whose cells and balance differ between topics as the concentration says."""
    dice = np.random.default_rng(4)
    cells, gold, names = [], [], []
    for at in range(max(topics, 1)):
        own = [dice.dirichlet(agree * column) for column in LIKELIHOOD.T]
        classes = dice.choice(3, posts // max(topics, 1), p=dice.dirichlet(np.full(3, agree / 3)))
        gold += classes.tolist()
        cells += [dice.choice(CELLS, p=own[each]) for each in classes]
        names += [f"topic {at}" if topics else None] * len(classes)
    return Answered(np.array(cells), np.array(gold), names)


def test_counts_are_posts_by_cell_and_class() -> None:
    found = fit(answered(), answered())
    assert found.posts == 600 and found.spread is None and found.topics == 0
    assert found.likelihood.sum(axis=0) == pytest.approx(1)


def test_how_topics_differ_is_found_again() -> None:
    found = fit(answered(), answered(60_000, topics=200))
    assert found.topics == 200 and found.spread is not None
    assert found.spread == pytest.approx(30, rel=0.25)
    assert found.weight == pytest.approx(30, rel=0.25)
    assert (found.doubt > fit(answered(), answered()).doubt).all()


@pytest.mark.parametrize("classes", [1, 2])
def test_topics_of_which_nobody_says_one_thing_leave_a_correction(classes: int) -> None:
    found = fit(answered(), replace(answered(2000, topics=40), gold=np.arange(2000) % classes))
    assert found.spread is not None and np.isfinite(found.spread).all() and (found.spread > 0).all()


def test_a_model_that_answers_always_the_same_leaves_a_correction() -> None:
    same = replace(answered(2000, topics=40), cells=np.zeros(2000, dtype=np.int64))
    found = fit(answered(), same)
    assert found.spread is not None and (found.spread > 0).all()


def test_rows_that_agree_as_chance_lets_them_have_the_greatest_concentration() -> None:
    assert concentration(np.random.default_rng(1).multinomial(50, [0.2, 0.3, 0.5], 400).astype(float)) > 200
    assert concentration(np.zeros((0, 3))) == 1000


def test_posts_that_were_not_scored_are_left_out() -> None:
    found = Answered.of(np.array([[0.8, 0.1, 0.1], [np.nan] * 3]), np.array([0, 1]), ["a", "b"])
    assert found.cells.tolist() == [1] and found.gold.tolist() == [0] and found.topics == ["a"]


def test_too_few_posts_of_a_class_are_refused() -> None:
    few = Answered(np.zeros(100, dtype=np.int64), np.array([0] * 60 + [1] * 40), [None] * 100)
    with pytest.raises(Terminal, match=r"0 of the labelled posts are positive; a correction needs 50"):
        fit(few, few)


def one_sided(topics: int, seed: int, posts: int = 400) -> tuple[Answered, Floats, Floats]:
    """Topics on which half of the posts look to the model like any post of their topic; their cells and true shares.

    So a model errs in favour of what most posts of a topic say.
    """
    dice = np.random.default_rng(seed)
    cells, gold = [], []
    for _ in range(topics):
        shares = dice.dirichlet([1, 2, 2])
        seen = (LIKELIHOOD + (LIKELIHOOD @ shares)[:, None]) / 2
        gold.append(dice.choice(3, posts, p=shares))
        cells.append([dice.choice(CELLS, p=seen[:, each]) for each in gold[-1]])
    windows = np.array([np.bincount(each, minlength=CELLS) for each in cells], dtype=np.float64)
    shares = np.array([np.bincount(each, minlength=3) / posts for each in gold])
    names = [f"topic {at}" for at in range(topics) for _ in range(posts)]
    return Answered(np.concatenate(cells), np.concatenate(gold), names), windows, shares


def held(made: Correction, windows: Floats, shares: Floats) -> float:
    """How often intervals hold the shares."""
    low, high = estimate(made, windows, made.middle).intervals()
    return float(((low[:, :3] <= shares) & (shares <= high[:, :3])).mean())


def test_where_topics_err_in_their_own_favour_intervals_of_new_topics_hold_all_the_same() -> None:
    labelled, *_ = one_sided(60, seed=1)
    _, windows, shares = one_sided(200, seed=51)
    made = fit(labelled, labelled)
    names = np.array(labelled.topics)
    moments = [
        concentration(
            np.array([np.bincount(labelled.cells[chosen & (names == name)], minlength=CELLS) for name in set(names)])
        )
        for chosen in (labelled.gold == each for each in range(3))
    ]
    assert made.spread is not None and (made.spread < 0.9 * np.array(moments)).all()
    assert held(made, windows, shares) > 0.87 > held(replace(made, spread=np.array(moments)), windows, shares)


def test_an_interval_that_misses_costs_twenty_times_the_distance() -> None:
    made = Correction(np.eye(CELLS, 3) * 1000 + 1, None, 1.0, 0, "")
    found = estimate(made, np.array([[20.0, 50, 30, 0, 0, 0]]))
    low, high = (ends[0] for ends in found.intervals())
    inside = found.shares
    assert interval_score(found, inside) == pytest.approx((high - low).mean())
    # All of them negative: that misses by as much as each end is away.
    missed = np.array([1 - high[0], low[1], low[2], low[3] + 1])
    assert interval_score(found, np.array([[1.0, 0, 0]])) == pytest.approx((high - low + 20 * missed).mean())
