"""Checkpoints of several architectures answer in ONNX as they do in PyTorch: tiny real ones, made on the spot."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import onnx
import torch
from onnxruntime.quantization import quantize_dynamic
from transformers import AutoModelForSequenceClassification, BertConfig, BertForMaskedLM

from tests.checkpoints import tiny
from voxpop.checkpoints.adoption import Adoption, find, quantises_on_the_fly
from voxpop.errors import Terminal
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS
from voxpop.training import network

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]

FUSED = {"bert", "distilbert", "roberta", "xlm-roberta", "electra"}


def scored(directory: Path, texts: Sequence[str] = tiny.TEXTS) -> npt.NDArray[np.float64]:
    batch = OnnxScorer.open(directory)(pa.record_batch([pa.array(texts, pa.string())], names=["text"]))
    return np.array([batch[f"p_{label}"].to_numpy(zero_copy_only=False) for label in LABELS], dtype=float).T


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_an_architecture_answers_as_in_pytorch(kind: str, tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / kind, kind)
    expected = tiny.probabilities(source, tiny.TEXTS)
    found = find(str(source), Adoption(tmp_path / "cache"))
    np.testing.assert_allclose(scored(found), expected, rtol=0, atol=1e-4)
    assert np.ptp(expected, axis=0).max() > 0.01, "texts must differ, or the test says nothing"
    assert network.to_onnx(network.load(source)).fused == (kind in FUSED)


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta"])
def test_two_labels_leave_neutral_at_zero(kind: str, tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / kind, kind, ["POSITIVE", "NEGATIVE"])
    theirs = tiny.probabilities(source, tiny.TEXTS)
    expected = np.stack([theirs[:, 1], np.zeros(len(theirs)), theirs[:, 0]], axis=1)
    np.testing.assert_allclose(scored(find(str(source), Adoption(tmp_path / "cache"))), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_five_stars_are_summed(kind: str, tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / kind, kind, tiny.FIVE)
    theirs = tiny.probabilities(source, tiny.TEXTS)
    expected = np.stack([theirs[:, :2].sum(1), theirs[:, 2], theirs[:, 3:].sum(1)], axis=1)
    np.testing.assert_allclose(scored(find(str(source), Adoption(tmp_path / "cache"))), expected, rtol=0, atol=1e-4)


def test_an_onnx_file_that_asks_for_segments_gets_them(tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / "bert")
    expected = tiny.probabilities(source, tiny.TEXTS)
    model = AutoModelForSequenceClassification.from_pretrained(source, attn_implementation="eager").eval()
    names = ["input_ids", "attention_mask", "token_type_ids"]
    ones = torch.ones(2, 16, dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (ones, ones, ones * 0), str(source / "model.onnx"), dynamo=False, opset_version=17,
            input_names=names, output_names=["logits"], dynamic_axes={name: {0: "rows", 1: "length"} for name in names},
        )  # fmt: skip
    found = find(str(source), Adoption(tmp_path / "cache"))
    assert (found / "model.onnx").read_bytes() == (source / "model.onnx").read_bytes()
    np.testing.assert_allclose(scored(found), expected, rtol=0, atol=1e-4)


def test_a_file_quantised_on_the_fly_is_refused(tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / "mpnet", "mpnet")
    network.write_float(source, tmp_path / "float.onnx")
    assert not quantises_on_the_fly(tmp_path / "float.onnx")
    options = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    quantize_dynamic(tmp_path / "float.onnx", source / "model.onnx", extra_options=options)
    with pytest.raises(Terminal, match=r"neighbours.*voxpop export"):
        find(str(source), Adoption(tmp_path / "cache"))


def test_a_tokenizer_without_its_json_is_made_from_the_vocabulary(tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / "bert")
    (source / "tokenizer.json").unlink()
    (source / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *tiny.WORDS]) + "\n")
    (source / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": true}')
    found = find(str(source), Adoption(tmp_path / "cache"))
    np.testing.assert_allclose(scored(found), tiny.probabilities(source, tiny.TEXTS), rtol=0, atol=1e-4)


def test_a_checkpoint_without_its_head_is_refused(tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / "bert")
    config = BertConfig.from_pretrained(source)
    BertForMaskedLM(config).save_pretrained(tmp_path / "headless")
    shutil.copy(tmp_path / "headless" / "model.safetensors", source / "model.safetensors")
    with pytest.raises(Terminal, match="lacks weights"):
        find(str(source), Adoption(tmp_path / "cache"))


def test_broken_tensors_are_refused(tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / "bert")
    (source / "model.safetensors").write_bytes(b"\x80\x04 no tensors")
    with pytest.raises(Terminal, match="cannot be opened"):
        find(str(source), Adoption(tmp_path / "cache"))


def test_an_architecture_that_is_unknown_is_refused(tmp_path: Path) -> None:
    source = tiny.checkpoint(tmp_path / "bert")
    config = json.loads((source / "config.json").read_text())
    (source / "config.json").write_text(json.dumps({**config, "model_type": "not-yet-known"}))
    with pytest.raises(Terminal, match="cannot be opened"):
        find(str(source), Adoption(tmp_path / "cache"))
