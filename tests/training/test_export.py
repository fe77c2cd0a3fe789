"""`voxpop export` on tiny real checkpoints: what it writes, what it reports, what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import onnx

from tests.checkpoints import tiny
from voxpop.errors import Terminal
from voxpop.insight import correction
from voxpop.scorers.card import ModelCard, model_id
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS
from voxpop.training.export import Export, export

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.tsv"
    texts = [f"{word} {other} it is" for word in ("good", "bad", "table", "late") for other in "abcdefghij"]
    rows = [f"{LABELS[at % 3]}\t{text}" for at, text in enumerate(texts)]
    path.write_text("\n".join(["label\ttext", *rows, "neutral\t@ana"]) + "\n", encoding="utf-8")
    return path


def test_the_correction_of_its_errors_comes_with_a_model_where_development_posts_are_enough(
    table: Path, tmp_path: Path
) -> None:
    source = tiny.checkpoint(tmp_path / "bert", "bert")
    rows = [f"{LABELS[at % 3]}\tgood or bad {at}" for at in range(150)]
    (tmp_path / "dev.tsv").write_text("\n".join(["label\ttext", *rows]) + "\n", encoding="utf-8")
    export(Export(source, tmp_path / "out", dev=tmp_path / "dev.tsv", precision="float"))
    found = correction.find(tmp_path / "out")
    assert found is not None and found.posts == 150 and found.spread is None
    export(Export(source, tmp_path / "out", dev=table, precision="float"))
    assert correction.find(tmp_path / "out") is None, "13 posts of a label say too little"


def operators(out: Path) -> set[str]:
    return {node.op_type for node in onnx.load(out / "model.onnx").graph.node}


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta", "mpnet", "modernbert"])
def test_an_architecture_becomes_8_bits_and_stays_close(kind: str, table: Path, tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / kind, kind)
    figures = export(Export(source, tmp_path / "out", data=table, dev=table))
    assert (figures["parity_rows"], figures["dev_rows"], figures["split_law"]) == (40, 40, "kept")
    assert figures["max_change"] < 0.1
    assert 0 < figures["mean_change"] < 0.02
    assert {"QuantizeLinear", "DequantizeLinear"} <= operators(tmp_path / "out")
    words = [tensor for tensor in onnx.load(tmp_path / "out" / "model.onnx").graph.initializer
             if list(tensor.dims) == [len(tiny.SPECIAL) + len(tiny.WORDS), 32]]  # fmt: skip
    assert [tensor.data_type for tensor in words] == [onnx.TensorProto.INT8]
    assert ModelCard.read(tmp_path / "out").temperature == figures["temperature"]
    assert figures["model_id"] == OnnxScorer.open(tmp_path / "out").model_id


def test_float_needs_no_posts_and_answers_as_pytorch(tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / "five", "roberta", tiny.FIVE)
    figures = export(Export(source, tmp_path / "out", precision="float"))
    assert figures["labels_flipped"] == 0
    assert figures["max_change"] < 1e-4
    scored = OnnxScorer.open(tmp_path / "out")(pa.record_batch([tiny.TEXTS], names=["text"]))
    theirs = tiny.probabilities(source, tiny.TEXTS)
    np.testing.assert_allclose(scored["p_positive"].to_numpy(), theirs[:, 3:].sum(1), atol=1e-4)


def test_a_second_export_takes_the_place_of_the_first_with_the_same_bytes(table: Path, tmp_path: Path) -> None:
    source, out = tiny.checkpoint(tmp_path / "bert"), tmp_path / "out"
    export(Export(source, out, data=table, name="mine"))
    first = (out / "model.onnx").read_bytes(), model_id(out)
    (out / "stray").write_text("of an earlier export")
    export(Export(source, out, data=table, name="mine"))
    assert ((out / "model.onnx").read_bytes(), model_id(out)) == first
    assert sorted(path.name for path in out.iterdir()) == ["CARD.md", "model.json", "model.onnx", "tokenizer.json"]
    assert not list(tmp_path.glob(".new-*"))


def test_a_directory_of_something_else_is_left_alone(table: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear")
    with pytest.raises(Terminal, match="another --out"):
        export(Export(tiny.checkpoint(tmp_path / "bert"), tmp_path / "out", data=table))
    assert (tmp_path / "out" / "letter.txt").read_text() == "dear"


def test_8_bits_without_posts_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="--data.*--precision float"):
        export(Export(tiny.checkpoint(tmp_path / "bert"), tmp_path / "out"))


@pytest.mark.slow
def test_the_command_exports_what_score_and_evaluate_open(table: Path, tmp_path: Path) -> None:
    source, out = tiny.checkpoint(tmp_path / "two", "distilbert", ["LABEL_0", "LABEL_1"]), tmp_path / "mine"
    given = ["export", "--checkpoint", source, "--out", out, "--data", table, "--dev", table, "--languages", "en,de"]
    refused = voxpop(*given)
    assert refused.returncode == 1
    assert '--labels "LABEL_0=negative,LABEL_1=positive"' in refused.stderr
    figures = answered(*given, "--labels", "LABEL_0=positive,LABEL_1=negative", "--about", "licence=MIT")
    assert figures["model_id"].startswith("mine-")
    assert OnnxScorer.open(out).languages == {"en", "de"}
    assert "| licence of the weights | MIT |" in (out / "CARD.md").read_text()
    found = answered("score", "it is late", "--model", out)
    assert found["model_id"] == figures["model_id"]
    assert found["scores"][0]["p_neutral"] == 0
    measured = answered("evaluate", "--data", table, "--model", out)
    assert measured["macro_recall"] == pytest.approx(figures["dev_macro_recall"], abs=0.03)


def test_exits_that_cannot_be_read_or_fitted_say_how_to_name_them(table: Path, tmp_path: Path) -> None:
    given = ["export", "--checkpoint", tiny.checkpoint(tmp_path / "bert"), "--out", tmp_path / "mine", "--data", table]
    for wrong in ("2", "2=nearly", "0=0.5", "2=1.5", "1=0,2=0.5"):
        refused = voxpop(*given, "--dev", table, "--exit-at", wrong)
        assert refused.returncode == 1
        assert f"--exit-at cannot read {wrong}" in refused.stderr
        assert "--exit-at 2=0.65,4=0.5" in refused.stderr
    refused = voxpop(*given, "--exit-at", "2=0.5")
    assert refused.returncode == 1 and "--dev" in refused.stderr


def voxpop(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxpop", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=dict(os.environ))


def answered(*arguments: object) -> dict[str, Any]:
    ran = voxpop(*arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    last: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return last
