"""The segment: an immutable Parquet file whose name is its place in the log, written by one atomic rename."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from voxpop.errors import Poison

OFFSET_DIGITS = 20
FOOTER_KEY = b"voxpop"


@dataclass(frozen=True, order=True)
class Segment:
    """A day and the offset of the segment's first row: the same name in `landing/` and in `scored/<model_id>/`.

    `day` is the UTC date of landing, `YYYY-MM-DD`. `offset` counts rows from the start of the log, so segments sort in
    the order they landed.

    >>> Segment("2026-11-19", 4096).path
    '2026-11-19/00000000000000004096.parquet'
    """

    day: str
    offset: int

    @property
    def path(self) -> str:
        """The segment's path below the directory it lies in."""
        return f"{self.day}/{self.offset:0{OFFSET_DIGITS}d}.parquet"

    @classmethod
    def parse(cls, path: Path) -> Segment:
        """Read day and offset off a path made by `path`.

        Raises:
            ValueError: the file name is not an offset.
        """
        return cls(path.parent.name, int(path.stem))


def write(path: Path, table: pa.Table, footer: dict[str, Any]) -> None:
    """Write `table` to `path` so that a reader sees either all of it or nothing, also after a power cut.

    The trap it avoids: the rename is the commit, so the bytes are on the disk before it and the directory after it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex}.tmp"
    metadata = {FOOTER_KEY: json.dumps(footer, sort_keys=True).encode()}
    try:
        with temporary.open("wb") as sink:
            pq.write_table(table.replace_schema_metadata(metadata), sink, compression="zstd")
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def move(prepared: Path, path: Path) -> None:
    """Give a whole segment, which is on the disk, its place: one rename, which a power cut does not undo."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(prepared, path)
    _sync_directory(path.parent)


def read(path: Path) -> pa.Table:
    """Read a segment's rows.

    Raises:
        Poison: the file is not a whole Parquet file.
    """
    try:
        return pq.ParquetFile(path, memory_map=False).read().replace_schema_metadata(None)
    except (pa.ArrowInvalid, OSError) as error:
        raise Poison(f"{path} is not a whole segment ({error}); move it away to go on without it") from error


def read_footer(path: Path) -> dict[str, Any]:
    """Read what `write` put beside the rows, without reading the rows.

    Raises:
        Poison: the file is not a whole Parquet file or was not written by Voxpop.
    """
    try:
        metadata = pq.read_metadata(path).metadata or {}
        footer: dict[str, Any] = json.loads(metadata[FOOTER_KEY])
    except (pa.ArrowInvalid, OSError, KeyError, ValueError) as error:
        raise Poison(f"{path} has no Voxpop footer ({error}); move it away to go on without it") from error
    return footer


def _sync_directory(directory: Path) -> None:
    """Make a rename in `directory` survive a power cut (rename(2) alone does not promise it)."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
