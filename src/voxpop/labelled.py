"""Labelled posts: tables with the columns `label` and `text`, for evaluation and training."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from voxpop.errors import Terminal
from voxpop.scorers.scores import LABELS

# Collections that went through JSON twice hold these as written-out text.
_LITERAL: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\([\"'/])")


@dataclass(frozen=True)
class Labelled:
    """Texts, the index in `LABELS` of each one's true class, and its topic where the table has one."""

    texts: list[str]
    gold: list[int]
    topics: list[str | None]

    def __len__(self) -> int:
        return len(self.texts)


def read_labelled(path: Path) -> Labelled:
    r"""Read a .tsv, .csv, .jsonl or .parquet table; columns besides `label`, `text` and `topic` are left aside.

    In a .tsv quotes have no meaning, as SemEval and TweetEval write theirs, and the last column runs to the end of the
    line. Literal `\u2019` escapes, which some collections hold, are decoded.

    Raises:
        Terminal: the file is missing, empty, of another kind, lacks a column, or has a label that is not one of three.
    """
    if path.suffix not in _READERS:
        raise Terminal(f"{path} is no labelled table; give a file that ends in {', '.join(_READERS)}")
    if not path.is_file():
        raise Terminal(f"there is no file {path}; check the path")
    rows = list(_READERS[path.suffix](path))
    missing = [column for column in ("label", "text") if not rows or rows[0].get(column) is None]
    if missing:
        raise Terminal(f"{path} has no column {' and no column '.join(missing)}; its first line must name them")
    if unknown := sorted({str(row["label"]) for row in rows} - set(LABELS)):
        raise Terminal(f"{path} has the labels {', '.join(unknown[:5])}; use {', '.join(LABELS)}")
    return Labelled(
        [decode_literals(str(row["text"])) for row in rows],
        [LABELS.index(row["label"]) for row in rows],
        [row.get("topic") for row in rows],
    )


def decode_literals(text: str) -> str:
    r"""Decode escapes that are written out in a text.

    >>> decode_literals(r"don\u2019t say \"no\"")
    'don’t say "no"'
    """
    return _LITERAL.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)


def _tsv(path: Path) -> Iterator[Mapping[str, Any]]:
    header, *lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    columns = header.rstrip("\r").split("\t")
    for line in lines:
        yield dict(zip(columns, line.rstrip("\r").split("\t", len(columns) - 1), strict=False))


def _csv(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8", newline="") as source:
        yield from csv.DictReader(source)


def _jsonl(path: Path) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise Terminal(f"{path}, line {number}, is not JSON ({error}); correct or remove it") from error
        yield row


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = pq.read_table(path).to_pylist()
    yield from rows


_READERS: Final = {".tsv": _tsv, ".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}
