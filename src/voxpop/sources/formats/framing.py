"""Cutting a recognised stream into records, none of them lost: what cannot be cut is a record with a problem."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from voxpop.errors import Poison
from voxpop.sources.formats.context import shortened
from voxpop.sources.formats.recognition import BOM, DOCUMENT_CAP, LINE_CAP, Recognised, bare, spans
from voxpop.sources.opening import Stream

_TOO_LONG = f"the line is longer than {LINE_CAP >> 20} MB; a post a line is expected"
_TOO_LARGE = f"the JSON document is larger than {DOCUMENT_CAP >> 20} MB; make lines of it with jq -c '.[]'"
_BATCH = 1000


class Record(NamedTuple):
    """One record at its position in the file, from 1; with a `problem`, what was there instead."""

    position: int
    payload: Any
    problem: str | None = None


class Blocks(Protocol):
    """Bytes in blocks: a whole stream, or a range of whole lines of one."""

    def blocks(self) -> Iterator[bytes]:
        """Every block, once; raises `Poison` where what follows is lost."""
        ...


def records(stream: Stream, recognised: Recognised) -> Iterator[Record]:
    """Every record of a stream, in order; positions rise."""
    if recognised.frame == "document":
        return _document(stream)
    if recognised.frame == "csv":
        return _rows(stream, recognised)
    if recognised.frame == "parquet":
        return _parquet(stream)
    return line_records(stream)


def lines(stream: Blocks) -> Iterator[tuple[bytes, str | None]]:
    """Lines without their ends, blank ones too; a problem comes with what is left of its line."""
    rest, skipping = b"", False
    try:
        for block in stream.blocks():
            *whole, last = block.split(b"\n")
            for line in whole:
                if not skipping:
                    yield (rest + line if rest else line), None
                rest, skipping = b"", False
            rest = b"" if skipping else rest + last
            if len(rest) > LINE_CAP:
                yield shortened(rest), _TOO_LONG
                rest, skipping = b"", True
    except Poison as damage:
        yield shortened(rest), f"what follows is lost: {damage}"
        return
    if rest:
        yield rest, None


def line_records(stream: Blocks, *, from_the_beginning: bool = True) -> Iterator[Record]:
    """A record a line but for blank ones; positions count every line of `stream`, from 1."""
    for position, (line, problem) in enumerate(lines(stream), 1):
        if position == 1 and from_the_beginning:
            line = line.removeprefix(BOM)
        if problem or not (not line or line.isspace()):
            yield Record(position, line, problem)


class _Broken(Exception):
    """The next line is not one; raised through `csv.reader`, which begins anew after it."""


class _Feed:
    """Lines for `csv.reader`, and what it took of them for the row in hand."""

    def __init__(self, stream: Stream) -> None:
        self._lines = lines(stream)
        self._is_first = True
        self._again: deque[bytes] = deque()
        self.ended = False
        self.is_utf8 = True
        self.taken: list[bytes] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line, problem = (self._again.popleft(), None) if self._again else next(self._lines, (None, None))
        if line is None:
            self.ended = True
            raise StopIteration
        line, self._is_first = line.removeprefix(BOM) if self._is_first else line, False
        self.taken.append(line)
        if problem:
            raise _Broken(problem)
        try:
            return line.decode() + "\n"
        except UnicodeDecodeError:
            self.is_utf8 = False
            return line.decode("utf-8", "surrogateescape") + "\n"

    def begin(self) -> None:
        """Forget the row before."""
        self.taken, self.is_utf8 = [], True

    def give_back(self) -> None:
        """Let all lines of the row but its first be read again: they are rows of their own."""
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def _rows(stream: Stream, recognised: Recognised) -> Iterator[Record]:
    feed = _Feed(stream)
    dialect = recognised.dialect
    reader = csv.reader(feed, delimiter=dialect.delimiter, quoting=dialect.quoting)
    position = -1
    while not feed.ended:
        feed.begin()
        try:
            row = next(reader, [])
            problem = _problem(row, feed, len(recognised.header))
        except _Broken as error:
            row, problem = ["broken"], str(error)
        except csv.Error as error:
            # A quotation mark that is never closed would take hundreds of rows with it.
            feed.give_back()
            row, problem = ["broken"], f"the row cannot be read ({error}): close its quotation mark"
        if not row:
            continue
        position += 1
        if position == 0:
            continue
        if problem:
            yield Record(position, shortened(b"\n".join(feed.taken)), problem)
        else:
            yield Record(position, dict(zip(recognised.header, row, strict=False)))


def _problem(row: list[str], feed: _Feed, width: int) -> str | None:
    if feed.ended:
        return "the file ends inside a quoted cell: close the quotation mark, or copy the file again"
    if not feed.is_utf8:
        return "the row is not UTF-8: convert the file with iconv -f latin1 -t utf-8"
    if len(row) < width or any(row[width:]):
        return f"the row has {len(row)} cells where the header has {width}"
    return None


def _document(stream: Stream) -> Iterator[Record]:
    data = bare(stream.sample(lambda seen: len(seen) > DOCUMENT_CAP))
    if len(data) > DOCUMENT_CAP:
        yield Record(1, shortened(data), _TOO_LARGE)
        return
    try:
        if data.lstrip().startswith(b"["):
            values = msgspec.json.decode(data, type=list[msgspec.Raw])
        else:
            values = [msgspec.json.decode(data, type=msgspec.Raw)]
    except (msgspec.DecodeError, RecursionError) as error:
        yield from _salvage(data, str(stream.damage or error))
        return
    for position, value in enumerate(values, 1):
        yield Record(position, bytes(memoryview(value)))
    if stream.damage:
        yield Record(len(values) + 1, b"", f"what follows is lost: {stream.damage}")


def _salvage(data: bytes, problem: str) -> Iterator[Record]:
    """The whole values of a document that is not whole."""
    text = data.decode("utf-8", "surrogateescape")
    begin = len(text) - len(text.lstrip())
    inside = begin + text.startswith("[", begin)
    position, end = 0, inside
    for position, (start, end) in enumerate(spans(text, inside), 1):
        yield Record(position, text[start:end].encode("utf-8", "surrogateescape"))
    if rest := text[end:].strip():
        lost = shortened(rest.encode("utf-8", "surrogateescape"))
        yield Record(position + 1, lost, f"the JSON document breaks here and what follows is lost: {problem}")


def _parquet(stream: Stream) -> Iterator[Record]:
    position = 0
    try:
        with pq.ParquetFile(stream.path) as file:
            total = max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(_BATCH):
                for index in range(batch.num_rows):
                    position += 1
                    yield _row(batch, index, position)
                stream.consumed = (stream.size or 0) * position // total
    except (pa.ArrowException, OSError) as error:
        yield Record(position + 1, b"", f"what follows is lost: the Parquet data is corrupt ({error}); write it again")


def _row(batch: pa.RecordBatch, index: int, position: int) -> Record:
    try:
        return Record(position, {name: _value(batch.column(name)[index]) for name in batch.schema.names})
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        return Record(position, repr(batch.slice(index, 1)).encode(), f"a cell of the row cannot be read: {error}")


def _value(scalar: pa.Scalar[Any]) -> Any:
    if pa.types.is_timestamp(scalar.type):
        # Nanoseconds have no Python type without pandas, and no post needs them.
        return scalar.cast(pa.timestamp("us", scalar.type.tz), safe=False).as_py()
    return scalar.as_py()
