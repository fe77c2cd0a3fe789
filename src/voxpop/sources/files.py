"""Posts from export files: any mix of formats and compressions, recognised by content."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import xxhash

from voxpop.errors import Terminal
from voxpop.seams import Fetched, Rejected
from voxpop.sources.formats.columns import check
from voxpop.sources.formats.context import Author, Context, FileOptions, decode_record
from voxpop.sources.formats.framing import records
from voxpop.sources.formats.recognition import Recognised, recognise_stream
from voxpop.sources.formats.text import Text
from voxpop.sources.formats.x_other import XUsers
from voxpop.sources.handover import Handover, handed_over
from voxpop.sources.opening import Stream, expand

__all__ = ["FileOptions", "FilesSource", "recognise"]

POSTS_A_TIME = 1_000
RECORDS_A_TIME = 50_000
SECONDS_A_TIME = 1.0
_HEAD = 4_096


@dataclass(frozen=True)
class File:
    """A file to read, and what it is.

    Attributes:
        size: bytes on disk; None for a pipe.
        key: digest of its beginning and of the files before it, so that a cursor resumes only in the same selection.
        is_compressed: whether reading has to begin at its beginning.
        stream: a pipe, which cannot be opened twice; None for all else.
        problem: why it cannot be understood, where it was only found in a directory; "" for all else.
    """

    path: Path
    recognised: Recognised
    size: int | None
    key: str
    is_compressed: bool = False
    stream: Stream | None = None
    problem: str = ""

    @property
    def is_directory(self) -> bool:
        """Whether it tells about authors."""
        return isinstance(self.recognised.format, XUsers)


class _Cursor(NamedTuple):
    file: int
    record: int


class FilesSource:
    r"""Reads files, directories, pipes and standard input (`-`), each file once, files of users first.

    Every record is a post, rejected with its reason, or counted by what it is. A file that is cut or corrupt gives
    every record before the damage, then one rejected record that says what is lost. Reading from a cursor gives
    exactly what the value that carried it had not; the trap: a cursor of another selection of files, or of a file
    whose beginning changed, reads from the start.

    Example:
        >>> import asyncio, tempfile
        >>> async def texts(path):
        ...     return [post.text async for fetched in FilesSource([path]).read(None) for post in fetched.posts]
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     path = Path(directory, "posts.csv")
        ...     _ = path.write_text("text,date\nHello,2026-11-19\n")
        ...     asyncio.run(texts(path))
        ['Hello']
    """

    def __init__(self, paths: Sequence[Path], options: FileOptions | None = None, name: str = "files") -> None:
        """Take paths; nothing is opened yet. Sources of one log need different names: cursors are kept by name.

        Raises:
            Terminal: the mapping names a field that does not exist.
        """
        self.name = name
        self._paths = [Path(path) for path in paths]
        self._options = options or FileOptions()
        check(self._options.mapping)

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield about 1,000 posts at a time, from the beginning or after `cursor`.

        Raises:
            Terminal: before anything is yielded: a path is missing, there is no file, or a file that was named cannot
                be understood. One that was only found in a directory is rejected, with the reason.
        """

        def work(handover: Handover[Fetched]) -> None:
            files = planned(self._paths, self._options, handover.check)
            _Reading(files, self._options, handover).run(_resume(files, cursor))

        async for fetched in handed_over(work):
            yield fetched


def planned(paths: Sequence[Path], options: FileOptions, check: Callable[[], None] | None = None) -> list[File]:
    """Every file that the paths name, in the order in which they are read: files of users first.

    `check` is called while a pipe gives nothing; what it raises ends the waiting.

    Raises:
        Terminal: a path is missing, there is no file, or a file that was named cannot be understood.
    """
    found = [_found(path, paths, options, check) for path in expand(list(paths))]
    found.sort(key=lambda file: not file.is_directory)
    key = ""
    files = []
    for file in found:
        key = xxhash.xxh3_64_hexdigest(f"{key}\0{file.path}\0{file.key}".encode("utf-8", "surrogateescape"))
        files.append(replace(file, key=key))
    return files


def _found(path: Path, named: Sequence[Path], options: FileOptions, check: Callable[[], None] | None) -> File:
    try:
        return _look(path, options, check)
    except Terminal as error:
        if path in named:
            raise
        return File(path, Recognised(Text(), "lines"), 0, "", problem=str(error))


def recognise(path: Path, options: FileOptions | None = None) -> str:
    """Name the format of a file, for messages.

    Raises:
        Terminal: it cannot be opened or understood.
    """
    return _look(Path(path), options or FileOptions()).recognised.format.name


