"""Opening a file of any compression as a stream of blocks that says how far it is and where it broke."""

from __future__ import annotations

import bz2
import lzma
import select
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from voxpop.errors import Poison, Terminal

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 18
IDLE_SECONDS = 0.2
STDIN = Path("-")


class _Expander(Protocol):
    """What `bz2`, `lzma` and `zstd` decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gunzip:
    """`zlib`'s decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max(max_length, 0))


_EXPANDERS: dict[bytes, tuple[str, Callable[[], _Expander]]] = {
    b"\x1f\x8b": ("gzip", _Gunzip),
    b"\x28\xb5\x2f\xfd": ("zstd", zstd.ZstdDecompressor),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMADecompressor),
}
_BROKEN = (zlib.error, zstd.ZstdError, lzma.LZMAError, OSError, ValueError, EOFError)


class Stream:
    """A file's bytes, expanded by its first bytes (gzip, zstd, bzip2, xz or none), block by block.

    The path `-` is standard input. A compressed file may have several members; what follows the last one is damage.

    Attributes:
        path: as it was given.
        size: bytes on disk, or None for what can be read only once (a pipe).
        consumed: bytes taken from the disk so far, at most `size` unless the file grows.
        on_idle: called each time a pipe has had nothing for `IDLE_SECONDS`: every whole line that it gave so far has
            been handed on. What it raises ends the reading.
    """

    def __init__(self, path: Path, on_idle: Callable[[], None] | None = None) -> None:
        """Open `path`, and wait for its first bytes; raises `Terminal` when that is not possible."""
        self.path = path
        self.consumed = 0
        self.damage: Poison | None = None
        self.on_idle = on_idle
        self._file, self.size = _open(path)
        self._pending = bytearray()
        try:
            self._raw = self._take()
        except BaseException:
            self.close()
            raise
        self._expanded = self._expand()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.path != STDIN:
            self._file.close()

    @property
    def compression(self) -> str | None:
        """Name of the compression, or None."""
        return next((name for magic, (name, _) in _EXPANDERS.items() if self._raw.startswith(magic)), None)

    def sample(self, enough: Callable[[bytearray], bool], at_rest: Callable[[bytearray], bool] | None = None) -> bytes:
        """Expanded bytes from the beginning, as many as make `enough` true; they are read again by `blocks`.

        Of a pipe that has nothing more for now, so many as make `at_rest` true do.
        """
        while not enough(self._pending):
            if at_rest and at_rest(self._pending) and self._is_at_rest():
                break
            if not (block := self._next()):
                break
            self._pending += block
        return bytes(self._pending)

    def blocks(self) -> Iterator[bytes]:
        """Every expanded block, once.

        Raises:
            Poison: the compressed data is cut or corrupt; every byte before that place was yielded.
        """
        if self._pending:
            block, self._pending = bytes(self._pending), bytearray()
            yield block
        while block := self._next():
            yield block
        if self.damage:
            raise self.damage

    def _next(self) -> bytes:
        try:
            return next(self._expanded, b"")
        except Poison as damage:
            self.damage = damage
            return b""

    def _is_at_rest(self) -> bool:
        return self.size is None and not select.select([self._file], [], [], IDLE_SECONDS)[0]

    def _take(self) -> bytes:
        while self.on_idle and self._is_at_rest():
            self.on_idle()
        # `read1` answers what a pipe has, so a live pipe is read as it flows.
        block = self._file.read1(BLOCK)  # type: ignore[attr-defined]
        self.consumed += len(block)
        return bytes(block)

    def _expand(self) -> Iterator[bytes]:
        for magic, (name, expander) in _EXPANDERS.items():
            if self._raw.startswith(magic):
                yield from self._members(name, expander)
                return
        block = self._raw
        while block:
            yield block
            block = self._take()

    def _members(self, name: str, expander: Callable[[], _Expander]) -> Iterator[bytes]:
        data = self._raw
        while data:
            member = expander()
            while not member.eof:
                if member.needs_input and not data and not (data := self._take()):
                    raise Poison(f"the {name} data ends early, at byte {self.consumed:,}: copy or download it again")
                try:
                    block, data = member.decompress(data, BLOCK), b""
                except _BROKEN as error:
                    raise Poison(
                        f"the {name} data is corrupt near byte {self.consumed:,} ({error}): copy or download it again"
                    ) from error
                if block:
                    yield block
            # Padding with zeros after the last member is what tape tools leave behind.
            data = (member.unused_data or self._take()).lstrip(b"\0")


def _open(path: Path) -> tuple[BinaryIO, int | None]:
    if path == STDIN:
        return sys.stdin.buffer, None
    try:
        # Unbuffered reading is not wanted, so no context manager here: the stream closes it.
        file = path.open("rb")
    except OSError as error:
        raise Terminal(f"cannot read {path}: {error.strerror}; check the path") from error
    return file, path.stat().st_size if path.is_file() else None


def expand(paths: list[Path]) -> list[Path]:
    """Replace each directory by its files, sorted, at any depth; files and directories named `.x` in it are skipped.

    Raises:
        Terminal: a path does not exist, or nothing is left.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file())
            found += [file for file in inside if not any(p.startswith(".") for p in file.relative_to(path).parts)]
        elif path == STDIN or path.exists():
            found.append(path)
        else:
            raise Terminal(f"there is no file {path}; check the path")
    if not found:
        where = ", ".join(map(str, paths)) or "nothing"
        raise Terminal(f"no file to read in {where}; name files, directories with files, or - for standard input")
    return list(dict.fromkeys(found))
