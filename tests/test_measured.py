"""What was measured of a model, kept beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from voxpop import behaviour, measured, models
from voxpop.errors import Terminal
from voxpop.measured import Measured
from voxpop.scorers.card import ModelCard, model_id, weights_digest

NAMES = sorted(name for name, path in models.bundled().items() if not ModelCard.read(path).reads_topic)
"""Whole posts are what the page of the model and the suite are about."""


def copied(name: str, to: Path) -> Path:
    directory = to / name
    shutil.copytree(models.find(name), directory)
    return directory


@pytest.mark.parametrize("name", NAMES)
def test_every_bundled_model_has_figures_of_its_own_files(name: str) -> None:
    found = measured.find(models.find(name))
    assert found is not None
    own, baseline = found.evaluation[name], found.evaluation["lexicon"]
    low, high = own["macro_recall_interval"]
    assert low < own["macro_recall"] < high and own["macro_recall"] > baseline["macro_recall"]
    card = json.loads((models.find(name) / "model.json").read_text())["export"]
    assert own["macro_recall"] == pytest.approx(card["dev_macro_recall"], abs=0.006)
    assert [test["name"] for test in found.behaviour[name]["tests"]] == [test.name for test in behaviour.suite()]


def test_figures_change_no_identity_and_are_of_one_model(tmp_path: Path) -> None:
    directory = copied("en-small", tmp_path)
    named = model_id(directory)
    report = {"n": 1}
    Measured(weights_digest(directory), "ours", {"m": report}, {"m": report}).write(directory)
    assert model_id(directory) == named
    found = measured.find(directory)
    assert found is not None and (found.posts, found.evaluation) == ("ours", {"m": report})
    card = json.loads((directory / "model.json").read_text())
    (directory / "model.json").write_text(json.dumps({**card, "temperature": 2.0}))
    assert measured.find(directory) is None, "it is another model now"


@pytest.mark.parametrize("text", ["{", "[]", '{"files": "a", "posts": "b", "evaluation": {}, "behaviour": {}}'])
def test_figures_that_cannot_be_read_are_said(tmp_path: Path, text: str) -> None:
    (tmp_path / measured.FILE).write_text(text)
    with pytest.raises(Terminal, match="voxpop evaluate --keep"):
        measured.find(tmp_path)
