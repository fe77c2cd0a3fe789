from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, recall_score

from voxpop.metrics import (
    MEASURES,
    Answers,
    accuracy,
    brier,
    calibration_error,
    confusion,
    f1_pn,
    macro_recall,
    reliability,
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


def test_measures_are_scikit_learn_s_where_it_has_them() -> None:
    one = answers(500, 0.6)
    matrix = confusion(one.gold, one.chosen)
    assert macro_recall(matrix) == pytest.approx(recall_score(one.gold, one.chosen, average="macro"))
    assert f1_pn(matrix) == pytest.approx(f1_score(one.gold, one.chosen, average="macro", labels=[0, 2]))
    assert accuracy(matrix) == pytest.approx(accuracy_score(one.gold, one.chosen))


def test_a_tally_gives_what_the_texts_themselves_give() -> None:
    dice = np.random.default_rng(5)
    probabilities = dice.dirichlet([1, 1, 1], 200)
    gold = dice.integers(0, 3, 200)
    tally = Answers(gold, probabilities.argmax(axis=1), probabilities).tally()
    assert MEASURES["ece"](tally) == pytest.approx(calibration_error(probabilities, gold))
    assert MEASURES["brier"](tally) == pytest.approx(brier(probabilities, gold))
    assert MEASURES["accuracy"](tally) == pytest.approx((probabilities.argmax(axis=1) == gold).mean())


def test_a_weight_counts_a_text_as_often_as_it_says() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.2, 0.2, 0.6], [np.nan] * 3])
    one = Answers(np.array([0, 1, 2]), np.array([0, 2, 3]), probabilities)
    repeated = [0, 0, 1, 2, 2, 2]
    whole = Answers(one.gold[repeated], one.chosen[repeated], probabilities[repeated])
    weighted = one.tally(np.array([2.0, 1.0, 3.0]))
    for name, measure in MEASURES.items():
        assert measure(weighted) == pytest.approx(measure(whole.tally())), name


def test_probabilities_of_no_scored_text_have_no_calibration() -> None:
    tally = Answers(np.array([0]), np.array([3]), np.full((1, 3), np.nan)).tally()
    assert np.isnan(MEASURES["ece"](tally)) and np.isnan(MEASURES["brier"](tally))


def test_reliability_puts_each_answer_in_one_bin_and_its_gaps_are_the_calibration_error() -> None:
    probabilities = np.array([[0.62, 0.38, 0.0]] * 10 + [[0.0, 1.0, 0.0]] * 5)
    gold = np.array([0] * 4 + [1] * 11)
    bins = [bin for bin in reliability(probabilities, gold) if bin.n]
    assert [(bin.n, bin.accuracy) for bin in bins] == [(10, 0.4), (5, 1.0)]
    gaps = sum(bin.n * abs((bin.confidence or 0) - (bin.accuracy or 0)) for bin in bins)
    assert gaps / 15 == pytest.approx(calibration_error(probabilities, gold)) == pytest.approx(10 * 0.22 / 15)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1))
def test_figures_are_shares(pairs: list[tuple[int, int]]) -> None:
    matrix = confusion([gold for gold, _ in pairs], [answer for _, answer in pairs])
    assert matrix.sum() == len(pairs)
    assert all(0 <= measure(matrix) <= 1 for measure in (macro_recall, f1_pn, accuracy))
