from __future__ import annotations

import pytest

from voxpop import evaluation, models
from voxpop.labelled import Labelled
from voxpop.score import ModelSpec

TEXTS = ["I love this, fantastic!", "what a horrible broken mess", "the bus leaves at five", "", "this is great"]
LABELLED = Labelled(TEXTS, [2, 0, 1, 1, 2], [None] * 5)


def test_a_report_has_every_figure_with_its_interval() -> None:
    found = evaluation.evaluate(ModelSpec("onnx", models.find("en-small")).open(), LABELLED, resamples=50)
    assert (found["n"], found["n_unscored"]) == (5, 1)
    assert found["accuracy"] == 0.8
    assert found["macro_recall"] == pytest.approx((1 + 0.5 + 1) / 3, abs=1e-4)
    assert all(f"{name}_interval" in found for name in ("macro_recall", "f1_pn", "accuracy", "ece", "brier"))
    assert sum(row["support"] for row in found["per_class"].values()) == 5


def test_a_majority_class_finds_one_label() -> None:
    found = evaluation.report(evaluation.majority(LABELLED), resamples=10)
    assert found["macro_recall"] == pytest.approx(1 / 3, abs=1e-4)


def test_the_table_shows_each_scorer_and_each_label() -> None:
    shown = evaluation.table({"ours": evaluation.report(evaluation.majority(LABELLED), resamples=10)})
    assert {"ours", "macro_recall", "negative", "neutral", "positive"} <= set(shown.replace(",", " ").split())
