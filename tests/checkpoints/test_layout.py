from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkpoints.ready import configure
from voxpop.checkpoints import layout
from voxpop.errors import Terminal


def directory(at: Path, *files: str, **config: object) -> Path:
    configure(at, **config)
    for file in files:
        (at / file).write_bytes(b"not opened")
    return at


@pytest.mark.parametrize("pickle", ["pytorch_model.bin", "model.pt", "tf_model.h5"])
def test_a_pickle_alone_is_refused_with_the_reason_and_the_fix(pickle: str, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=r"can run code.*model\.safetensors"):
        layout.read(directory(tmp_path, pickle), "it")


def test_a_checkpoint_without_weights_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=r"neither model\.safetensors nor model\.onnx"):
        layout.read(directory(tmp_path, "vocab.txt"), "it")


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_code_of_its_own_is_refused(file: str, tmp_path: Path) -> None:
    directory(tmp_path, "model.safetensors", "modeling.py")
    (tmp_path / file).write_text('{"auto_map": {"AutoModel": "modeling.Evil"}}')
    with pytest.raises(Terminal, match="never runs"):
        layout.read(tmp_path, "it")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"architectures": ["BertForMaskedLM"]}, "not a classifier"),
        ({"problem_type": "multi_label_classification"}, "multi_label"),
        ({"id2label": {"0": "score"}}, "1 labels"),
        ({"id2label": {"1": "a", "2": "b"}}, "id2label"),
        ({"id2label": ["a", "b"]}, "id2label"),
    ],
)
def test_what_is_no_classifier_is_refused(config: dict[str, object], reason: str, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=reason):
        layout.read(directory(tmp_path, "model.safetensors", **config), "it")


@pytest.mark.parametrize("text", ["", "[]", "{", "\udcff"])
def test_a_broken_configuration_is_one_sentence(text: str, tmp_path: Path) -> None:
    directory(tmp_path, "model.safetensors")
    (tmp_path / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Terminal, match=r"config\.json"):
        layout.read(tmp_path, "it")


def test_onnx_is_taken_before_safetensors_and_shards_count(tmp_path: Path) -> None:
    assert layout.weights(["model.safetensors", "onnx/model.onnx", "onnx/model_int8.onnx"], "it") == "onnx/model.onnx"
    assert layout.weights(["pytorch_model.bin", "model-00001-of-00002.safetensors"], "it").startswith("model-00001")


def test_what_is_read_of_the_configuration(tmp_path: Path) -> None:
    config = {"id2label": {"0": "NEG", "1": "POS"}, "max_position_embeddings": 66, "pad_token_id": 1, "language": "de"}
    found = layout.read(directory(tmp_path, "model.safetensors", **config), "hub:org/name@main")
    assert (found.name, found.labels, found.languages) == ("name", ("NEG", "POS"), ("de",))
    assert (found.max_length, found.pad) == (64, 1)
