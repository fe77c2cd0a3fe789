"""The decoding of one split: posts to one staged file, what could not be read to another, counts to the driver."""

from __future__ import annotations

import json
import os
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from voxpop.bulk.split import LineRange, Split
from voxpop.ingest import is_undated, stamped
from voxpop.schema import POST, Post, to_batch
from voxpop.seen import key
from voxpop.sources.formats.context import Author, Context, Decoded, FileOptions, decode_record
from voxpop.sources.formats.framing import Record, line_records, records
from voxpop.sources.opening import Stream

POSTS_A_TIME: Final = 4096
KEY: Final = "key"
PLACE: Final = ("file", "part", "row")
UNDATED: Final = "undated"
STAGED: Final = pa.schema([*POST, *(pa.field(name, pa.int64(), nullable=False) for name in (KEY, *PLACE, UNDATED))])
"""Columns of staged posts: the log's, the key of `voxpop.seen` as a signed number, the place in reading, if undated."""
SORTED: Final = pa.schema([*POST, STAGED.field(UNDATED)])
"""Columns of posts that are ready to land."""


@dataclass(frozen=True)
class Part:
    """What became of a split.

    Attributes:
        lines: line ends in it, so that the position of what was rejected in the parts after it can be told.
        needs_whole: nothing: a row has no id, so only a reader of the whole file can give it one.
    """

    split: Split
    posts: int = 0
    rejected: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    needs_whole: bool = False


class _NeedsWhole(Exception):
    """A row without an id in a part of a file."""


class _PartContext(Context):
    """The context of a part of a file, in which the ids of rows without one cannot be known."""

    def identity(self, created_at: datetime | None, author: str | None, text: str) -> str:
        """Never answers."""
        raise _NeedsWhole


@dataclass(frozen=True)
class Decode:
    """Decodes one split into `posts/` and `rejected/` below `staging`; picklable, and the same again when repeated.

    Attributes:
        learned: numbers of files that `Learn` found users in; those before a split's file complete its posts.
        now: when the command began, which is when posts without a time were received.
    """

    staging: Path
    options: FileOptions
    now: datetime
    learned: tuple[int, ...] = ()

    def __call__(self, split: Split) -> Part:
        """Decode; answers the counts."""
        file = split.source
        kind = Context if split.is_whole else _PartContext
        known = self._known(split)
        context = kind(str(file.path), self.options, known, file.recognised.columns, file.recognised.order)
        part = Part(split)
        try:
            with _Sink(self, split) as sink, _opened(split) as reading:
                for record in reading.records:
                    context.position = record.position
                    if record.problem is not None:
                        context.reject(record.payload, record.problem)
                    else:
                        decode_record(file.recognised.format, record.payload, context)
                    if len(context.posts) + len(context.rejected) >= POSTS_A_TIME:
                        sink.add(context.take())
                sink.add(context.take())
                part = Part(split, sink.posts, sink.rejected, sink.ignored, reading.lines)
        except _NeedsWhole:
            return Part(split, needs_whole=True)
        return part

    def _known(self, split: Split) -> dict[str, Author]:
        known = _authors(self.staging, tuple(number for number in self.learned if number < split.file))
        # A file with users of its own adds to them, and the next task of this process is not to see that.
        return dict(known) if split.file in self.learned else known


@dataclass(frozen=True)
class Learn:
    """Reads the users in one file into `authors/` below `staging`; answers whether there are any."""

    staging: Path
    options: FileOptions

    def __call__(self, split: Split) -> bool:
        """Learn."""
        file = split.source
        context = Context(str(file.path), self.options, columns=file.recognised.columns)
        with _opened(split) as reading:
            for record in reading.records:
                if record.problem is None:
                    decode_record(file.recognised.format, record.payload, context)
                    context.take()
        if context.authors:
            with _committed(_authors_path(self.staging, split.file)) as temporary:
                temporary.write_bytes(msgspec.msgpack.encode(context.authors))
        return bool(context.authors)


