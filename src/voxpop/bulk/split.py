"""The split: what one task reads, a file or a range of its lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from voxpop.sources.files import File
from voxpop.sources.formats.table import Table
from voxpop.sources.opening import BLOCK

SPLIT_BYTES: Final = 128 << 20


@dataclass(frozen=True)
class Split:
    """A part of a file: all of it, or the lines that begin in the bytes from `begin` up to `end`.

    The parts of a file hold each of its lines once, wherever they are cut. `file` and `part` number the files of a
    command and the parts of a file, in reading order.
    """

    source: File
    file: int
    part: int = 0
    begin: int = 0
    end: int | None = None
    directory: Path = field(default_factory=Path.cwd)

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the file, so that decoders may remember what they saw."""
        return self.begin == 0 and self.end is None

    @property
    def path(self) -> Path:
        """The file, wherever the driver's working directory was."""
        return self.directory / self.source.path

    @property
    def name(self) -> str:
        """A file name that sorts as splits are read."""
        return f"{self.file:08d}-{self.part:08d}"


class LineRange:
    """The bytes of the lines that begin in [`begin`, `end`), as `voxpop.sources.opening.Stream` would give them.

    Without an `end` it goes on to the file's. `newlines` counts the ends of lines given so far.
    """

    def __init__(self, file: BinaryIO, begin: int, end: int | None) -> None:
        self._file = file
        self._begin = begin
        self._end = end
        self.newlines = 0

    def blocks(self) -> Iterator[bytes]:
        """Every block, once."""
        at = self._seek()
        while self._end is None or at < self._end:
            block = self._file.read(BLOCK)
            if not block:
                return
            if self._end is not None and at + len(block) >= self._end:
                yield from self._last(block, self._end - 1 - at)
                return
            at += len(block)
            yield self._counted(block)

    def _seek(self) -> int:
        """Go to the first line that begins in the range; answers where that is."""
        if self._begin == 0:
            return 0
        at = self._begin - 1
        self._file.seek(at)
        while block := self._file.read(BLOCK):
            if (found := block.find(b"\n")) >= 0:
                at += found + 1
                self._file.seek(at)
                return at
            at += len(block)
        return at

    def _last(self, block: bytes, at: int) -> Iterator[bytes]:
        """Go on to the end of the line that holds the byte at `at` of the block."""
        while block:
            if (found := block.find(b"\n", at)) >= 0:
                yield self._counted(block[: found + 1])
                return
            yield self._counted(block)
            block, at = self._file.read(BLOCK), 0

    def _counted(self, block: bytes) -> bytes:
        self.newlines += block.count(b"\n")
        return block


def split(files: Sequence[File], size: int, whole: Collection[int]) -> list[Split]:
    """Cut files into parts of about `size` bytes, in reading order; those numbered in `whole` stay whole.

    So do those that cannot be cut: compressed ones, CSV (cells hold line breaks), JSON documents, Parquet, and formats
    whose posts have ids by what came before in the file.
    """
    return [part for number, file in enumerate(files) for part in _parts(file, number, size, number in whole)]


def _parts(file: File, number: int, size: int, is_whole: bool) -> list[Split]:
    format = file.recognised.format
    has_ids = not format.remembers or (isinstance(format, Table) and "id" in file.recognised.columns)
    if is_whole or file.is_compressed or file.recognised.frame != "lines" or not has_ids or (file.size or 0) <= size:
        return [Split(file, number)]
    begins = range(0, file.size or 0, size)
    # The last part has no end: lines that were added meanwhile are in it, as one reader would find them.
    ends = [*begins[1:], None]
    return [Split(file, number, part, begin, end) for part, (begin, end) in enumerate(zip(begins, ends, strict=True))]
