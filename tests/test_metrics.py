from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.metrics import (
    MEASURES,
    Answers,
    accuracy,
    brier,
    calibration_error,
    confusion,
    f1_pn,
    intervals,
    macro_recall,
)

# True labels down, answers across; worked by hand below.
MATRIX = np.array([[8, 2, 0, 0], [3, 4, 3, 0], [0, 5, 14, 1]])


def test_macro_recall_is_the_mean_of_the_recalls_and_an_unscored_text_is_a_miss() -> None:
    assert macro_recall(MATRIX) == pytest.approx((8 / 10 + 4 / 10 + 14 / 20) / 3)


def test_f1_pn_is_the_mean_f1_of_positive_and_negative() -> None:
    negative = 2 * (8 / 11) * (8 / 10) / (8 / 11 + 8 / 10)
    positive = 2 * (14 / 17) * (14 / 20) / (14 / 17 + 14 / 20)
    assert f1_pn(MATRIX) == pytest.approx((negative + positive) / 2)


def test_accuracy_is_the_share_that_is_right() -> None:
    assert accuracy(MATRIX) == pytest.approx(26 / 40)


def test_a_label_that_does_not_occur_does_not_count() -> None:
    assert macro_recall(confusion([0, 0], [0, 1])) == 0.5


def test_brier_is_0_for_the_truth_and_2_for_its_opposite() -> None:
    sure = np.array([[1.0, 0.0, 0.0]])
    assert (brier(sure, np.array([0])), brier(sure, np.array([2]))) == (0.0, 2.0)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    even = np.array([[0.6, 0.4, 0.0]] * 10)
    assert calibration_error(even, np.array([0] * 6 + [1] * 4)) == pytest.approx(0.0)
    assert calibration_error(even, np.array([0] * 10)) == pytest.approx(0.4)


def answers(count: int, right: float, seed: int = 3) -> Answers:
    dice = np.random.default_rng(seed)
    gold = dice.integers(0, 3, count)
    chosen = np.where(dice.random(count) < right, gold, (gold + 1) % 3)
    return Answers(gold, chosen, np.eye(3)[chosen])


@pytest.mark.parametrize("name", MEASURES)
def test_an_interval_holds_its_figure_and_narrows_with_more_texts(name: str) -> None:
    few, many = answers(100, 0.7), answers(2000, 0.7)
    (low, high), (lower, higher) = intervals(few, 300)[name], intervals(many, 300)[name]
    assert low <= MEASURES[name](few) <= high
    assert higher - lower < high - low


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    drawn = [intervals(answers(200, 0.7, seed), 200)["accuracy"] for seed in range(100)]
    assert 88 <= sum(low <= 0.7 <= high for low, high in drawn) <= 100


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1))
def test_figures_are_shares(pairs: list[tuple[int, int]]) -> None:
    matrix = confusion([gold for gold, _ in pairs], [answer for _, answer in pairs])
    assert matrix.sum() == len(pairs)
    assert all(0 <= measure(matrix) <= 1 for measure in (macro_recall, f1_pn, accuracy))
