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
import pyarrow as pa
import torch
from transformers import PreTrainedModel

from voxpop import console
from voxpop.checkpoints import adoption, layout
from voxpop.checkpoints.adoption import TEXTS, Adoption
from voxpop.errors import Terminal
from voxpop.insight import labelling
from voxpop.labelled import Labelled, read_labelled
from voxpop.metrics import calibration_error, confusion, macro_recall
from voxpop.scorers.card import model_id
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.stages import session_of
from voxpop.text import is_blank, prepare
from voxpop.training import network
from voxpop.training.calibration import fit_temperature, softmax
from voxpop.training.card import card, measure
from voxpop.training.classifier import adjust, pair_of
from voxpop.training.embedding import quantise_words
from voxpop.training.heads import row_by_row
from voxpop.training.quantise import Feed, Size, calibrate, quantise
from voxpop.training.reader import ANY_TOPIC, Reader, Said, said_in, spread
from voxpop.training.stages import Cut, Plan, cost, fixed, plan, split

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
        first_exit: the lowest layer at which a row may leave: the first one knows words, not what "not" does to them.
        balance: how far rare labels are favoured, in [0, 1]; see `voxpop.training.classifier.adjust`.
        exit_loss: macro recall on `dev` that early exits may cost; a network has those that it was trained with.
        exit_at: layers and the probability from which a row leaves there, in place of a search for the best.
    """

    checkpoint: Path
    out: Path
    data: Path | None = None
    dev: Path | None = None
    precision: Literal["int8", "float"] = "int8"
    name: str = ""
    how: Adoption = field(default_factory=lambda: Adoption(Path()))
    about: dict[str, str] = field(default_factory=dict)
    exit_loss: float = 0.002
    first_exit: int = 1
    balance: float = 0.0
    exit_at: tuple[tuple[int, float], ...] = ()


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
    if wanted.balance:
        adjust(model, np.bincount(data.gold if data else [], minlength=3).tolist(), wanted.balance)
    network.write_tokenizer(wanted.checkpoint, new)
    described |= _reading(model, wanted, tables)
    read = Reader(new, described)
    graph = network.to_onnx(model)
    small = _small(graph, read, data) if data and wanted.precision == "int8" else graph.model
    whole = new.parent / "whole.onnx"
    onnx.save(small, whole)
    table = dev or data
    rows = said_in(table) if table else [(text, "") for text in TEXTS if text]
    feeds = [read(row) for row in spread(rows, _COMPARED)]
    figures: dict[str, Any] = {
        "precision": wanted.precision,
        "attention_fused": graph.fused,
        "balance": wanted.balance,
        **parity(model, whole, feeds, classes_in(described)),
    }
    cuts = [cut for cut in network.cuts_of(model) if cut.layer >= wanted.first_exit]
    fitted = Fit(whole, read, dev, classes_in(described), cuts) if dev else None
    layers = cost(model.config.num_hidden_layers, getattr(model.config, "halve_after", 0))
    exits = fitted.plan(layers, wanted) if fitted else Plan((), 0.0, 0.0)
    figures["parameters"] = network.parameters(model, exits.end)
    stages = split(small, [cut for cut, _ in exits.exits], model.config.hidden_size)
    if not exits.whole:
        stages.pop()
    names = ["model.onnx", *(f"model-{at}.onnx" for at in range(2, len(stages) + 1))]
    for name, stage in zip(names, stages, strict=True):
        row_by_row(stage)
        onnx.save(stage, new / name)
    figures["megabytes"] = round(sum((new / name).stat().st_size for name in names) / 1e6, 1)
    if fitted:
        figures |= fitted.figures(exits)
        described |= fitted.described(exits, names)
    described = {"temperature": 1.0} | described | {"export": dict(figures)}
    (new / "model.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    scorer = adoption.check(new, described["name"], [*TEXTS, *(text for text, _ in spread(rows, 50))])
    known = measure(scorer, dev, _run_of(wanted.checkpoint))
    (new / "CARD.md").write_text(card({**described, **figures}, known), encoding="utf-8")
    if wanted.dev and (problem := labelling.beside(scorer, wanted.dev, new)):
        console.say(f"the model has no correction for its errors: {problem}")
    temperature = described["temperature"]
    return {**figures, "temperature": temperature, "split_law": "kept", **_speed(scorer, spread(rows, _TIMED))}


def _reading(model: PreTrainedModel, wanted: Export, tables: tuple[Labelled | None, Labelled | None]) -> dict[str, str]:
    """What the card says of how the network reads. Raises `Terminal` where a table lacks what it reads."""
    found = {"emoji": "words"} if getattr(model.config, "emoji", "signs") == "words" else {}
    if (pair := pair_of(model.config)) == "none":
        return found
    if without := [path for path, table in zip((wanted.data, wanted.dev), tables, strict=True) if _lacks(table)]:
        raise Terminal(f"this network reads a post beside its topic; give {without[0]} a topic in every row")
    return {**found, "pair": pair}


def _lacks(table: Labelled | None) -> bool:
    """Whether some row of a table has no topic."""
    return table is not None and not all(table.topics)


def _run_of(checkpoint: Path) -> dict[str, Any]:
    path = checkpoint / "train.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def classes_in(described: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Return the card's matrix `(labels, 3)`, the identity where it has none."""
    return np.array(described.get("classes") or np.eye(3))


