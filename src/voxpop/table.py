"""Posts in a file as rows: plain text, .tsv, .csv, .jsonl and .parquet, read as a stream, no row lost."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from voxpop.errors import Terminal
from voxpop.sources.formats.framing import lines, records
from voxpop.sources.formats.recognition import (
    BOM,
    LINE_CAP,
    Dialect,
    Frame,
    Recognised,
    refuse_foreign,
    refuse_old_lines,
)
from voxpop.sources.formats.text import Text
from voxpop.sources.opening import STDIN, Stream

KINDS: Final = (".txt", ".tsv", ".csv", ".jsonl", ".parquet")
_PACKED: Final = (".gz", ".zst", ".bz2", ".xz")


@dataclass(frozen=True)
class Row:
    """One row at its position, from 1 and without the header; with a `problem`, no values."""

    position: int
    values: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None


def kind_of(path: Path) -> str | None:
    """The kind of table a name promises, one of `KINDS` whatever it is packed in; None for any other name.

    >>> kind_of(Path("posts.jsonl.gz")), kind_of(Path("posts.xls"))
    ('.jsonl', None)
    """
    name = path.with_suffix("") if path.suffix.lower() in _PACKED else path
    kind = name.suffix.lower()
    return kind if kind in KINDS else None


class Table:
    """The rows of one file, or of standard input; close it, or use it in a `with`.

    Text is one row a line, blank ones too, in the column `text`. In a .tsv quotes have no meaning, as SemEval and
    TweetEval write theirs, and the last column runs to the end of the line. A .csv may have `;`, tabs or `|` in the
    place of commas. A row that cannot be read is a `Row` with its problem, and so is the damage at the end of a file
    that is cut.

    Attributes:
        kind: one of `KINDS`.
        header: the columns, or None where each row names its own (.jsonl).
        schema: the columns' types, for Parquet alone.
    """

    def __init__(self, path: Path, kind: str | None = None) -> None:
        """Open `path` and read its header; `kind` is for standard input, whose name says nothing.

        Raises:
            Terminal: there is no such file, its kind is unknown, it is empty, two of its columns have one name, it is
                no Parquet though its name says so, or it is UTF-16, a spreadsheet, or has the line ends of old Macs.
        """
        found = kind or kind_of(path)
        if found is None:
            raise Terminal(f"{path} is no table; give a file that ends in {', '.join(KINDS)}, or that and .gz")
        if path != STDIN and not path.exists():
            raise Terminal(f"there is no file {path}; check the path")
        self.path, self.kind = path, found
        self.schema = _schema(path) if found == ".parquet" else None
        self._stream = Stream(path)
        self._dialect = Dialect()
        try:
            self._legible()
            self.header = self._header()
            if self.header is not None and not any(self.header):
                raise Terminal(f"{path} is empty; a table begins with the names of its columns")
            if twice := sorted({name for name in self.header or () if (self.header or ()).count(name) > 1}):
                raise Terminal(f"{path} has two columns named {', '.join(twice)}; rename one")
        except Terminal:
            self._stream.close()
            raise

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    @property
    def done(self) -> float | None:
        """The fraction that was read, by bytes; None for a pipe."""
        size = self._stream.size
        return None if size is None else min(self._stream.consumed / size, 1.0) if size else 1.0

    def when_idle(self, call: Callable[[], None]) -> None:
        """Call this when a pipe pauses, before waiting for it: every whole row so far was handed on."""
        self._stream.on_idle = call

    def rows(self) -> Iterator[Row]:
        """Every row, once, in order."""
        if self.kind == ".txt":
            return self._texts()
        if self.kind == ".tsv":
            return self._cells()
        if self.kind == ".jsonl":
            return self._objects()
        cut: Frame = "csv" if self.kind == ".csv" else "parquet"
        frame = Recognised(Text(), cut, header=self.header or (), dialect=self._dialect)
        return (
            Row(at, problem=problem) if problem else Row(at, value)
            for at, value, problem in records(self._stream, frame)
        )

    def _header(self) -> tuple[str, ...] | None:
        if self.kind == ".jsonl":
            return None
        if self.kind == ".txt":
            return ("text",)
        if self.schema:
            return tuple(self.schema.names)
        head = self._stream.sample(lambda seen: b"\n" in seen).removeprefix(BOM).split(b"\n")[0].rstrip(b"\r")
        line = head.decode("utf-8", "replace")
        if self.kind == ".tsv":
            return tuple(line.split("\t"))
        # A spreadsheet of a country that writes 0,5 writes its tables with semicolons.
        dialects = [Dialect(delimiter) for delimiter in ",;\t|"]
        headers = [(dialect, next(csv.reader([line], delimiter=dialect.delimiter), [])) for dialect in dialects]
        self._dialect, names = next((found for found in headers if len(found[1]) > 1), headers[0])
        return tuple(names)

    def _legible(self) -> None:
        # Of a pipe nothing is waited for.
        if self.schema is None and self._stream.size is not None:
            head = self._stream.sample(lambda seen: b"\n" in seen or len(seen) > LINE_CAP)
            refuse_foreign(head, self.path)
            refuse_old_lines(head, self.path)

    def _decoded(self) -> Iterator[tuple[int, str, str | None]]:
        """Lines as text from 1, or with their problem."""
        for position, (line, problem) in enumerate(lines(self._stream), 1):
            line = (line.removeprefix(BOM) if position == 1 else line).removesuffix(b"\r")
            try:
                yield position, line.decode(), problem
            except UnicodeDecodeError as error:
                yield position, "", problem or f"the line is not UTF-8, at its byte {error.start + 1}"

    def _texts(self) -> Iterator[Row]:
        for position, line, problem in self._decoded():
            yield Row(position, problem=problem) if problem else Row(position, {"text": line})

    def _cells(self) -> Iterator[Row]:
        header = self.header or ()
        for position, line, problem in self._decoded():
            if position == 1 or not (line or problem):
                continue
            cells = line.split("\t", len(header) - 1)
            if problem is None and len(cells) < len(header):
                problem = f"the row has {len(cells)} cells where the header has {len(header)}"
            values = {} if problem else dict(zip(header, cells, strict=True))
            yield Row(position - 1, values, problem)

    def _objects(self) -> Iterator[Row]:
        for position, line, problem in records(self._stream, Recognised(Text(), "lines")):
            if problem:
                yield Row(position, problem=problem)
                continue
            try:
                yield Row(position, msgspec.json.decode(line, type=dict[str, Any]))
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
                yield Row(position, problem=f"the line is no JSON object ({error})")


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise Terminal(f"{path} is not whole Parquet ({error}); write it again") from error
