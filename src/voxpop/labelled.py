"""Labelled posts: tables with the columns `label` and `text`, for evaluation and training."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voxpop.errors import Terminal
from voxpop.scorers.scores import LABELS
from voxpop.table import KINDS, Row, Table, kind_of

BATCH: Final = 4096
# Collections that went through JSON twice hold these as written-out text.
_LITERAL: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\([\"'/])")
_NUMBERED: Final = {"2": {"0": 0, "1": 1, "2": 2}, "-1": {"-1": 0, "0": 1, "1": 2}}
"""What numbers mean, by the one that tells: TweetEval counts from 0, others from -1."""


@dataclass(frozen=True)
class Labelled:
    """Texts, the index in `LABELS` of each one's true class, and its topic where the table has one."""

    texts: list[str]
    gold: list[int]
    topics: list[str | None]

    def __len__(self) -> int:
        return len(self.texts)


class LabelledFile:
    r"""A labelled .tsv, .csv, .jsonl or .parquet table, packed or not, read batch by batch.

    Columns besides `label`, `text` and `topic` are left aside. Labels are in any case, or numbers where these say
    which is which: 0, 1, 2 for negative, neutral, positive when a 2 occurs, -1, 0, 1 when a -1 does. Literal `\u2019`
    escapes in a text are decoded. Rows that cannot be read, or lack a label or a text, are left out and counted.

    Attributes:
        n: how many posts it has.
        broken: how many rows are left out; `problem`: the first of them.
        empty: how many posts have an empty text; they are among the `n`.
        has_topics: whether any post has a topic.
        found: how many posts have each label, in the order of `LABELS`.
    """

    def __init__(self, path: Path) -> None:
        """Read the table once, to know its labels and what is wrong with it.

        Raises:
            Terminal: the file is missing, of another kind, without a post, lacks a column, or has a label that is not
                one of three.
        """
        if kind_of(path) in (None, ".txt"):
            raise Terminal(f"{path} is no labelled table; give a file that ends in {', '.join(KINDS[1:])}")
        self.path = path
        self.n = self.broken = self.empty = 0
        self.problem: str | None = None
        self.has_topics = False
        counts: dict[str, int] = {}
        for row in self._rows():
            if problem := _problem(row):
                self.broken += 1
                self.problem = self.problem or f"row {row.position}: {problem}"
                continue
            self.n += 1
            self.empty += not _text(row).strip()
            self.has_topics = self.has_topics or bool(row.values.get("topic"))
            label = _label(row)
            counts[label] = counts.get(label, 0) + 1
        self._check(counts)
        self._codes = _codes(path, set(counts))
        self.found = [sum(n for label, n in counts.items() if self._codes[label] == at) for at in range(len(LABELS))]

    def __len__(self) -> int:
        return self.n

    def batches(self, size: int = BATCH) -> Iterator[Labelled]:
        """Every post, in order, at most `size` at a time."""
        batch = Labelled([], [], [])
        for row in self._rows():
            if _problem(row):
                continue
            batch.texts.append(decode_literals(_text(row)))
            batch.gold.append(self._codes[_label(row)])
            batch.topics.append(str(row.values["topic"]) if row.values.get("topic") else None)
            if len(batch) == size:
                yield batch
                batch = Labelled([], [], [])
        if len(batch):
            yield batch

    def _rows(self) -> Iterator[Row]:
        with Table(self.path) as table:
            missing = [name for name in ("label", "text") if table.header is not None and name not in table.header]
            if missing:
                raise Terminal(
                    f"{self.path} has no column {' and no column '.join(missing)}; its first line must name them"
                )
            yield from table.rows()

    def _check(self, counts: dict[str, int]) -> None:
        if counts:
            return
        why = f"; the first of its {self.broken:,} broken rows is {self.problem}" if self.broken else ""
        raise Terminal(f"{self.path} has no labelled post{why}; give a table with rows of label and text")


def read_labelled(path: Path) -> Labelled:
    """The whole of a `LabelledFile`, in memory.

    Raises:
        Terminal: as `LabelledFile` does.
    """
    whole = Labelled([], [], [])
    for batch in LabelledFile(path).batches():
        whole.texts.extend(batch.texts)
        whole.gold.extend(batch.gold)
        whole.topics.extend(batch.topics)
    return whole


def decode_literals(text: str) -> str:
    r"""Decode escapes that are written out in a text.

    >>> decode_literals(r"don\u2019t say \"no\"")
    'don’t say "no"'
    """
    decoded = _LITERAL.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
    # An emoji is written out as two surrogates, and half of one is no character.
    return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _problem(row: Row) -> str | None:
    if row.problem:
        return row.problem
    missing = [name for name in ("label", "text") if row.values.get(name) is None]
    if missing:
        return f"no {' and no '.join(missing)}"
    return None if _label(row) else "an empty label"


def _label(row: Row) -> str:
    return str(row.values["label"]).strip().casefold()


def _text(row: Row) -> str:
    return str(row.values["text"])


def _codes(path: Path, labels: set[str]) -> dict[str, int]:
    """What each label of the file means."""
    if labels <= set(LABELS):
        return {label: LABELS.index(label) for label in labels}
    known = [codes for mark, codes in _NUMBERED.items() if mark in labels and labels <= set(codes)]
    if known:
        return known[0]
    if labels <= {"-1", "0", "1", "2"}:
        raise Terminal(
            f"{path} has the labels {', '.join(sorted(labels))}, which may mean either 0, 1, 2 or -1, 0, 1; "
            f"use {', '.join(LABELS)}"
        )
    unknown = sorted(labels - set(LABELS))
    raise Terminal(f"{path} has the labels {', '.join(unknown[:5])}; use {', '.join(LABELS)}")