def parity(
    model: PreTrainedModel, path: Path, feeds: Sequence[Feed], classes: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """Return how far the graph in `path` is from `model` on these rows: labels flipped, changes of probabilities."""
    before = np.empty((len(feeds), len(classes)))
    with console.counting("compare", len(feeds), "post") as bar, torch.inference_mode():
        for row, feed in enumerate(feeds):
            tensors = {name: torch.from_numpy(values) for name, values in feed.items()}
            before[row] = model(**tensors).logits.double().numpy()[0]
            bar.update()
    one, other = softmax(before) @ classes, softmax(_run(path, feeds)[0]) @ classes
    return {
        "parity_rows": len(feeds),
        "labels_flipped": int((one.argmax(1) != other.argmax(1)).sum()),
        "max_change": round(float(np.abs(one - other).max()), 6),
        "mean_change": round(float(np.abs(one - other).mean()), 6),
    }


def _small(graph: network.Graph, read: Reader, data: Labelled) -> onnx.ModelProto:
    feeds = [read(row) for row in spread(said_in(data), _RANGES)]
    with console.counting("measure ranges", len(feeds), "post") as bar:
        ranges = calibrate(graph.model, _watched(feeds, bar))
    return quantise_words(quantise(graph.model, ranges, Size(read.max_length, read.pairs)))


class Fit:
    """What the development posts say of a graph: a temperature for each of its heads, and which exits are worth it."""

    def __init__(
        self, whole: Path, read: Reader, dev: Labelled, classes: npt.NDArray[np.float64], cuts: Sequence[Cut]
    ) -> None:
        """Run the posts that hold something to score through the graph, once."""
        rows = [row for row, text in enumerate(dev.texts) if not is_blank(prepare(text))]
        self._cuts = list(cuts)
        heads = [*(cut.logits for cut in cuts), "logits"]
        self._gold = np.array([dev.gold[row] for row in rows])
        said = said_in(dev)
        logits = _run(whole, [read(said[row]) for row in rows], heads)
        self._heats = [fit_temperature(each, self._gold, classes) for each in logits]
        self._plain = softmax(logits[-1]) @ classes
        self._chances = [softmax(each, heat) @ classes for each, heat in zip(logits, self._heats, strict=True)]

    def plan(self, layers: float, wanted: Export) -> Plan:
        """Return the exits to use: those that were named, or else the best; see `voxpop.training.stages`.

        Raises:
            Terminal: an exit was named after a layer that has no head.
        """
        gold = self._gold.tolist()
        if not wanted.exit_at:
            return plan(self._cuts, self._chances, gold, layers=layers, loss=wanted.exit_loss)
        known = {cut.layer: (cut, chances) for cut, chances in zip(self._cuts, self._chances, strict=False)}
        if missing := [layer for layer, _ in wanted.exit_at if layer not in known]:
            has = f"has heads after {', '.join(map(str, known))}" if known else "was trained without --exit-layer"
            raise Terminal(f"no post can leave after layer {missing[0]}: this network {has}")
        return fixed([(*known[layer], sure) for layer, sure in sorted(wanted.exit_at)], self._chances[-1], gold, layers)

    def described(self, exits: Plan, names: Sequence[str]) -> dict[str, Any]:
        """Return the card's entries: the temperature and, where there are exits, each one's file, heat and sureness."""
        heats = [self._heats[self._cuts.index(cut)] for cut, _ in exits.exits] + [self._heats[-1]] * exits.whole
        found: dict[str, Any] = {"temperature": heats[-1]}
        if len(names) > 1:
            rows = zip(names, heats, exits.exits, strict=False)
            found["exits"] = [{"file": name, "temperature": heat, "sure": sure} for name, heat, (_, sure) in rows][
                : len(names) - 1
            ]
            found["last"] = names[-1]
        return found

    def figures(self, exits: Plan) -> dict[str, Any]:
        """Return macro recall and calibration, with the exits and without."""
        mixed = self._chances[-1]
        for cut, sure in reversed(exits.exits):
            early = self._chances[self._cuts.index(cut)]
            mixed = np.where(early.max(axis=1, keepdims=True) >= sure, early, mixed)
        found: dict[str, Any] = {
            "dev_rows": len(self._gold),
            "dev_macro_recall": round(macro_recall(confusion(self._gold, mixed.argmax(1))), 4),
            "dev_ece": round(calibration_error(mixed, self._gold), 4),
            "dev_ece_before": round(calibration_error(self._plain, self._gold), 4),
        }
        if exits.exits:
            last = self._chances[-1].argmax(1)
            found |= {
                "dev_macro_recall_without_exits": round(macro_recall(confusion(self._gold, last)), 4),
                "exit_layers": [cut.layer for cut, _ in exits.exits],
                "mean_layers": round(exits.layers, 2),
            }
        return found


def _run(path: Path, feeds: Sequence[Feed], heads: Sequence[str] = ("logits",)) -> list[Logits]:
    session = session_of(path, threads=os.cpu_count() or 1)
    with console.counting("measure", len(feeds), "post") as bar:
        found = [session.run(list(heads), dict(feed)) for feed in _watched(feeds, bar)]
    return [np.stack([row[at][0] for row in found]).astype(np.float64) for at in range(len(heads))]


def _watched(feeds: Sequence[Feed], bar: Any) -> Iterator[Feed]:
    for feed in feeds:
        yield feed
        bar.update()


def _speed(scorer: OnnxScorer, said: Sequence[Said]) -> dict[str, Any]:
    columns = [text for text, _ in said], [topic or ANY_TOPIC for _, topic in said]
    batch = pa.record_batch([pa.array(column, pa.string()) for column in columns], names=["text", "topic"])
    started = time.perf_counter()
    scorer(batch)
    return {"posts_per_second_one_thread": round(len(said) / (time.perf_counter() - started), 1)}


def _replace(out: Path, new: Path, old: Path) -> None:
    if out.exists():
        os.rename(out, old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
