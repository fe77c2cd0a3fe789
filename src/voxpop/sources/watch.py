"""Directories that are watched: export files are read as they appear and grow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import xxhash

from voxpop.errors import Terminal
from voxpop.seams import Fetched
from voxpop.sources.files import POSTS_A_TIME, FileOptions
from voxpop.sources.formats.columns import check
from voxpop.sources.formats.context import Author, Context, decode_record, shortened
from voxpop.sources.formats.framing import records
from voxpop.sources.formats.recognition import BOM, LINE_CAP, Recognised, recognise_stream, shows_itself
from voxpop.sources.formats.text import Text
from voxpop.sources.opening import Stream

_CHUNK = 1 << 20
_EDGE = 4_096
_ENOUGH = 65_536
_LINES = 20
_UNFINISHED = (".part", ".partial", ".crdownload", ".tmp", ".swp", "~")


class Place(msgspec.Struct):
    """How far one file has been read: what a cursor keeps of it.

    Attributes:
        offset: bytes that were read; of a file that is read whole, its size then.
        record: records that were read.
        digest: of the beginning and the end of those bytes; a file that differs there is another file.
    """

    offset: int = 0
    record: int = 0
    digest: str = ""


@dataclass
class _File:
    """A file that is there, while this process lives."""

    path: Path
    place: Place
    recognised: Recognised | None = None
    is_compressed: bool = False
    context: Context = field(default_factory=Context)
    size: int = -1
    changed: float = 0.0


@dataclass(frozen=True)
class Watch:
    """How to watch.

    Attributes:
        poll_seconds: between two looks at the directories.
        stable_seconds: a file that has not changed for so long is closed.
    """

    poll_seconds: float = 1.0
    stable_seconds: float = 5.0


class WatchSource:
    """Reads files as they appear and grow, without an end.

    Lines of JSON and of plain text are read as they are written; tables, documents, Parquet and what is compressed
    once they have not changed for `stable_seconds`. A file that is moved or renamed goes on where it was; one that is
    replaced is another file. Hidden names and those of downloads (`.part`, `~`, …) are left until they are renamed. A
    file that cannot be understood is rejected once and does not end the source. The cursor holds the place in each
    file that is there. The trap: what is not a file of lines is read again from its beginning when it changes, so its
    posts are seen again, and `ingest` drops them.
    """

    def __init__(
        self, paths: Sequence[Path], options: FileOptions | None = None, watch: Watch | None = None, name: str = "files"
    ) -> None:
        """Take files and directories; nothing is opened yet.

        Raises:
            Terminal: the mapping names a field that does not exist.
        """
        self.name = name
        self._paths = [Path(path) for path in paths]
        self._options = options or FileOptions()
        self._watch = watch or Watch()
        check(self._options.mapping)

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield what there is, then what comes.

        Raises:
            Terminal: a path is not there at the start, or the cursor is of another source.
        """
        looking = _Looking(self._options, self._watch, _places(cursor))
        for path in self._paths:
            if not path.exists():
                raise Terminal(f"there is nothing to watch at {path}; make the directory first")
        while True:
            steps = looking.look(self._paths)
            while (fetched := await asyncio.to_thread(next, steps, None)) is not None:
                yield fetched
            await asyncio.sleep(self._watch.poll_seconds)


