"""Narrower feed-forward layers: which neurons go, what is left of a checkpoint, and training it again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("accelerate", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import torch
from transformers import AutoConfig, AutoModel

from tests.checkpoints import tiny
from tests.training.conftest import save_encoder
from voxpop.errors import Terminal
from voxpop.scorers.onnx import OnnxScorer
from voxpop.testing import check_scorer
from voxpop.training import finetune
from voxpop.training.classifier import SentimentClassifier, load
from voxpop.training.export import Export, export
from voxpop.training.prune import feed_forward, importance, narrow
from voxpop.training.recipe import Recipe

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]

IDS = torch.tensor([[2, 5, 11, 7, 3], [2, 9, 12, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]])


def answers(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.eval()(input_ids=IDS, attention_mask=MASK).logits
    return found


def losses(model: Any, times: int = 2) -> Any:
    model.eval()
    for _ in range(times):
        logits = model(input_ids=IDS, attention_mask=MASK).logits
        yield torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2]))


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_neurons_that_say_nothing_go_first_and_change_nothing(family: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = SentimentClassifier.load_base(save_encoder(tmp_path / "base", family))
    silent = torch.arange(0, 64, 4)
    with torch.no_grad():
        for _, down in feed_forward(model):
            down.weight[:, silent] = 0
    before = answers(model)
    worth = importance(model, losses(model))
    assert [each[silent].abs().max().item() for each in worth] == [0, 0]
    narrow(model, worth, 48)
    torch.testing.assert_close(answers(model), before)
    assert [up.out_features for up, _ in feed_forward(model)] == [48, 48]


def test_worth_is_what_the_loss_loses_to_first_order(base: Path) -> None:
    torch.manual_seed(1)
    model = SentimentClassifier.load_base(base).double()
    row = {"input_ids": IDS[:1], "attention_mask": MASK[:1]}

    def loss() -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model.eval()(**row).logits, torch.tensor([1]))

    worth = importance(model, (loss() for _ in range(1)))
    _, down = feed_forward(model)[0]
    with torch.no_grad():
        before, weight = loss(), down.weight.clone()
        # A thousandth of the way to silence: the change there is the slope, and so all of it to first order.
        for neuron in (3, 40):
            down.weight[:, neuron] *= 0.999
            assert abs(loss() - before).item() * 1000 == pytest.approx(worth[0][neuron].item(), rel=0.01)
            down.weight.copy_(weight)


def test_a_checkpoint_that_was_narrowed_is_a_plain_one(base: Path, tmp_path: Path) -> None:
    model = SentimentClassifier.load_base(base, (1,))
    narrow(model, importance(model, losses(model)), 16)
    before = answers(model)
    model.save_pretrained(tmp_path / "narrow")
    assert AutoConfig.from_pretrained(tmp_path / "narrow").intermediate_size == 16
    torch.testing.assert_close(answers(load(tmp_path / "narrow")), before)
    model.encoder.save_pretrained(tmp_path / "encoder")
    assert AutoModel.from_pretrained(tmp_path / "encoder").config.intermediate_size == 16


def options(base: Path, table: Path, out: Path, **others: Any) -> dict[str, Any]:
    given = {"data": str(table), "dev": str(table), "base": str(base), "out": out, "rate": 0.005, "batch": 8}
    return {**given, "ffn": 16, "exit_layer": [1], "deep": 0.3, "epochs": 3, **others}


@pytest.fixture(scope="module")
def trained(base: Path, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("narrow") / "run"
    figures = finetune.train(Recipe.of(options(base, table, out)))
    assert figures["best"]["dev_macro_recall"] == 1
    return out / "best"


def test_a_narrow_network_becomes_a_scorer(trained: Path, table: Path, tmp_path: Path) -> None:
    assert load(trained).config.intermediate_size == 16
    figures = export(Export(trained, tmp_path / "out", data=table, dev=table))
    assert figures["dev_macro_recall"] == 1
    scorer = OnnxScorer.open(tmp_path / "out", remembered=0)
    scored = scorer(pa.record_batch([["the chair is lovely", "awful bad"]], names=["text"]))
    assert scored["label"].to_pylist()[1] == "negative"
    for cut in (0, 1, 2):
        check_scorer(scorer, ["a lovely table", "the chair is awful today", None, "good " * 90], cut)


def test_training_goes_on_from_a_run_with_the_heads_it_has(trained: Path) -> None:
    torch.manual_seed(9)
    before = load(trained)
    after = SentimentClassifier.load_base(trained, (1,))
    torch.testing.assert_close(answers(after), answers(before))
    torch.testing.assert_close(after.exit_classifiers[0].weight, before.exit_classifiers[0].weight)
    without = SentimentClassifier.load_base(trained)
    torch.testing.assert_close(answers(without), answers(before))
    assert len(without.exit_classifiers) == 0


def test_weights_without_their_tokenizer_are_no_base(trained: Path, table: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        (bare / name).write_bytes((trained / name).read_bytes())
    with pytest.raises(Terminal, match="no tokenizer"):
        finetune.train(Recipe.of(options(bare, table, tmp_path / "run", ffn=0)))


def test_a_stopped_run_goes_on_with_the_neurons_it_kept(base: Path, table: Path, tmp_path: Path) -> None:
    recipe = Recipe.of(options(base, table, tmp_path / "run", save_steps=1000))
    waiting = f"while [ ! -d {tmp_path}/run/seed-1/step-15 ]; do :; done; kill -INT {os.getpid()}"
    child = subprocess.Popen(["sh", "-c", waiting])
    with pytest.raises(KeyboardInterrupt):
        finetune.train(recipe)
    child.wait()
    finetune.train(recipe)
    finetune.train(Recipe.of(options(base, table, tmp_path / "straight")))
    stopped, straight = (load(tmp_path / name / "seed-1" / "step-45").state_dict() for name in ("run", "straight"))
    for name, values in straight.items():
        torch.testing.assert_close(stopped[name], values, rtol=0, atol=0)


def test_what_cannot_be_narrowed_is_refused(base: Path, table: Path, tmp_path: Path) -> None:
    gated = tiny.checkpoint(tmp_path / "gated", "modernbert")
    with pytest.raises(Terminal, match="--ffn.*modernbert"):
        finetune.train(Recipe.of(options(gated, table, tmp_path / "one", pooling="native", exit_layer=[], deep=0)))
    with pytest.raises(Terminal, match="64 neurons"):
        finetune.train(Recipe.of(options(base, table, tmp_path / "two", ffn=64)))
