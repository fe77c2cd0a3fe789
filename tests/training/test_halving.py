"""Half as many token states after a layer: the same in PyTorch and in the graph, whatever a row is padded to."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("accelerate", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import torch
from transformers import AutoTokenizer

from tests.training.conftest import save_encoder, spread_heads
from voxpop.errors import Terminal
from voxpop.scorers.card import files
from voxpop.scorers.onnx import OnnxScorer
from voxpop.testing import check_scorer
from voxpop.training import finetune
from voxpop.training.classifier import SentimentClassifier, load
from voxpop.training.export import Export, export
from voxpop.training.recipe import Recipe

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]

TEXTS = [f"the {one} {other} is {word} today" for one in ("good", "bad", "chair") for other in ("a", "the")
         for word in ("lovely", "awful", "table", "user")] + ["good", "bad bad", "the table", "good " * 90]  # fmt: skip


def network(base: Path, halve_after: int = 1) -> SentimentClassifier:
    torch.manual_seed(3)
    model = SentimentClassifier.load_base(base, (1,), halve_after)
    model.eval()
    with torch.no_grad():
        for head in (model.classifier, *model.exit_classifiers):
            head.weight.mul_(60)
    return model


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_a_row_has_one_answer_whatever_it_is_padded_to(family: str, tmp_path: Path) -> None:
    model = network(save_encoder(tmp_path, family))
    ids = torch.tensor([[2, 5, 11, 7, 3]])
    with torch.inference_mode():
        plain = model(input_ids=ids, attention_mask=torch.ones_like(ids))
        for more in (1, 2, 7):
            padded = torch.nn.functional.pad(ids, (0, more))
            found = model(input_ids=padded, attention_mask=(padded > 0).long())
            torch.testing.assert_close(found.logits, plain.logits, atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(found.exit_logits[0], plain.exit_logits[0], atol=1e-5, rtol=1e-4)


def test_only_what_follows_the_layer_is_halved(base: Path) -> None:
    halved, plain = network(base), network(base, halve_after=0)
    ids = torch.tensor([[2, 5, 11, 7, 9, 3]])
    with torch.inference_mode():
        one, other = (model(input_ids=ids, attention_mask=torch.ones_like(ids)) for model in (halved, plain))
    torch.testing.assert_close(one.exit_logits[0], other.exit_logits[0])
    assert (one.logits - other.logits).abs().max() > 1e-3


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_the_graph_answers_as_the_network(family: str, tmp_path: Path) -> None:
    base = save_encoder(tmp_path / "base", family)
    network(base).save_pretrained(tmp_path / "network")
    AutoTokenizer.from_pretrained(base).save_pretrained(tmp_path / "network")
    assert load(tmp_path / "network").config.halve_after == 1
    figures = export(Export(tmp_path / "network", tmp_path / "out", precision="float"))
    assert (figures["labels_flipped"], figures["attention_fused"]) == (0, True)
    assert figures["max_change"] < 1e-4


@pytest.mark.parametrize("threads", [1, 2])
def test_stages_of_half_the_length_keep_the_laws_of_a_scorer(base: Path, tmp_path: Path, threads: int) -> None:
    folder = tmp_path / "network"
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    answers = spread_heads(SentimentClassifier.load_base(base, (1,), 1), folder, TEXTS)
    export(Export(folder, tmp_path / "out", data=answers, dev=answers, exit_loss=0.1))
    assert len(files(tmp_path / "out")) == 4
    scorer = OnnxScorer.open(tmp_path / "out", threads=threads, remembered=0)
    for cut in (0, 1, 7, len(TEXTS) // 2):
        check_scorer(scorer, [*TEXTS, None, ""], cut)


def test_a_network_learns_on_pairs_and_is_exported(base: Path, table: Path, tmp_path: Path) -> None:
    given = {"data": str(table), "dev": str(table), "base": str(base), "out": tmp_path / "run", "rate": 0.005}
    given |= {"batch": 8, "exit_layer": [1], "deep": 0.3, "halve_after": 1, "ffn": 16}
    assert finetune.train(Recipe.of(given))["best"]["dev_macro_recall"] == 1
    export(Export(tmp_path / "run" / "best", tmp_path / "out", data=table, dev=table))
    scored = OnnxScorer.open(tmp_path / "out")(pa.record_batch([["awful bad", "a table"]], names=["text"]))
    assert scored["label"].to_pylist() == ["negative", "neutral"]


def test_what_cannot_be_halved_is_refused(base: Path, table: Path, tmp_path: Path) -> None:
    given = {"data": str(table), "dev": str(table), "base": str(base), "out": tmp_path / "run"}
    with pytest.raises(Terminal, match="--halve-after must be an --exit-layer"):
        Recipe.of({**given, "halve_after": 1})
    with pytest.raises(Terminal, match="not with distilbert"):
        network(save_encoder(tmp_path / "distil", "distilbert"))
