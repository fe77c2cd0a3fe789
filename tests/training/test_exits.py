"""A network with exits, exported in stages: it answers what PyTorch answers at the layer where each row leaves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import torch
from transformers import AutoTokenizer

from tests.training.conftest import spread_heads
from voxpop.errors import Terminal
from voxpop.scorers.card import files, model_id
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS
from voxpop.testing import check_scorer
from voxpop.training.calibration import softmax
from voxpop.training.classifier import SentimentClassifier, adjust, load
from voxpop.training.export import Export, export

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]

TEXTS = [f"the {one} {other} is {word} very today" for one in ("good", "bad", "chair") for other in ("a", "the")
         for word in ("lovely", "awful", "table", "user")] + ["good", "bad bad", "the table"]  # fmt: skip


@pytest.fixture(scope="module")
def network(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained, with heads so far apart that rows differ in how sure they are."""
    folder = tmp_path_factory.mktemp("network")
    torch.manual_seed(3)
    model = SentimentClassifier.load_base(base, (1,))
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    spread_heads(model, folder, TEXTS)
    return folder


@pytest.fixture(scope="module")
def staged(network: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("staged") / "model"
    figures = export(Export(network, out, dev=network / "answers.tsv", precision="float", exit_loss=0.1))
    assert figures["exit_layers"] == [1]
    assert 1 < figures["mean_layers"] < 2
    return out


def test_exits_can_be_named(network: Path, tmp_path: Path) -> None:
    named = Export(network, tmp_path / "model", dev=network / "answers.tsv", precision="float", exit_at=((1, 0.99),))
    figures = export(named)
    card = json.loads((tmp_path / "model" / "model.json").read_text())
    assert [exit["sure"] for exit in card["exits"]] == [0.99]
    assert figures["exit_layers"] == [1]
    assert 1 < figures["mean_layers"] <= 2


def test_a_named_exit_that_all_take_ends_the_network(network: Path, tmp_path: Path) -> None:
    named = Export(network, tmp_path / "model", dev=network / "answers.tsv", precision="float", exit_at=((1, 0.0),))
    assert export(named)["mean_layers"] == 1
    assert not (tmp_path / "model" / "model-2.onnx").exists()


def test_an_exit_where_there_is_no_head_is_refused(network: Path, tmp_path: Path) -> None:
    named = Export(network, tmp_path / "model", dev=network / "answers.tsv", precision="float", exit_at=((7, 0.5),))
    with pytest.raises(Terminal, match="after layer 7: this network has heads after 1"):
        export(named)


def test_layers_that_no_row_needs_are_left_out(network: Path, tmp_path: Path) -> None:
    out = tmp_path / "short"
    figures = export(Export(network, out, dev=network / "answers.tsv", precision="float", exit_loss=1.0))
    assert (figures["exit_layers"], figures["mean_layers"]) == ([1], 1.0)
    assert files(out) == ("model.onnx", "tokenizer.json", "model.json")
    early, _ = by_pytorch(network)
    scored = OnnxScorer.open(out, remembered=0)(pa.record_batch([TEXTS], names=["text"]))
    assert scored["label"].to_pylist() == [LABELS[at] for at in early.argmax(1)]
    check_scorer(OnnxScorer.open(out, remembered=0), TEXTS, 5)


def with_sureness(staged: Path, out: Path, sure: float) -> Path:
    out.mkdir()
    for name in files(staged):
        (out / name).write_bytes((staged / name).read_bytes())
    card = json.loads((out / "model.json").read_text())
    card["exits"][0] |= {"sure": sure, "temperature": 1.0}
    (out / "model.json").write_text(json.dumps(card | {"temperature": 1.0}))
    return out


def by_pytorch(network: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    tokenizer, model = AutoTokenizer.from_pretrained(network), load(network).eval()
    with torch.inference_mode():
        found = [model(**tokenizer([text], return_tensors="pt")) for text in TEXTS]
    early = np.stack([each.exit_logits[0][0].double().numpy() for each in found])
    late = np.stack([each.logits[0].double().numpy() for each in found])
    return softmax(early), softmax(late)


def test_each_row_has_the_answer_of_the_layer_where_it_leaves(network: Path, staged: Path, tmp_path: Path) -> None:
    early, late = by_pytorch(network)
    sure = float(np.median(early.max(1)))
    out = with_sureness(staged, tmp_path / "half", sure)
    scored = OnnxScorer.open(out, remembered=0)(pa.record_batch([TEXTS], names=["text"]))
    found = np.stack([scored[f"p_{label}"].to_numpy() for label in LABELS], axis=1)
    expected = np.where(early.max(1, keepdims=True) >= sure, early, late)
    clear = np.abs(early.max(1) - sure) > 1e-4
    assert 0 < (early.max(1) >= sure).sum() < len(TEXTS)
    np.testing.assert_allclose(found[clear], expected[clear], atol=1e-4)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_model_in_stages_keeps_the_laws_of_a_scorer(staged: Path, tmp_path: Path, threads: int) -> None:
    out = with_sureness(staged, tmp_path / "half", 0.6)
    scorer = OnnxScorer.open(out, threads=threads, remembered=0)
    for cut in (0, 1, 7, len(TEXTS) // 2):
        check_scorer(scorer, [*TEXTS, None, "", "so good " * 100], cut)


def test_the_stages_share_no_weights_and_all_count_in_the_id(network: Path, staged: Path, tmp_path: Path) -> None:
    assert files(staged) == ("model.onnx", "tokenizer.json", "model.json", "model-2.onnx")
    whole = tmp_path / "whole"
    export(Export(network, whole, precision="float"))
    sizes = sum((staged / name).stat().st_size for name in ("model.onnx", "model-2.onnx"))
    assert sizes < (whole / "model.onnx").stat().st_size + 20_000
    changed = with_sureness(staged, tmp_path / "changed", 0.5)
    before = model_id(changed)
    (changed / "model-2.onnx").write_bytes((changed / "model-2.onnx").read_bytes() + b"\0")
    assert model_id(changed) != before
    (changed / "model-2.onnx").unlink()
    with pytest.raises(FileNotFoundError, match=r"model-2\.onnx"):
        OnnxScorer.open(changed)


@pytest.mark.parametrize("name", ["../model-2.onnx", "/etc/passwd", "model.json", "model.onnx"])
def test_a_card_that_names_other_files_is_refused(staged: Path, tmp_path: Path, name: str) -> None:
    out = with_sureness(staged, tmp_path / "half", 0.6)
    card = json.loads((out / "model.json").read_text())
    (out / "model.json").write_text(json.dumps(card | {"last": name}))
    with pytest.raises(ValueError, match=r"model\.json"):
        OnnxScorer.open(out)


def test_a_balance_moves_every_head_towards_rare_labels_by_the_logarithm_of_their_share(network: Path) -> None:
    plain, moved = load(network), load(network)
    adjust(moved, [10, 40, 50], 0.5)
    expected = -0.5 * np.log(np.array([0.1, 0.4, 0.5]) / 0.4)
    for one, other in zip((plain.classifier, *plain.exit_classifiers), (moved.classifier, *moved.exit_classifiers),
                          strict=True):  # fmt: skip
        np.testing.assert_allclose((other.bias - one.bias).detach().numpy(), expected, atol=1e-6)
    with pytest.raises(Terminal, match="every label"):
        adjust(moved, [0, 1, 1], 0.5)