def _look(path: Path, options: FileOptions, check: Callable[[], None] | None = None) -> File:
    stream = Stream(path, check)
    is_live = False
    try:
        recognised = recognise_stream(stream, options)
        # A pipe cannot be gone back in, so its beginning names nothing.
        head = stream.sample(lambda seen: stream.size is None or len(seen) >= _HEAD)[:_HEAD]
        is_live = stream.size is None
    finally:
        if not is_live:
            stream.close()
    key = xxhash.xxh3_64_hexdigest(head)
    return File(path, recognised, stream.size, key, stream.compression is not None, stream if is_live else None)


def _resume(files: list[File], cursor: str | None) -> _Cursor:
    if cursor is None or any(file.stream for file in files):
        return _Cursor(0, 0)
    try:
        found = json.loads(cursor)
        key, record = str(found["key"]), int(found["record"])
    except (ValueError, TypeError, KeyError) as error:
        raise Terminal(f"the cursor {cursor!r} is not one of this source; read from the beginning") from error
    return next((_Cursor(index, record) for index, file in enumerate(files) if file.key == key), _Cursor(0, 0))


class _Reading:
    """One pass over the files, in a worker thread."""

    def __init__(self, files: list[File], options: FileOptions, handover: Handover[Fetched]) -> None:
        self._files = files
        self._options = options
        self._handover = handover
        self._authors: dict[str, Author] = {}
        self._total = None if any(file.size is None for file in files) else sum(file.size or 0 for file in files)
        self._before = 0

    def run(self, start: _Cursor) -> None:
        """Hand over everything after `start`."""
        for index, file in enumerate(self._files):
            if index < start.file:
                if file.is_directory:
                    self._learn(file)
            else:
                self._read(file, start.record if index == start.file else 0)
            self._before += file.size or 0

    def _learn(self, file: File) -> None:
        context = Context(authors=self._authors)
        with file.stream or Stream(file.path) as stream:
            for record in records(stream, file.recognised):
                if record.problem is None:
                    decode_record(file.recognised.format, record.payload, context)

    def _read(self, file: File, skip: int) -> None:
        if file.problem:
            self._reject(file, skip)
            return
        context = Context(str(file.path), self._options, self._authors, file.recognised.columns, file.recognised.order)
        format = file.recognised.format
        with file.stream or Stream(file.path) as stream:
            stream.on_idle = lambda: self._rest(file, stream, context)
            pace = _Pace()
            for record in records(stream, file.recognised):
                position = context.position = record.position
                if position <= skip:
                    self._pass(file, context, record.payload if record.problem is None else None)
                    continue
                if record.problem is not None:
                    context.reject(record.payload, record.problem)
                else:
                    decode_record(format, record.payload, context)
                if pace.is_due(context):
                    self._handover.put(self._fetched(file, stream, context))
                    pace = _Pace()
            self._handover.put(self._fetched(file, stream, context, ended=True))

    def _reject(self, file: File, skip: int) -> None:
        """The file as one record that cannot be read."""
        if skip:
            return
        cursor = {"file": str(file.path), "record": 1, "key": file.key}
        done = 1.0 if not self._total else min(self._before / self._total, 1.0)
        rejected = Rejected(str(file.path), 1, "", file.problem)
        self._handover.put(Fetched(json.dumps(cursor), rejected=[rejected], done=done))

    def _rest(self, file: File, stream: Stream, context: Context) -> None:
        """A pipe pauses: what it gave so far is not kept waiting for the rest."""
        self._handover.check()
        if context.posts or context.rejected or context.ignored:
            self._handover.put(self._fetched(file, stream, context))

    def _pass(self, file: File, context: Context, payload: object) -> None:
        if file.recognised.format.remembers and payload is not None:
            decode_record(file.recognised.format, payload, context)
            context.take()

    def _fetched(self, file: File, stream: Stream, context: Context, ended: bool = False) -> Fetched:
        done = context.take()
        consumed = self._before + (file.size or 0 if ended else min(stream.consumed, file.size or 0))
        cursor = {"file": str(file.path), "record": context.position, "key": file.key}
        return Fetched(
            cursor=json.dumps(cursor),
            posts=done.posts,
            rejected=done.rejected,
            ignored=dict(done.ignored),
            done=None if self._total is None else min(consumed / self._total, 1.0) if self._total else 1.0,
        )


class _Pace:
    """When it is time to hand over: enough posts, many records that are none, or a slow pipe."""

    def __init__(self) -> None:
        self._records = 0
        self._began = time.monotonic()

    def is_due(self, context: Context) -> bool:
        """Count one record."""
        self._records += 1
        if len(context.posts) + len(context.rejected) >= POSTS_A_TIME or self._records >= RECORDS_A_TIME:
            return True
        return self._records % 16 == 0 and time.monotonic() - self._began > SECONDS_A_TIME
