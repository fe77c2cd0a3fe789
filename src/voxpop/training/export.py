"""Export a fine-tuned checkpoint as the one ONNX file that ships, in 8 bits or float, and measure what that changed."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pyarrow as pa
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from voxpop import console
from voxpop.checkpoints import adoption, layout
from voxpop.checkpoints.adoption import TEXTS, Adoption
from voxpop.errors import Terminal
from voxpop.labelled import Labelled, read_labelled
from voxpop.metrics import calibration_error, confusion, macro_recall
from voxpop.scorers.onnx import OnnxScorer, model_id
from voxpop.text import is_blank, prepare
from voxpop.training import network
from voxpop.training.calibration import fit_temperature, softmax
from voxpop.training.card import card
from voxpop.training.embedding import quantise_words
from voxpop.training.quantise import Feed, calibrate, quantise

Logits = npt.NDArray[np.float64]
_RANGES = 600
_COMPARED = 500
_TIMED = 128


@dataclass(frozen=True)
class Export:
    """What to export, how, and the data it is calibrated and measured on.

    Attributes:
        data: labelled posts on which the ranges of activations are measured; needed for int8.
        dev: labelled posts that fit the temperature and give the figures.
        about: free entries of the card, such as `licence`.
    """

    checkpoint: Path
    out: Path
    data: Path | None = None
    dev: Path | None = None
    precision: Literal["int8", "float"] = "int8"
    name: str = ""
    how: Adoption = field(default_factory=lambda: Adoption(Path()))
    about: dict[str, str] = field(default_factory=dict)


def export(wanted: Export) -> dict[str, Any]:
    """Write `model.onnx`, `tokenizer.json`, `model.json` and `CARD.md` to `wanted.out`; return the figures.

    They appear together or not at all, in the place of an earlier export.

    Raises:
        Terminal: the checkpoint cannot be opened or become ONNX, `out` holds something else, int8 lacks `data`, or the
            result breaks a scorer's law.
    """
    if wanted.precision == "int8" and not wanted.data:
        raise Terminal("8 bits need posts to measure on; give some with --data, or take --precision float")
    if wanted.out.exists() and not (wanted.out / "model.json").is_file() and any(wanted.out.iterdir()):
        raise Terminal(f"{wanted.out} holds something that is no model; give another --out")
    checkpoint = layout.read(wanted.checkpoint, wanted.name or wanted.checkpoint.resolve().name)
    described = adoption.described(checkpoint, wanted.how) | wanted.about
    data, dev = (read_labelled(path) if path else None for path in (wanted.data, wanted.dev))
    wanted.out.resolve().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=wanted.out.resolve().parent, prefix=".new-") as scratch:
        new = Path(scratch) / "model"
        new.mkdir()
        figures = _write(wanted, described, new, (data, dev))
        _replace(wanted.out, new, Path(scratch) / "old")
    return {"model_id": model_id(wanted.out), **figures}


def _write(
    wanted: Export, described: dict[str, Any], new: Path, tables: tuple[Labelled | None, Labelled | None]
) -> dict[str, Any]:
    data, dev = tables
    model = network.load(wanted.checkpoint)
    network.write_tokenizer(wanted.checkpoint, new)
    read = Reader(new, described)
    graph = network.to_onnx(model)
    small = _small(graph, read, data) if data and wanted.precision == "int8" else graph.model
    onnx.save(small, new / "model.onnx")
    table = dev or data
    texts = table.texts if table else [text for text in TEXTS if text]
    figures: dict[str, Any] = {
        "precision": wanted.precision,
        "attention_fused": graph.fused,
        "megabytes": round((new / "model.onnx").stat().st_size / 1e6, 1),
        **parity(model, new, [read(text) for text in _spread(texts, _COMPARED)], classes_in(described)),
    }
    temperature = 1.0
    if dev:
        temperature, fitted = _fit(new, read, dev, classes_in(described))
        figures |= fitted
    described |= {"temperature": temperature, "export": dict(figures)}
    (new / "model.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    (new / "CARD.md").write_text(card({**described, **figures}), encoding="utf-8")
    scorer = adoption.check(new, described["name"], [*TEXTS, *_spread(texts, 50)])
    return {**figures, "temperature": temperature, "split_law": "kept", **_speed(scorer, _spread(texts, _TIMED))}


class Reader:
    """Turns a text into the tokens that the scorer would feed."""

    def __init__(self, directory: Path, described: dict[str, Any]) -> None:
        """Open the tokenizer in `directory`."""
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.max_length: int = described["max_length"]
        self._tokenizer.enable_truncation(self.max_length)
        self._pad = described.get("pad", 0)

    def __call__(self, text: str) -> Feed:
        """Return one row, filled up to a multiple of 8 tokens."""
        tokens = self._tokenizer.encode(prepare(text)).ids
        length = -(-len(tokens) // 8) * 8
        ids, mask = np.full((1, length), self._pad, np.int64), np.zeros((1, length), np.int64)
        ids[0, : len(tokens)], mask[0, : len(tokens)] = tokens, 1
        return {"input_ids": ids, "attention_mask": mask}


def classes_in(described: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Return the card's matrix `(labels, 3)`, the identity where it has none."""
    return np.array(described.get("classes") or np.eye(3))


