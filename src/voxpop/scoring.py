"""Scoring the posts of a file or a pipe: one row out for each row in, in order, in constant memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from voxpop.errors import Terminal
from voxpop.output import Output, unbroken
from voxpop.score import UNSCORED, score_texts
from voxpop.seams import Scorer
from voxpop.table import Row, Table

BATCH: Final = 1024
SECONDS: Final = 1.0


@dataclass(frozen=True)
class Wanted:
    """What to read and what to write.

    Attributes:
        column: the column with the text.
        keep: whether the input's columns are written too.
        any_language: whether texts are scored in languages that the model cannot read.
        topic: what a model that reads a topic reads each text beside, in words.
    """

    column: str = "text"
    keep: bool = False
    any_language: bool = False
    topic: str | None = None


@dataclass
class Count:
    """What became of the rows: `unscored` holds those with an error, too; `error` is the first of these."""

    rows: int = 0
    unscored: int = 0
    errors: int = 0
    error: str | None = None


class Scoring:
    """One pass over a table.

    A batch is closed when it is full, a second old, or a pipe pauses, so that a live pipe is answered as it flows. A
    row that cannot be read is unscored and says why in `error`.
    """

    def __init__(self, scorer: Scorer, table: Table, wanted: Wanted) -> None:
        """Take the parts; nothing is read yet.

        Raises:
            Terminal: the table has no such column.
        """
        if table.header is not None and wanted.column not in table.header:
            names = ", ".join(table.header)
            raise Terminal(f"{table.path} has no column {wanted.column!r} but {names}; name the one with --column")
        self.count = Count()
        self._scorer, self._table, self._wanted = scorer, table, wanted
        self._open: list[Row] = []

    @property
    def kept(self) -> pa.Schema | None:
        """The columns of the input that are kept, as far as they are known before the rows: None where they are not."""
        if not self._wanted.keep:
            return pa.schema([])
        if self._table.schema is not None or self._table.header is None:
            return self._table.schema
        return pa.schema([(name, pa.string()) for name in self._table.header])

    def run(self, output: Output, watch: Callable[[int, float | None], None] = lambda rows, done: None) -> None:
        """Score every row into `output`; `watch` is told how many, and the fraction of the file where it has an end."""

        def close() -> None:
            batch, self._open = self._open, []
            if batch:
                self._score(batch, output)
                watch(self.count.rows, self._table.done)

        self._table.when_idle(close)
        since = 0.0
        for row in self._table.rows():
            since = since if self._open else time.monotonic()
            self._open.append(row)
            if len(self._open) >= BATCH or time.monotonic() - since > SECONDS:
                close()
        close()
        if not self.count.rows:
            # Without a row, a CSV or Parquet file still has its columns.
            self._score([], output)

    def _score(self, rows: Sequence[Row], output: Output) -> None:
        read = [_text(row, self._wanted.column) for row in rows]
        texts, errors = [text for text, _ in read], [error for _, error in read]
        wanted = self._wanted
        scores = score_texts(
            self._scorer, pa.array(texts, pa.string()), any_language=wanted.any_language, topic=wanted.topic
        )
        found = scores.append_column("model_id", pa.repeat(pa.scalar(self._scorer.model_id), len(rows)))
        kept = [row.values if self._wanted.keep else {} for row in rows]
        with unbroken():
            output.write(kept, found.append_column("error", pa.array(errors, pa.string())))
            self._add(scores["label"].to_pylist(), errors)

    def _add(self, labels: Sequence[str], errors: Sequence[str | None]) -> None:
        count = self.count
        count.rows += len(labels)
        count.unscored += labels.count(UNSCORED)
        count.errors += sum(error is not None for error in errors)
        count.error = count.error or next((error for error in errors if error), None)


def _text(row: Row, column: str) -> tuple[str | None, str | None]:
    """The text of a row, or why there is none."""
    value: Any = row.values.get(column)
    problem = row.problem
    if problem is None and column not in row.values:
        problem = f"there is no {column!r}"
    elif value is not None and not isinstance(value, str):
        problem = f"{column!r} is no text but {type(value).__name__}"
    return (None, f"row {row.position}: {problem}") if problem else (value, None)