class _Looking:
    """What is known of the files from one look to the next."""

    def __init__(self, options: FileOptions, watch: Watch, places: dict[str, Place]) -> None:
        self._options = options
        self._watch = watch
        self._authors: dict[str, Author] = {}
        self._files = {name: _File(Path(name), place) for name, place in places.items()}

    def look(self, paths: Sequence[Path]) -> Iterator[Fetched]:
        """Everything that is new since the last look."""
        found = _found(paths)
        self._settle(found)
        for path in found:
            file = self._files[str(path)]
            try:
                yield from self._read(file)
            except OSError:
                # Gone since it was found, or not to be read yet: the next look tries again.
                continue
            except Terminal as error:
                file.place = Place(file.size, 1, _digest(path, file.size))
                context = Context(origin=str(path), position=1)
                context.reject(b"", str(error))
                yield self._fetched(context)

    def _settle(self, found: list[Path]) -> None:
        """Match files to places: by name and content, else by content alone, else they are new."""
        names = {str(path) for path in found}
        loose = [file for name, file in self._files.items() if name not in names or not _is_same(file.path, file.place)]
        kept = {name: file for name, file in self._files.items() if file not in loose}
        for path in found:
            if str(path) in kept:
                continue
            moved = next((file for file in loose if file.place.offset and _is_same(path, file.place)), None)
            if moved:
                loose.remove(moved)
            kept[str(path)] = _File(path, moved.place if moved else Place())
        self._files = kept

    def _read(self, file: _File) -> Iterator[Fetched]:
        size, now = file.path.stat().st_size, time.monotonic()
        if size != file.size:
            file.size, file.changed = size, now
        is_stable = now - file.changed >= self._watch.stable_seconds
        if size <= file.place.offset:
            return
        if file.recognised is None and not self._recognise(file, is_stable):
            return
        assert file.recognised
        if file.recognised.frame == "lines" and not file.is_compressed:
            yield from self._lines(file, is_stable)
        elif is_stable:
            yield from self._whole(file)

    def _recognise(self, file: _File, is_stable: bool) -> bool:
        """Whether enough is there to know what the file is."""
        with Stream(file.path) as stream:
            head = stream.sample(lambda seen: len(seen) >= _ENOUGH)
            file.is_compressed = stream.compression is not None
            if not is_stable and (file.is_compressed or not (shows_itself(head) or head.count(b"\n") >= _LINES)):
                return False
            file.recognised = recognise_stream(stream, self._options)
        file.context = Context(
            str(file.path), self._options, self._authors, file.recognised.columns, file.recognised.order
        )
        if file.recognised.format.remembers and file.recognised.frame == "lines" and not file.is_compressed:
            # What a line means depends on those before it, so they are decoded again, and dropped.
            end, file.place = file.place.offset, Place()
            while file.place.offset < end and self._block(file, end, is_stable=True):
                file.context.take()
        return True

    def _lines(self, file: _File, is_stable: bool) -> Iterator[Fetched]:
        while self._block(file, file.size, is_stable):
            yield self._fetched(file.context)

    def _block(self, file: _File, end: int, is_stable: bool) -> bool:
        """Decode the next whole lines before `end`; whether there were any."""
        place = file.place
        if place.offset >= end:
            # The end of a line may have been written after `end` was looked up, and was read with it.
            return False
        with file.path.open("rb") as source:
            source.seek(place.offset)
            data = source.read(min(_CHUNK, end - place.offset))
            while b"\n" not in data and len(data) <= LINE_CAP and (more := source.read(_CHUNK)):
                data += more
        whole = data[: data.rfind(b"\n") + 1]
        if not whole and (len(data) > LINE_CAP or (data and is_stable and self._is_a_line(file, data))):
            whole = data
        for line in whole.split(b"\n")[: None if whole is data and not whole.endswith(b"\n") else -1]:
            place.record += 1
            self._line(file, line.removeprefix(BOM) if place.record == 1 else line)
        place.offset += len(whole)
        place.digest = _digest(file.path, place.offset)
        return bool(whole)

    def _is_a_line(self, file: _File, data: bytes) -> bool:
        """Whether a last line without an end is whole: half an object of JSON may get its other half."""
        assert file.recognised
        return isinstance(file.recognised.format, Text) or shows_itself(data + b"\n")

    def _line(self, file: _File, line: bytes) -> None:
        assert file.recognised
        file.context.position = file.place.record
        if len(line) > LINE_CAP:
            file.context.reject(shortened(line), f"the line is longer than {LINE_CAP >> 20} MB")
        elif line and not line.isspace():
            decode_record(file.recognised.format, line, file.context)

    def _whole(self, file: _File) -> Iterator[Fetched]:
        """Read a file that has no lines to go on from; `place.offset` counts only when all of it was read."""
        assert file.recognised
        context = file.context = Context(
            str(file.path), self._options, self._authors, file.recognised.columns, file.recognised.order
        )
        with Stream(file.path) as stream:
            for record in records(stream, file.recognised):
                context.position = record.position
                if record.problem is not None:
                    context.reject(record.payload, record.problem)
                else:
                    decode_record(file.recognised.format, record.payload, context)
                if len(context.posts) + len(context.rejected) >= POSTS_A_TIME:
                    yield self._fetched(context)
        file.place = Place(file.size, context.position, _digest(file.path, file.size))
        # What it has become when it changes may be something else.
        file.recognised = None
        yield self._fetched(context)

    def _fetched(self, context: Context) -> Fetched:
        done = context.take()
        places = {name: file.place for name, file in self._files.items() if file.place.offset}
        cursor = msgspec.json.encode(places).decode()
        return Fetched(cursor, done.posts, done.rejected, dict(done.ignored))


def _found(paths: Sequence[Path]) -> list[Path]:
    """The files there are now, without those that somebody is still making."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            # Not `expand`: a directory that is empty now is no mistake here.
            inside = sorted(file for file in path.rglob("*") if file.is_file())
            found += [file for file in inside if not any(part.startswith(".") for part in file.relative_to(path).parts)]
        elif path.is_file():
            found.append(path)
    return [path for path in dict.fromkeys(found) if not path.name.endswith(_UNFINISHED)]


def _digest(path: Path, end: int) -> str:
    """Of the first and the last bytes before `end`."""
    with path.open("rb") as source:
        head = source.read(min(_EDGE, end))
        source.seek(max(0, end - _EDGE))
        return xxhash.xxh3_64_hexdigest(head + source.read(min(_EDGE, end)))


def _is_same(path: Path, place: Place) -> bool:
    """Whether a file still begins with what was read of it."""
    try:
        return path.stat().st_size >= place.offset and (not place.offset or _digest(path, place.offset) == place.digest)
    except OSError:
        return False


def _places(cursor: str | None) -> dict[str, Place]:
    try:
        return msgspec.json.decode(cursor, type=dict[str, Place]) if cursor else {}
    except msgspec.MsgspecError as error:
        raise Terminal(
            f"the cursor {str(cursor)[:80]!r} is not of a watched source; give the source another name"
        ) from error
