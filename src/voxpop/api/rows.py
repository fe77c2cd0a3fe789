"""Rows as CSV, JSON lines and Parquet, piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from voxpop.output import Format, inert

MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


def encoded(tables: Iterable[pa.Table], format: Format, *, guard: bool = True) -> Iterator[bytes]:
    """Encode tables of one schema, each as it comes; there must be one, which may be empty.

    In CSV a list is its words with spaces between, and null is an empty cell. With `guard` a cell that a spreadsheet
    would run as a formula begins with an apostrophe. Timestamps of CSV and JSON are UTC and end in Z.
    """
    writer: _Writer = _Cells(guard) if format == "csv" else _Lines() if format == "jsonl" else _Columns()
    for table in tables:
        yield writer.write(table)
    yield writer.end()


class _Writer(Protocol):
    def write(self, table: pa.Table) -> bytes: ...
    def end(self) -> bytes: ...


class _Cells:
    """CSV by RFC 4180."""

    def __init__(self, guard: bool) -> None:
        self._guard = guard
        self._begun = False

    def write(self, table: pa.Table) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if not self._begun:
            writer.writerow(table.column_names)
            self._begun = True
        writer.writerows([self._cell(value) for value in row.values()] for row in table.to_pylist())
        return text.getvalue().encode("utf-8", "replace")

    def _cell(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return _time(value)
        if isinstance(value, list):
            value = " ".join(value)
        return inert(value) if self._guard and isinstance(value, str) else value

    def end(self) -> bytes:
        return b""


class _Lines:
    """A JSON object a line."""

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()

    def write(self, table: pa.Table) -> bytes:
        return bytes(self._encoder.encode_lines(table.to_pylist()))

    def end(self) -> bytes:
        return b""


class _Columns:
    """Parquet, a row group for each table; of what is written nothing is kept but the footer."""

    def __init__(self) -> None:
        self._sink = _Drained()
        self._file: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> bytes:
        if self._file is None:
            self._file = pq.ParquetWriter(self._sink, table.schema, compression="zstd")
        self._file.write_table(table)
        return self._sink.drain()

    def end(self) -> bytes:
        if self._file is not None:
            self._file.close()
        return self._sink.drain()


class _Drained(io.RawIOBase):
    """A file that is only written, and taken away as it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._size += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        return self._size

    def drain(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
