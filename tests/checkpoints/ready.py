"""Checkpoints with an ONNX file, made of the bundled model's parts: they need no PyTorch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from voxpop import models

BUNDLED = models.find("en-small")


def onnx_checkpoint(directory: Path, labels: Sequence[str] = ("Negative", "Neutral", "Positive")) -> Path:
    """Write a checkpoint as exporters to ONNX do: `onnx/model.onnx` beside tokenizer and configuration."""
    (directory / "onnx").mkdir(parents=True)
    shutil.copy(BUNDLED / "model.onnx", directory / "onnx" / "model.onnx")
    shutil.copy(BUNDLED / "tokenizer.json", directory / "tokenizer.json")
    configure(directory, id2label={str(at): label for at, label in enumerate(labels)})
    return directory


def configure(directory: Path, **changes: object) -> None:
    """Write `config.json`, or change keys of it."""
    path = directory / "config.json"
    before = json.loads(path.read_text()) if path.is_file() else {"architectures": ["BertForSequenceClassification"]}
    path.write_text(json.dumps({**before, **changes}))


def first_stage(directory: Path) -> Path:
    """Write the bundled model's first stage as a model of its own, at temperature 1: what `onnx_checkpoint` holds."""
    directory.mkdir(parents=True)
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(BUNDLED / name, directory / name)
    card = json.loads((BUNDLED / "model.json").read_text())
    kept = {key: value for key, value in card.items() if key not in ("exits", "last")}
    (directory / "model.json").write_text(json.dumps(kept | {"temperature": 1.0}))
    return directory
