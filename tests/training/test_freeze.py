"""Training that leaves the embeddings and the first layers as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")
pytest.importorskip("accelerate", reason="needs PyTorch: make training")

import torch

from tests.training.conftest import save_encoder
from voxpop.errors import Terminal
from voxpop.training import finetune
from voxpop.training.classifier import SentimentClassifier, load
from voxpop.training.recipe import Recipe

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]


def recipe(base: Path, table: Path, out: Path, **others: object) -> Recipe:
    given = {"data": str(table), "dev": str(table), "base": str(base), "out": out, "rate": 0.005, "batch": 8}
    return Recipe.of({**given, "epochs": 1, "freeze": 1, **others})


def test_what_is_frozen_stays_to_the_bit_and_the_rest_learns(base: Path, table: Path, tmp_path: Path) -> None:
    finetune.train(recipe(base, table, tmp_path / "run"))
    before, after = SentimentClassifier.load_base(base).state_dict(), load(tmp_path / "run" / "best").state_dict()
    still = {name for name in after if torch.equal(before[name], after[name])}
    frozen = {name for name in after if "embeddings" in name or "layer.0." in name}
    assert still == frozen


def test_frozen_layers_answer_without_dropout(base: Path) -> None:
    model = SentimentClassifier.load_base(base)
    model.freeze(1)
    model.train()
    ids, mask = torch.tensor([[2, 5, 9, 3]]), torch.ones(1, 4, dtype=torch.int64)
    states = [model.encoder(ids, mask, output_hidden_states=True).hidden_states for _ in range(2)]
    assert torch.equal(states[0][1], states[1][1]) and not torch.equal(states[0][2], states[1][2])


@pytest.mark.parametrize(("family", "layers", "fix"), [("bert", 2, "from 1 to 1"), ("distilbert", 1, "give 0")])
def test_a_base_that_cannot_is_refused(family: str, layers: int, fix: str, table: Path, tmp_path: Path) -> None:
    base = save_encoder(tmp_path / "base", family)
    with pytest.raises(Terminal, match=f"--freeze {layers} does not fit this base; .*{fix}"):
        finetune.train(recipe(base, table, tmp_path / "run", freeze=layers))


@pytest.mark.parametrize("other", [{"pooling": "native"}, {"ffn": 8}])
def test_what_does_not_go_with_it_is_said(other: dict[str, object], base: Path, table: Path, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="--freeze"):
        recipe(base, table, tmp_path, **other)


def test_a_run_without_it_is_the_run_of_a_version_that_had_none(base: Path, table: Path, tmp_path: Path) -> None:
    assert "freeze" not in recipe(base, table, tmp_path, freeze=0).identity()
    assert recipe(base, table, tmp_path).identity()["freeze"] == 1
