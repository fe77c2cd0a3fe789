"""A checkpoint becomes an exported directory in the cache, once; from then on it opens like any exported model."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import onnxruntime as ort
from filelock import FileLock

from voxpop import console, models
from voxpop.checkpoints import hub, layout
from voxpop.checkpoints.labels import classes_of, matrix
from voxpop.checkpoints.layout import Checkpoint
from voxpop.errors import Terminal
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS
from voxpop.testing import check_scorer

_FORMAT: Final = "1"
"""Part of every key of the cache. Raise it when what is written there changes."""

_INPUTS: Final = {"input_ids", "attention_mask", "token_type_ids"}
# DynamicQuantizeLinear, DynamicQuantizeMatMul, DynamicQuantizeLSTM: all take their scales from the whole batch.
_DYNAMIC: Final = b"DynamicQuantize"
TEXTS: Final = (
    "I love it", "this is awful, never again", "the bus leaves at five", "so good " * 200, "ok", "😀", None, "",
    "it is what it is and nobody asked for it", "good morning everyone, what a day to be outside",
)  # fmt: skip
"""Invented texts of different lengths, on which every adopted model must keep a scorer's laws."""


@dataclass(frozen=True)
class Adoption:
    """How to take a checkpoint in.

    Attributes:
        cache: directory below which adopted models lie, in `models/`.
        labels: the checkpoint's label to one of ours; empty where they are to be recognised.
        languages: ISO 639-1 codes the model reads; empty for what its configuration says, which is mostly any.
    """

    cache: Path
    labels: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()


def find(model: str, how: Adoption) -> Path:
    """The exported directory of a model: bundled, a directory, a checkpoint's directory or `hub:org/name[@revision]`.

    The first time, a checkpoint is fetched, turned into ONNX where it is not, checked and written to the cache; later
    that is opened without a look at the network. A `hub:` name without a commit stays what it was the first time.

    Raises:
        Terminal: there is no such model, or it may not or cannot be opened; the message ends with the fix.
        Transient: the Hub could not be reached.
    """
    directory = Path(model)
    remote = model.startswith(hub.PREFIX)
    if not remote and (model in models.bundled() or not layout.is_checkpoint(directory)):
        return models.find(model)
    name = model if remote else directory.resolve().name
    target = how.cache.expanduser() / "models" / f"{layout.plain(name)}-{_key(model, how)}"
    if (target / "model.json").is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not (target / "model.json").is_file():
            _build(model, how, target)
    return target


def described(checkpoint: Checkpoint, how: Adoption) -> dict[str, Any]:
    """What `model.json` says of a checkpoint, before its temperature. Raises `Terminal` for labels without a class."""
    classes = classes_of(checkpoint.labels, how.labels, checkpoint.name)
    found: dict[str, Any] = {
        "name": checkpoint.name,
        "labels": list(LABELS),
        "languages": list(how.languages or checkpoint.languages),
        "max_length": checkpoint.max_length,
    }
    mapping = matrix(classes)
    if mapping:
        found |= {"outputs": list(checkpoint.labels), "classes": mapping}
    return found | ({"pad": checkpoint.pad} if checkpoint.pad else {})


def check(directory: Path, name: str, texts: Sequence[str | None] = TEXTS) -> OnnxScorer:
    """Open an exported directory and hold it to a scorer's laws; answers the scorer.

    Raises:
        Terminal: it cannot be run, asks for other inputs than tokens, or a score depends on its neighbours.
    """
    path = directory / "model.onnx"
    if quantises_on_the_fly(path):
        raise Terminal(
            f"{name} takes its 8-bit scales from the whole batch, so that a post's score would depend on its "
            "neighbours; use the float file (model.onnx), or make an 8-bit one with voxpop export"
        )
    try:
        session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        # From memory the split law would hold for anything.
        scorer = OnnxScorer.open(directory, remembered=0)
        asked = {each.name: each.type for each in session.get_inputs()}
        shapes = {each.name: each.shape for each in session.get_outputs()}
        fit = set(asked) <= _INPUTS and set(asked.values()) == {"tensor(int64)"} and "attention_mask" in asked
        if not fit or "logits" not in shapes:
            raise Terminal(f"{name} takes {', '.join(asked)}, not a text's tokens alone; use a classifier of texts")
        if isinstance(count := shapes["logits"][-1], int) and count != scorer.outputs:
            raise Terminal(
                f"{name} answers {count} numbers for {scorer.outputs} labels; correct id2label in its config"
            )
        check_scorer(scorer, texts, len(texts) // 2)
    except AssertionError as error:
        raise Terminal(f"{name} breaks a scorer's law ({error}); use another checkpoint") from error
    except Terminal:
        raise
    except Exception as error:
        # ONNX Runtime and tokenizers raise plain exceptions of many kinds, and all mean that the files are no use.
        text = " ".join(str(error).split())[:200]
        raise Terminal(f"{name} cannot be run ({text}); use another checkpoint, or fetch it again") from error
    return scorer


def quantises_on_the_fly(path: Path) -> bool:
    """Whether an ONNX file has a node that takes its 8-bit scales from the batch it is given."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(_DYNAMIC) >= 0


def _key(model: str, how: Adoption) -> str:
    source: Any = model
    if not model.startswith(hub.PREFIX):
        files = sorted(path for path in Path(model).resolve().rglob("*") if path.is_file())
        source = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    key = json.dumps([_FORMAT, source, sorted(how.labels.items()), sorted(how.languages)])
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _build(model: str, how: Adoption, target: Path) -> None:
    origin = model
    directory = Path(model)
    if model.startswith(hub.PREFIX):
        fetched = hub.fetch(model)
        directory, origin = fetched.directory, f"{model.partition('@')[0]}@{fetched.commit}"
    else:
        origin = directory.resolve().name
    checkpoint = layout.read(directory, model if model.startswith(hub.PREFIX) else origin)
    card = described(checkpoint, how) | {"temperature": 1.0, "checkpoint": origin}
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        new = Path(scratch) / "model"
        new.mkdir()
        _write_parts(checkpoint, new)
        (new / "model.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        check(new, checkpoint.name)
        new.rename(target)


def _write_parts(checkpoint: Checkpoint, out: Path) -> None:
    tokenizer = checkpoint.directory / "tokenizer.json"
    ready = checkpoint.is_onnx and tokenizer.is_file()
    if not ready and not (find_spec("torch") and find_spec("transformers") and find_spec("onnx")):
        lacks = "model.onnx" if not checkpoint.is_onnx else "tokenizer.json"
        raise Terminal(
            f"{checkpoint.name} has no {lacks}, and to make it needs PyTorch; "
            "install that with pip install 'voxpop[train]', or use a checkpoint that has it"
        )
    if checkpoint.is_onnx:
        _copy(checkpoint.directory / checkpoint.weights, out / "model.onnx")
        if ready:
            _copy(tokenizer, out / "tokenizer.json")
            return
    from voxpop.training import network

    network.write_tokenizer(checkpoint.directory, out)
    if not checkpoint.is_onnx:
        console.say(f"turning {checkpoint.name} into ONNX, which is done once ...")
        network.write_float(checkpoint.directory, out / "model.onnx")


def _copy(source: Path, target: Path) -> None:
    """Share the bytes where the file system can, for weights are large."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
