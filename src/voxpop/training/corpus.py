"""The prepared texts of a recipe: labelled, development and unlabelled."""

from __future__ import annotations

import gzip
import importlib.util
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from voxpop.errors import Terminal
from voxpop.labelled import Labelled, read_labelled
from voxpop.scorers.scores import LABELS
from voxpop.text import is_blank, prepare
from voxpop.training.recipe import Inputs

HUB = "datasets:"


@dataclass(frozen=True)
class Table:
    """Prepared texts, the index in `LABELS` of each one's class, and its prepared topic, "" where it has none."""

    texts: list[str]
    gold: list[int]
    topics: list[str]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.texts)


_PARTS: Final = (attrgetter("texts"), attrgetter("gold"), attrgetter("topics"))


@dataclass(frozen=True)
class Corpus:
    """What a run reads. No unlabelled text is also in `train` or `dev`, and none is there twice."""

    train: Table
    dev: Table
    unlabelled: list[str]
    added: dict[str, int]
    """How many rows each table of `add` brought to `train`."""


def read_corpus(inputs: Inputs) -> Corpus:
    """Read and prepare the texts. Raises `Terminal` where a table is missing, has no fitting column, or is empty."""
    dev = read_table(inputs.dev)
    more = {name: without(read_table(name), dev) for name in inputs.add}
    tables = [*(read_table(name) for name in inputs.data), *more.values()]
    train = Table(*([each for table in tables for each in part(table)] for part in _PARTS))
    unlabelled = read_lines(inputs.unlabelled, inputs.unlabelled_rows) if inputs.unlabelled else []
    return Corpus(train, dev, apart(unlabelled, train, dev), {name: len(table) for name, table in more.items()})


def without(table: Table, dev: Table) -> Table:
    """Return the rows whose text is not in `dev`, which people may have labelled anew and which is never trained on."""
    known = set(dev.texts)
    kept = [at for at, text in enumerate(table.texts) if text not in known]
    return Table(*([part(table)[at] for at in kept] for part in _PARTS))


def apart(texts: list[str], *tables: Table) -> list[str]:
    """Return the prepared texts that are in none of the tables, each once, without those that say nothing."""
    known = {text for table in tables for text in table.texts}
    return [text for text in dict.fromkeys(texts) if text not in known and not is_blank(text)]


def read_table(name: str) -> Table:
    """Read a labelled file, or a data set by `datasets:NAME[:SPLIT]`, and prepare its texts."""
    labelled = _from_hub(name.removeprefix(HUB)) if name.startswith(HUB) else read_labelled(Path(name))
    topics = [prepare(topic or "") for topic in labelled.topics]
    return Table([prepare(text) for text in labelled.texts], labelled.gold, topics)


def read_lines(path: Path, rows: int) -> list[str]:
    """Read a text a line, from plain text or .gz, and prepare the first `rows` of them (0: all)."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            return [prepare(line) for line in islice(lines, rows or None) if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise Terminal(f"cannot read {path} ({error}); give a file of UTF-8 text, a text a line") from error


def _from_hub(name: str) -> Labelled:
    if importlib.util.find_spec("datasets") is None:
        raise Terminal(f"{HUB}{name} needs the library datasets; run pip install datasets, or give a file")
    import datasets

    name, _, split = name.partition(":")
    try:
        table = datasets.load_dataset(name, split=split or "train")
    except Exception as error:
        # The library raises its own kinds for what is absent, private or unreachable; a line says it for all.
        raise Terminal(f"datasets cannot load {name} ({str(error)[:200]}); check name and split") from error
    if missing := [column for column in ("label", "text") if column not in table.column_names]:
        raise Terminal(f"{HUB}{name} has no column {' and no column '.join(missing)}; give another")
    named = getattr(table.features["label"], "int2str", str)
    gold = [_class(str(named(value)), name) for value in table["label"]]
    return Labelled([str(text) for text in table["text"]], gold, [None] * len(gold))


def _class(label: Any, name: str) -> int:
    if label.lower() not in LABELS:
        raise Terminal(f"{HUB}{name} has the label {label}; use {', '.join(LABELS)}")
    return LABELS.index(label.lower())