def parity(
    model: PreTrainedModel, directory: Path, feeds: Sequence[Feed], classes: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """Return how far `directory/model.onnx` is from `model` on these rows: labels flipped, changes of probabilities."""
    before = np.empty((len(feeds), len(classes)))
    with console.counting("compare", len(feeds), "post") as bar, torch.inference_mode():
        for row, feed in enumerate(feeds):
            tensors = {name: torch.from_numpy(values) for name, values in feed.items()}
            before[row] = model(**tensors).logits.double().numpy()[0]
            bar.update()
    one, other = softmax(before) @ classes, softmax(_run(directory, feeds)) @ classes
    return {
        "parity_rows": len(feeds),
        "labels_flipped": int((one.argmax(1) != other.argmax(1)).sum()),
        "max_change": round(float(np.abs(one - other).max()), 6),
        "mean_change": round(float(np.abs(one - other).mean()), 6),
    }


def _small(graph: network.Graph, read: Reader, data: Labelled) -> onnx.ModelProto:
    feeds = [read(text) for text in _spread(data.texts, _RANGES)]
    with console.counting("measure ranges", len(feeds), "post") as bar:
        ranges = calibrate(graph.model, _watched(feeds, bar))
    return quantise_words(quantise(graph.model, ranges, read.max_length))


def _fit(
    directory: Path, read: Reader, dev: Labelled, classes: npt.NDArray[np.float64]
) -> tuple[float, dict[str, Any]]:
    rows = [row for row, text in enumerate(dev.texts) if not is_blank(prepare(text))]
    logits, gold = _run(directory, [read(dev.texts[row]) for row in rows]), np.array([dev.gold[row] for row in rows])
    temperature = fit_temperature(logits, gold, classes)
    before, after = (softmax(logits, heat) @ classes for heat in (1.0, temperature))
    return temperature, {
        "dev_rows": len(rows),
        "dev_macro_recall": round(macro_recall(confusion(gold, after.argmax(1))), 4),
        "dev_ece": round(calibration_error(after, gold), 4),
        "dev_ece_before": round(calibration_error(before, gold), 4),
    }


def _run(directory: Path, feeds: Sequence[Feed]) -> Logits:
    session = ort.InferenceSession(directory / "model.onnx", providers=["CPUExecutionProvider"])
    with console.counting("measure", len(feeds), "post") as bar:
        return np.stack([session.run(["logits"], dict(feed))[0][0] for feed in _watched(feeds, bar)]).astype(np.float64)


def _watched(feeds: Sequence[Feed], bar: Any) -> Iterator[Feed]:
    for feed in feeds:
        yield feed
        bar.update()


def _speed(scorer: OnnxScorer, texts: Sequence[str]) -> dict[str, Any]:
    batch = pa.record_batch([pa.array(texts, pa.string())], names=["text"])
    started = time.perf_counter()
    scorer(batch)
    return {"posts_per_second_one_thread": round(len(texts) / (time.perf_counter() - started), 1)}


def _spread(texts: Sequence[str], most: int) -> list[str]:
    """Return at most `most` texts that hold something to score, evenly from the whole table."""
    some = texts[:: max(1, len(texts) // most)]
    return [text for text in some if not is_blank(prepare(text))][:most]


def _replace(out: Path, new: Path, old: Path) -> None:
    if out.exists():
        os.rename(out, old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
