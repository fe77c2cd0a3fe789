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
