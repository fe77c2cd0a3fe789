"""Training that keeps the first layers of a base."""

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
IDS, MASK = torch.tensor([[2, 5, 9, 3]]), torch.ones(1, 4, dtype=torch.int64)


def recipe(base: Path, table: Path, out: Path, **others: object) -> Recipe:
    given = {"data": str(table), "dev": str(table), "base": str(base), "out": out, "rate": 0.005, "batch": 8}
    return Recipe.of({**given, "epochs": 1, **others})


@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet", "distilbert", "xlm-roberta"])
def test_the_first_layers_say_what_they_said_within_the_whole(family: str, tmp_path: Path) -> None:
    base = save_encoder(tmp_path / "base", family)
    whole, short = (SentimentClassifier.load_base(base, layers=layers).eval() for layers in (0, 1))
    assert (whole.config.num_hidden_layers, short.config.num_hidden_layers) == (2, 1)
    states = whole.encoder(IDS, MASK, output_hidden_states=True).hidden_states
    torch.testing.assert_close(short.encoder(IDS, MASK).last_hidden_state, states[1])


def test_an_exit_becomes_the_end_with_its_head_and_training_goes_on(base: Path, table: Path, tmp_path: Path) -> None:
    finetune.train(recipe(base, table, tmp_path / "whole", exit_layer=[1], deep=0.5))
    before = load(tmp_path / "whole" / "best").eval()
    short = SentimentClassifier.load_base(tmp_path / "whole" / "best", layers=1).eval()
    torch.testing.assert_close(short(IDS, MASK).logits, before(IDS, MASK).exit_logits[0])
    finetune.train(recipe(tmp_path / "whole" / "best", table, tmp_path / "short", layers=1, ffn=16))
    after = load(tmp_path / "short" / "best")
    assert (after.config.num_hidden_layers, after.config.intermediate_size) == (1, 16)
    assert not [name for name in after.state_dict() if "layer.1." in name]


def test_more_layers_than_there_are_and_exits_beyond_them_are_refused(base: Path, table: Path, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="has 2 layers; give --layers up to that"):
        finetune.train(recipe(base, table, tmp_path / "one", layers=3))
    with pytest.raises(Terminal, match="has 1 layers; give an --exit-layer from 1 to 0"):
        finetune.train(recipe(base, table, tmp_path / "two", layers=1, exit_layer=[1], deep=0.5))
    with pytest.raises(Terminal, match="--layers needs --pooling mean"):
        recipe(base, table, tmp_path / "three", layers=1, pooling="native")


def test_a_run_without_it_is_the_run_of_a_version_that_had_none(base: Path, table: Path, tmp_path: Path) -> None:
    assert "layers" not in recipe(base, table, tmp_path, layers=0).identity()
