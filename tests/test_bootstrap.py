from __future__ import annotations

import numpy as np
import pytest

from voxpop.bootstrap import intervals, resampled
from voxpop.metrics import MEASURES, Answers


def answers(count: int, right: float, seed: int = 3) -> Answers:
    dice = np.random.default_rng(seed)
    gold = dice.integers(0, 3, count)
    chosen = np.where(dice.random(count) < right, gold, (gold + 1) % 3)
    return Answers(gold, chosen, np.eye(3)[chosen])


def interval(one: Answers, name: str, resamples: int = 300) -> tuple[float, float]:
    return intervals(resampled({"it": one}, resamples)["it"])[name]


@pytest.mark.parametrize("name", MEASURES)
def test_an_interval_holds_its_figure_and_narrows_with_more_texts(name: str) -> None:
    few, many = answers(100, 0.7), answers(2000, 0.7)
    (low, high), (lower, higher) = interval(few, name), interval(many, name)
    assert low <= MEASURES[name](few.tally()) <= high
    assert higher - lower < high - low


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    drawn = [interval(answers(200, 0.7, seed), "accuracy", 200) for seed in range(100)]
    assert 88 <= sum(low <= 0.7 <= high for low, high in drawn) <= 100


def test_a_paired_difference_is_narrower_than_two_intervals_apart() -> None:
    first = answers(400, 0.7)
    better = np.where(np.arange(400) < 20, first.gold, first.chosen)
    second = Answers(first.gold, better, np.eye(3)[better])
    samples = resampled({"first": first, "second": second}, 300)
    low, high = intervals(samples["second"] - samples["first"])["accuracy"]
    (_, top), (bottom, _) = intervals(samples["first"])["accuracy"], intervals(samples["second"])["accuracy"]
    assert 0 < low < high < 0.05
    assert bottom < top


def test_a_scorer_differs_from_itself_by_nothing() -> None:
    one = answers(50, 0.5)
    samples = resampled({"a": one, "b": one}, 20)
    assert set(intervals(samples["a"] - samples["b"]).values()) == {(0.0, 0.0)}


def test_each_resample_is_told() -> None:
    told: list[int] = []
    resampled({"it": answers(10, 0.5)}, 7, lambda: told.append(1))
    assert len(told) == 7


def test_texts_that_share_a_group_say_less_than_as_many_apart() -> None:
    """Texts in 40 groups of 25, each group all right or all wrong: the figure is as sure as one of 40 texts."""
    dice = np.random.default_rng(5)
    groups = np.repeat(np.arange(40), 25)
    gold = dice.integers(0, 3, 1000)
    chosen = np.where((dice.random(40) < 0.7)[groups], gold, (gold + 1) % 3)
    one = {"it": Answers(gold, chosen, np.eye(3)[chosen])}
    alone, whole = (intervals(resampled(one, 300, groups=each)["it"])["accuracy"] for each in (None, groups))
    assert 3.5 < (whole[1] - whole[0]) / (alone[1] - alone[0]) < 6.5


def test_a_group_for_each_text_is_no_group() -> None:
    one = {"it": answers(60, 0.7)}
    assert np.array_equal(resampled(one, 20)["it"], resampled(one, 20, groups=np.arange(60))["it"], equal_nan=True)