def rejected_path(staging: Path, split: Split) -> Path:
    """Where a split's rejected records are staged, one JSON object a line."""
    return staging / "rejected" / f"{split.name}.jsonl"


def posts_path(staging: Path, split: Split) -> Path:
    """Where a split's posts are staged."""
    return staging / "posts" / f"{split.name}.parquet"


class _Sink:
    """Writes what was decoded, and gives it its name when all of it is there."""

    def __init__(self, decode: Decode, split: Split) -> None:
        self._split = split
        self._now = decode.now
        self._paths = posts_path(decode.staging, split), rejected_path(decode.staging, split)
        self._unique = uuid.uuid4().hex
        self._writer: pq.ParquetWriter | None = None
        self._lines: TextIO | None = None
        self.posts = self.rejected = 0
        self.ignored: Counter[str] = Counter()

    def __enter__(self) -> _Sink:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        for open_file, path in zip((self._writer, self._lines), self._paths, strict=True):
            if open_file:
                open_file.close()
                if kind:
                    self._temporary(path).unlink()
                else:
                    os.replace(self._temporary(path), path)

    def add(self, decoded: Decoded) -> None:
        """Write posts and rejected records, and count."""
        posts, rejected = self._paths
        if decoded.posts:
            self._writer = self._writer or pq.ParquetWriter(self._temporary(posts), STAGED, compression="zstd")
            self._writer.write_batch(self._batch(decoded.posts))
        if decoded.rejected:
            self._lines = self._lines or self._temporary(rejected).open("w", encoding="ascii")
            self._lines.writelines(json.dumps(asdict(record)) + "\n" for record in decoded.rejected)
        self.posts += len(decoded.posts)
        self.rejected += len(decoded.rejected)
        self.ignored += decoded.ignored

    def _batch(self, posts: list[Post]) -> pa.RecordBatch:
        keys = pa.array([signed(key(post.post_id, post.op, post.rev)) for post in posts], pa.int64())
        rows = pa.array(range(self.posts, self.posts + len(posts)), pa.int64())
        place = [
            pa.repeat(pa.scalar(number, pa.int64()), len(posts)) for number in (self._split.file, self._split.part)
        ]
        undated = pa.array([int(is_undated(post, self._now)) for post in posts], pa.int64())
        columns = to_batch([stamped(post, self._now) for post in posts]).columns
        return pa.RecordBatch.from_arrays([*columns, keys, *place, rows, undated], schema=STAGED)

    def _temporary(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Spark reads no file whose name begins with a dot.
        return path.parent / f".{path.name}.{self._unique}"


def signed(unsigned: int) -> int:
    """A 64-bit key as Spark and Parquet hold it."""
    return unsigned - (1 << 63)


@dataclass
class _Reading:
    records: Iterator[Record]
    range: LineRange | None = None

    @property
    def lines(self) -> int:
        return self.range.newlines if self.range else 0


@contextmanager
def _opened(split: Split) -> Iterator[_Reading]:
    if split.source.problem:
        yield _Reading(iter([Record(1, "", split.source.problem)]))
    elif split.is_whole:
        with Stream(split.path) as stream:
            yield _Reading(records(stream, split.source.recognised))
    else:
        with split.path.open("rb") as file:
            lines = LineRange(file, split.begin, split.end)
            yield _Reading(line_records(lines, from_the_beginning=split.begin == 0), lines)


@contextmanager
def _committed(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex}"
    yield temporary
    os.replace(temporary, path)


def _authors_path(staging: Path, file: int) -> Path:
    return staging / "authors" / f"{file:08d}.msgpack"


@lru_cache(maxsize=2)
def _authors(staging: Path, files: tuple[int, ...]) -> dict[str, Author]:
    """What files of users say, the last one's word counting; kept for the next task of this process."""
    found: dict[str, Any] = {}
    for file in files:
        found |= msgspec.msgpack.decode(_authors_path(staging, file).read_bytes(), type=dict[str, Author])
    return found
