"""Where scored rows go: JSON lines, CSV or Parquet, to standard output or to a file that appears whole."""

from __future__ import annotations

import csv
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Literal, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from voxpop.errors import Terminal

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: Final[tuple[Format, ...]] = ("jsonl", "csv", "parquet")
_GROUP: Final = 32_768
_DIGITS: Final = 6
# A spreadsheet runs a cell that begins so: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")

Values = Mapping[str, Any]


def format_of(path: Path | None, wanted: str | None) -> Format:
    """The format that was asked for, or else the one that the name of the file promises, or else JSON lines.

    Raises:
        Terminal: there is no such format, or Parquet has no file to go to.
    """
    suffix = path.suffix.lower().removeprefix(".") if path else ""
    name = wanted or (suffix if suffix in FORMATS else "jsonl")
    found = next((known for known in FORMATS if known == name), None)
    if found is None:
        raise Terminal(f"there is no format {name!r}; choose {', '.join(FORMATS)}")
    if found == "parquet" and path is None:
        raise Terminal("Parquet cannot be written to standard output; name a file with --out")
    if wanted is None and path and suffix not in FORMATS:
        raise Terminal(f"{path} does not say what to write; end it in .jsonl, .csv or .parquet, or give --format")
    return found


class Output:
    """Writes batches of rows, in order; a context manager.

    Standard output gets whole lines, at once. A file is written as `NAME.part` and renamed when all is done, so that
    `NAME` is whole or is not there; `NAME.part` is left when the work is stopped, and holds whole rows.
    """

    def __init__(self, path: Path | None, format: Format, schema: pa.Schema | None = None) -> None:
        """Open the output. `schema` has the input's columns to keep; None where only the rows name them."""
        self.path = path
        self.part = path.with_name(path.name + ".part") if path else None
        self._sink: BinaryIO = self.part.open("wb") if self.part else sys.stdout.buffer
        self._writer = _WRITERS[format](self._sink, schema)

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with unbroken():
            if isinstance(error, OSError):
                # A full disk or a reader that left: what is buffered cannot be written either.
                with suppress(OSError):
                    self._close()
                return
            self._writer.close()
            if not (self.path and self.part):
                return
            self._sink.flush()
            os.fsync(self._sink.fileno())
            self._close()
            if error is None:
                os.replace(self.part, self.path)

    def _close(self) -> None:
        if self.part:
            self._sink.close()

    @property
    def left_out(self) -> set[str]:
        """Columns that came too late for the header of a CSV or Parquet file, and are not in it."""
        return self._writer.left_out

    def write(self, kept: Sequence[Values], found: pa.RecordBatch) -> None:
        """Write rows: the columns kept of the input, then what was found.

        A column of the input that has the name of one of ours becomes `input_NAME`.
        """
        own = set(found.schema.names)
        with unbroken():
            renamed = [{_free(name, own): value for name, value in row.items()} for row in kept]
            self._writer.write(renamed, found)
            self._sink.flush()


class _Writer(Protocol):
    left_out: set[str]

    def write(self, kept: Sequence[Values], found: pa.RecordBatch) -> None: ...
    def close(self) -> None: ...


class _Lines:
    """A JSON object a line; kept values as they came."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema | None) -> None:
        self.left_out: set[str] = set()
        self._sink = sink
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def write(self, kept: Sequence[Values], found: pa.RecordBatch) -> None:
        rows = ({**values, **row} for values, row in zip(kept, _rounded(found), strict=True))
        self._sink.write(self._encoder.encode_lines(rows))

    def close(self) -> None:
        """Nothing is held back."""


class _Cells:
    """CSV by RFC 4180, for spreadsheets too: text that would be a formula gets an apostrophe before it."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema | None) -> None:
        self.left_out: set[str] = set()
        self._sink = sink
        self._schema = schema
        self._columns: list[str] | None = None

    def write(self, kept: Sequence[Values], found: pa.RecordBatch) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if self._columns is None:
            self._columns = _names(self._schema, kept, set(found.schema.names))
            writer.writerow([inert(name) for name in [*self._columns, *found.schema.names]])
        self.left_out |= {name for row in kept for name in row} - set(self._columns)
        for values, row in zip(kept, _rounded(found), strict=True):
            cells = [values.get(name) for name in self._columns]
            writer.writerow([*map(_cell, cells), *map(_cell, row.values())])
        self._sink.write(text.getvalue().encode("utf-8", "replace"))

    def close(self) -> None:
        """Nothing is held back."""


class _Columns:
    """Parquet; kept columns have the type they had in Parquet, else they are text."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema | None) -> None:
        self.left_out: set[str] = set()
        self._sink = sink
        self._input = schema
        self._schema: pa.Schema | None = None
        self._file: pq.ParquetWriter | None = None
        self._held: list[pa.RecordBatch] = []

    def write(self, kept: Sequence[Values], found: pa.RecordBatch) -> None:
        own = set(found.schema.names)
        if self._schema is None:
            names = _names(self._input, kept, own)
            types = {_free(field.name, own): _plain(field.type) for field in self._input or ()}
            fields = [pa.field(name, types.get(name, pa.string())) for name in names]
            self._schema = pa.schema([*fields, *found.schema])
            self._file = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
        self.left_out |= {name for row in kept for name in row} - set(self._schema.names)
        fields = list(self._schema)[: len(self._schema) - found.num_columns]
        columns = [_column(field, [row.get(field.name) for row in kept]) for field in fields]
        self._held.append(pa.RecordBatch.from_arrays([*columns, *found.columns], schema=self._schema))
        if sum(batch.num_rows for batch in self._held) >= _GROUP:
            self._write_group()

    def close(self) -> None:
        self._write_group()
        if self._file:
            self._file.close()

    def _write_group(self) -> None:
        if self._held and self._file:
            self._file.write_table(pa.Table.from_batches(self._held))
            self._held = []


_WRITERS: Final[dict[Format, Callable[[BinaryIO, pa.Schema | None], _Writer]]] = {
    "jsonl": _Lines,
    "csv": _Cells,
    "parquet": _Columns,
}


def _names(schema: pa.Schema | None, kept: Sequence[Values], own: set[str]) -> list[str]:
    """The columns to keep, by the names they get: those that are known, or else those of the first rows."""
    if schema is not None:
        return [_free(name, own) for name in schema.names]
    return list(dict.fromkeys(name for row in kept for name in row))


def _column(field: pa.Field, values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array([_text(value) for value in values] if field.type == pa.string() else values, field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise Terminal(f"column {field.name!r} cannot be kept in Parquet ({error}); write .jsonl instead") from error


def _rounded(found: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """The rows, single-precision numbers without the digits that they do not have."""
    for row in found.to_pylist():
        yield {name: round(value, _DIGITS) if isinstance(value, float) else value for name, value in row.items()}


def _free(name: str, taken: set[str]) -> str:
    return _free(f"input_{name}", taken) if name in taken else name


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value, enc_hook=str).decode()


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, float) else inert(_text(value) or "")


def inert(text: str) -> str:
    """A CSV cell that no spreadsheet runs: one that would be a formula begins with an apostrophe.

    >>> inert("=1+1"), inert("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type of a column's values, without how they are stored."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


@contextmanager
def unbroken() -> Iterator[None]:
    """Let Ctrl-C wait for the block, so that what belongs together is done together; blocks may be nested."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        # To the handler of the block around, or to Python's own, which raises.
        signal.raise_signal(signal.SIGINT)
