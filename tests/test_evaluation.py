from __future__ import annotations

from typing import Any

import pytest

from voxpop import evaluation, models
from voxpop.labelled import Labelled
from voxpop.score import ModelSpec
from voxpop.scorers.lexicon import LexiconScorer
from voxpop.seams import Scorer

TEXTS = ["I love this, fantastic!", "what a horrible broken mess", "the bus leaves at five", "", "this is great"]
LABELLED = Labelled(TEXTS, [2, 0, 1, 1, 2], ["gta", "gta", "bus", None, "bus"])
HALVES = [Labelled(TEXTS[:2], [2, 0], ["gta", "gta"]), Labelled(TEXTS[2:], [1, 1, 2], ["bus", None, "bus"])]
SCORERS: dict[str, Scorer] = {"ours": ModelSpec("onnx", models.find("en-small")).open(), "lexicon": LexiconScorer()}


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Any]]:
    answers, _ = evaluation.answer(SCORERS, [LABELLED])
    return evaluation.reports(answers, resamples=50)


def test_a_report_has_every_figure_with_its_interval(reports: dict[str, dict[str, Any]]) -> None:
    found = reports["ours"]
    assert (found["n"], found["n_unscored"]) == (5, 1)
    assert found["accuracy"] == 0.8
    assert found["macro_recall"] == pytest.approx((1 + 0.5 + 1) / 3, abs=1e-4)
    assert all(f"{name}_interval" in found for name in ("macro_recall", "f1_pn", "accuracy", "ece", "brier"))
    assert sum(row["support"] for row in found["per_class"].values()) == 5
    assert sum(bin["n"] for bin in found["reliability"]) == 4


def test_a_majority_class_finds_one_label(reports: dict[str, dict[str, Any]]) -> None:
    assert reports["majority"]["macro_recall"] == pytest.approx(1 / 3, abs=1e-4)


def test_all_but_the_first_say_how_far_they_are_from_it(reports: dict[str, dict[str, Any]]) -> None:
    first, second = reports["ours"], reports["majority"]
    assert "difference" not in first
    assert second["difference"]["accuracy"] == pytest.approx(second["accuracy"] - first["accuracy"], abs=1e-4)
    low, high = second["difference"]["accuracy_interval"]
    assert low <= second["difference"]["accuracy"] <= high


def test_batches_change_nothing_and_are_told() -> None:
    told: list[int] = []
    whole, topics = evaluation.answer(SCORERS, [LABELLED])
    parts, same_topics = evaluation.answer(SCORERS, HALVES, told.append)
    assert topics == same_topics == LABELLED.topics
    assert told == [2, 3]
    for name in whole:
        assert whole[name].chosen.tolist() == parts[name].chosen.tolist()


def test_topics_are_measured_by_their_share_of_positive() -> None:
    answers, topics = evaluation.answer(SCORERS, [LABELLED])
    found = evaluation.topic_report(answers["ours"], topics)
    assert [(row["topic"], row["n"], row["share_true"], row["share_estimated"]) for row in found["rows"]] == [
        ("gta", 2, 0.5, 0.5), ("bus", 1, 1.0, 1.0),
    ]  # fmt: skip
    assert (found["n_topics"], found["ae"], found["kld"], found["rae"]) == (2, 0, 0, 0)
    assert "gta" in evaluation.topic_table({"ours": found})


def test_the_table_shows_each_scorer_each_label_and_the_differences(reports: dict[str, dict[str, Any]]) -> None:
    shown = evaluation.table(reports)
    assert {"ours", "lexicon", "majority", "macro_recall", "negative", "neutral", "positive", "minus"} <= set(
        shown.replace(",", " ").split()
    )
    assert shown.count("lexicon") == 2


def test_one_text_that_nobody_can_score_is_still_a_report() -> None:
    answers, _ = evaluation.answer(SCORERS, [Labelled([""], [1], [None])])
    found = evaluation.reports(answers, resamples=5)
    assert (found["ours"]["ece"], found["ours"]["ece_interval"]) == (None, [None, None])
    assert found["lexicon"]["difference"]["brier"] is None
    assert "–" in evaluation.table(found)
