"""The correction of posts that were labelled as they were offered: how the draw is undone."""

from __future__ import annotations

import numpy as np
import pytest

from voxpop.errors import Terminal
from voxpop.insight.cells import CELLS
from voxpop.insight.labelling import weighted
from voxpop.metrics import Floats

TRUE = np.array([0.3, 0.5, 0.2])
LIKELIHOOD = np.array(
    [[0.2, 0.1, 0.05], [0.5, 0.05, 0.05], [0.1, 0.3, 0.1], [0.1, 0.4, 0.1], [0.05, 0.1, 0.2], [0.05, 0.05, 0.5]]
)
JOINT = LIKELIHOOD * TRUE


def labelled(chances: Floats, posts: int, seed: int) -> Floats:
    """Labelled posts by cell and class, drawn with a chance for each cell."""
    drawn = (JOINT * chances[:, None]).ravel()
    return np.random.default_rng(seed).multinomial(posts, drawn / drawn.sum()).reshape(CELLS, 3).astype(float)


def test_posts_drawn_by_doubt_give_the_matrix_of_a_random_sample() -> None:
    doubted = labelled(np.array([8.0, 1, 8, 1, 8, 1]), 40_000, 1)
    population = JOINT.sum(axis=1) * 1_000_000
    as_counted, undone = (counts / counts.sum(axis=0) for counts in (doubted, weighted(doubted, population)))
    assert np.abs(as_counted - LIKELIHOOD).max() > 0.2
    assert np.abs(undone - LIKELIHOOD).max() < 0.02


def test_weights_are_worth_fewer_posts() -> None:
    even, doubted = (labelled(np.array(chances), 3_000, 2) for chances in ([1.0] * 6, [9.0, 1, 9, 1, 9, 1]))
    population = JOINT.sum(axis=1) * 10_000
    assert weighted(even, population).sum() == pytest.approx(3_000, rel=0.01)
    assert 1_000 < weighted(doubted, population).sum() < 2_500


def test_what_nobody_labelled_a_post_of_is_not_made_up() -> None:
    counts = labelled(np.ones(6), 3_000, 3)
    counts[1] = 0
    with pytest.raises(Terminal, match="drawn random"):
        weighted(counts, JOINT.sum(axis=1))
    rare = np.append(np.delete(JOINT.sum(axis=1), 1), 0.01)[[0, 5, 1, 2, 3, 4]]
    assert weighted(counts, rare).sum() > 1_000


def test_a_class_that_weighs_nothing_is_an_error() -> None:
    counts = np.zeros((CELLS, 3))
    counts[0, 0] = counts[1, 1] = counts[2, 2] = 60
    with pytest.raises(Terminal, match="too rare"):
        weighted(counts, np.array([1e9, 1e9, 1, 0, 0, 0]))
