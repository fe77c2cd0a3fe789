"""What lies in a checkpoint's directory, and whether it may be opened: safetensors or ONNX, and no code."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from voxpop.errors import Terminal

LONGEST: Final = 128
"""Tokens of a post that count, at most: as for the bundled model, about 90 words."""

_STEP: Final = 8
# RoBERTa and its kin count positions from 2, so that two of them are never used.
_KEPT_POSITIONS: Final = 2
_ONNX: Final = ("model.onnx", "onnx/model.onnx")
_PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack", ".ot")
_HEADS: Final = "ForSequenceClassification"
_OWN: Final = "Sentiment"


@dataclass(frozen=True)
class Checkpoint:
    """A directory that was found fit to be opened.

    Attributes:
        weights: the file within `directory`, ONNX or safetensors.
        labels: the checkpoint's own, in the order of its answers.
        languages: ISO 639-1 codes of the key `language` of its configuration; empty, which is any, in most.
        max_length: tokens of a post that count, a multiple of 8.
        pad: the id that a row is filled with, which its attention mask hides.
    """

    directory: Path
    name: str
    weights: str
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    max_length: int
    pad: int

    @property
    def is_onnx(self) -> bool:
        """Whether the weights are ready to run without PyTorch."""
        return self.weights.endswith(".onnx")


def is_checkpoint(directory: Path) -> bool:
    """Whether a directory says that it is a Hugging Face checkpoint, fit or not."""
    return (directory / "config.json").is_file()


def read(directory: Path, name: str) -> Checkpoint:
    """Look at the files in `directory`; `name` is for messages, and the first part of the model's id.

    Raises:
        Terminal: it holds pickles alone, needs code of its own, or does not classify texts into one of two or more.
    """
    config = _json(directory / "config.json", name)
    tokenizer = _json(directory / "tokenizer_config.json", name) if _has(directory, "tokenizer_config.json") else {}
    if "auto_map" in config or "auto_map" in tokenizer:
        raise Terminal(f"{name} brings Python code of its own, which Voxpop never runs; use a checkpoint without it")
    files = [path.relative_to(directory).as_posix() for path in (*directory.iterdir(), *directory.glob("onnx/*"))]
    return Checkpoint(
        directory,
        plain(name),
        weights(files, name),
        _labels(config, name),
        _languages(config),
        _max_length(config, tokenizer),
        pad if isinstance(pad := config.get("pad_token_id"), int) and pad >= 0 else 0,
    )


def weights(files: Collection[str], name: str) -> str:
    """The file among `files` to take the weights from: ONNX before safetensors, for it needs no PyTorch.

    Raises:
        Terminal: there is neither; a pickle can run code when it is opened, so none is.
    """
    graphs = [file for file in _ONNX if file in files]
    tensors = [file for file in sorted(files) if file.endswith(".safetensors") and "/" not in file]
    others = [file for file in sorted(files) if file.endswith(".onnx")]
    if found := [*graphs, *tensors, *(others if len(others) == 1 else [])]:
        return found[0]
    if any(file.endswith(_PICKLES) for file in files):
        raise Terminal(
            f"{name} has its weights as a pickle alone, which can run code when it is opened; use a revision with "
            "model.safetensors (some have one as @refs/pr/1), or save it again with save_pretrained where you trust it"
        )
    raise Terminal(f"{name} has neither model.safetensors nor model.onnx; use a checkpoint that has one")


def plain(name: str) -> str:
    """The last part of a name, fit to be a file's name.

    >>> plain("hub:org/Some Model@main")
    'Some-Model'
    """
    last = PurePosixPath(re.sub(r"^hub:([^@]*).*", r"\1", name)).name
    return re.sub(r"[^A-Za-z0-9._]+", "-", last).strip("-.")[:60] or "model"


def _has(directory: Path, name: str) -> bool:
    return (directory / name).is_file()


def _json(path: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Terminal(f"{name}: {path.name} cannot be read ({error}); download the checkpoint again") from error
    if not isinstance(found, dict):
        raise Terminal(f"{name}: {path.name} is no JSON object; download the checkpoint again")
    return found


def _labels(config: dict[str, Any], name: str) -> tuple[str, ...]:
    heads = [str(head) for head in config.get("architectures") or []]
    if heads and not any(head.endswith(_HEADS) or head.startswith(_OWN) for head in heads):
        raise Terminal(f"{name} is a {heads[0][:60]}, not a classifier of texts; fine-tune it first: voxpop train")
    if config.get("problem_type") in ("multi_label_classification", "regression"):
        raise Terminal(f"{name} is made for {config['problem_type']}; use one that answers one label of several")
    named = config.get("id2label") or {str(at): f"LABEL_{at}" for at in range(2)}
    try:
        labels = tuple(str(named[str(at)]) for at in range(len(named)))
    except (KeyError, TypeError) as error:
        raise Terminal(f"{name}: id2label in config.json does not count from 0; correct it there") from error
    if len(labels) < 2 or len({label.casefold() for label in labels}) < len(labels):
        raise Terminal(f"{name} answers {len(labels)} labels, not two or more different ones; use a classifier")
    return labels


def _languages(config: dict[str, Any]) -> tuple[str, ...]:
    given = config.get("language") or config.get("languages") or ()
    codes = [given] if isinstance(given, str) else list(given) if isinstance(given, list) else []
    return tuple(sorted({str(code) for code in codes})) if all(re.fullmatch("[a-z]{2}", str(c)) for c in codes) else ()


def _max_length(config: dict[str, Any], tokenizer: dict[str, Any]) -> int:
    positions = config.get("max_position_embeddings")
    limits = [LONGEST, tokenizer.get("model_max_length")]
    limits.append(positions - _KEPT_POSITIONS if isinstance(positions, int) else None)
    shortest = min(int(limit) for limit in limits if isinstance(limit, int | float) and limit >= _STEP)
    return shortest // _STEP * _STEP
