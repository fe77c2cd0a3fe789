"""What a file is, by its beginning and never by its name."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from voxpop.errors import Terminal
from voxpop.sources.formats.columns import CLOCKS, apart, cell, choose, guess, plain, unambiguous, with_clock, with_ids
from voxpop.sources.formats.context import FileOptions, Format, Sample
from voxpop.sources.formats.dates import Order, order_of
from voxpop.sources.formats.line import JSON_FORMATS, AnyLine
from voxpop.sources.formats.table import Table, XTable, can_be_table
from voxpop.sources.formats.text import Text
from voxpop.sources.opening import Stream

FORMATS: tuple[Format, ...] = (*JSON_FORMATS, XTable(), Table(), Text())
"""Every format, in the order they are tried."""

LINE_CAP = 16 << 20
DOCUMENT_CAP = 256 << 20
BOM = b"\xef\xbb\xbf"
_ENOUGH = 65_536
_RECORDS = 20
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive (or a spreadsheet): unpack it, or export it as CSV",
    b"\xff\xfe": "UTF-16: convert it with iconv -f utf-16 -t utf-8",
    b"\xfe\xff": "UTF-16: convert it with iconv -f utf-16 -t utf-8",
}

_ASSIGNED = re.compile(rb"\s*window\.YTD\.\w+\.part\d+\s*=\s*(?=\[)")
"""What stands before the JSON of each file in X's archive of an account."""

_CELL = r'(?:^|\t)"[^"]*(?:""[^"]*)*"'
_QUOTED = re.compile(_CELL + r"(?=[\t\r\n]|$)", re.MULTILINE)
_QUOTING_A_WORD = re.compile(_CELL + r'(?=[^"\t\r\n])', re.MULTILINE)

Frame = Literal["lines", "document", "csv", "parquet"]


@dataclass(frozen=True)
class Dialect:
    """How the cells of a CSV are told apart."""

    delimiter: str = ","
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL


@dataclass(frozen=True)
class Recognised:
    """A file's format, and how to cut it into records.

    Attributes:
        columns: for tables, from our field to their column.
        header: for CSV, every column in order.
        order: for tables, of day and month in their dates, as options say or their beginning shows.
    """

    format: Format
    frame: Frame
    columns: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    dialect: Dialect = field(default_factory=Dialect)
    order: Order = "by-mark"


def recognise_stream(stream: Stream, options: FileOptions) -> Recognised:
    """Look at the beginning of a stream, which can still be read whole afterwards.

    Raises:
        Terminal: it is no text and no Parquet, or a table without a text; the message says what to do.
    """
    head = stream.sample(lambda seen: _is_enough(stream, seen), shows_itself)
    if head.startswith(b"PAR1"):
        return _parquet(stream, options)
    refuse_foreign(head, stream.path)
    if b"\0" in head[:4096]:
        raise Terminal(f"{stream.path} is not text; give JSONL, JSON, CSV, TSV, Parquet or plain text")
    head = bare(head)
    found = _json(stream, head, options) or _csv(stream, head, options) or Recognised(Text(), "lines")
    if found.frame in ("lines", "csv"):
        refuse_old_lines(head, stream.path)
    return found


def refuse_foreign(head: bytes, path: Path) -> None:
    """Raise `Terminal` for a beginning that is that of an archive, a spreadsheet or UTF-16."""
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise Terminal(f"{path} is {what}")


def refuse_old_lines(head: bytes, path: Path) -> None:
    """Raise `Terminal` for lines that end in a carriage return alone, all of which would be one."""
    if b"\r" in head.rstrip() and b"\n" not in head:
        raise Terminal(f"{path} has the line ends of old Macs: convert it with tr '\\r' '\\n'")


def bare(data: bytes) -> bytes:
    """A document's JSON, without a byte order mark and without the assignment to a variable that X's archive has.

    >>> bare(b'window.YTD.tweets.part0 = [{"tweet": {}}]')
    b'[{"tweet": {}}]'
    """
    data = data.removeprefix(BOM)
    assigned = _ASSIGNED.match(data)
    return data[assigned.end() :].rstrip().removesuffix(b";") if assigned else data


def _is_enough(stream: Stream, seen: bytearray) -> bool:
    # A live pipe may take hours to fill a sample.
    is_flowing = stream.size is None and seen.count(b"\n") >= _RECORDS
    return is_flowing or (len(seen) >= _ENOUGH and b"\n" in seen) or len(seen) > LINE_CAP


def shows_itself(seen: bytes | bytearray) -> bool:
    """Whether a beginning has whole lines of which most are JSON objects: those are known without waiting for more."""
    objects, lines = _objects(bytes(seen[: seen.rfind(b"\n") + 1]).removeprefix(BOM))
    return bool(objects) and 2 * len(objects) >= lines


def _json(stream: Stream, head: bytes, options: FileOptions) -> Recognised | None:
    start = b"".join(head.lstrip()[:256].split())
    objects, lines = _objects(head)
    frame: Frame = "lines"
    if start.startswith((b"[{", b"[]")) or (start.startswith(b'{"') and not objects):
        objects, frame = _elements(head), "document"
        if not objects:
            whole = stream.sample(lambda seen: len(seen) > DOCUMENT_CAP)
            objects = _elements(bare(whole))
    elif not objects or 2 * len(objects) < lines:
        return None
    if not objects:
        return Recognised(AnyLine(), frame)
    format = _first_match(Sample(objects), options)
    if not isinstance(format, Table):
        return Recognised(format, frame)
    columns = choose(dict.fromkeys(key for found in objects for key in found), options.mapping, str(stream.path))
    return Recognised(format, frame, _refined(columns, objects, options), order=_order(objects, columns, options))


def _objects(head: bytes) -> tuple[list[dict[str, Any]], int]:
    """The JSON objects among the first lines, and how many lines those were."""
    lines = [line for line in head.split(b"\n")[:200] if line.strip()][:_RECORDS]
    found = [next(_parsed(line.decode("utf-8", "replace")), None) for line in lines if line.lstrip().startswith(b"{")]
    return [value for value in found if isinstance(value, dict)], len(lines)


def _elements(data: bytes) -> list[dict[str, Any]]:
    text = data.decode("utf-8", "replace").lstrip()
    values = []
    for value in _parsed(text.removeprefix("[")):
        values.append(value)
        if len(values) == _RECORDS:
            break
    return [value for value in values if isinstance(value, dict)]


def _parsed(text: str) -> Iterator[Any]:
    for start, end in spans(text):
        yield json.loads(text[start:end])


def spans(text: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """Where each whole JSON value of a broken array, or of values one after another, begins and ends."""
    decoder = json.JSONDecoder()
    while True:
        while start < len(text) and text[start] in " \t\r\n,":
            start += 1
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return
        yield start, end
        start = end


def _first_match(sample: Sample, options: FileOptions) -> Format:
    shown = {next((f for f in JSON_FORMATS if f.matches(Sample([r]))), None) for r in sample.records} - {None}
    if len(shown) > 1:
        return AnyLine()
    format = next(format for format in FORMATS if format.matches(sample))
    # A mapping says that the columns mean something else than their names do.
    return Table() if options.mapping and isinstance(format, XTable) else format


def _tabular(header: tuple[str, ...], origin: str, options: FileOptions) -> tuple[Format, dict[str, str]]:
    format = _first_match(Sample([], header), options)
    return format, choose(header, options.mapping, origin) if isinstance(format, Table) else {}


def _parquet(stream: Stream, options: FileOptions) -> Recognised:
    if stream.compression or stream.size is None:
        raise Terminal(f"{stream.path} is Parquet in another wrapping; give the Parquet file itself")
    try:
        header = tuple(pq.read_schema(stream.path).names)
    except (pa.ArrowException, OSError) as error:
        raise Terminal(f"{stream.path} begins like Parquet and cannot be read ({error}); write it again") from error
    format, columns = _tabular(header, str(stream.path), options)
    first = list(_first_rows(stream.path, columns)) if isinstance(format, Table) else []
    ids, order = _refined(columns, first, options), _order(first, columns, options)
    return Recognised(format, "parquet", ids, header, order=order)


def _first_rows(path: Path, columns: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Ids, dates and times of day of the first rows."""
    wanted = {columns.get(ours, "").partition(".")[0] for ours in ("created_at", "id")}
    try:
        with pq.ParquetFile(path) as file:
            there = [name for name in file.schema_arrow.names if name in wanted or plain(name) in CLOCKS]
            yield from next(file.iter_batches(200, columns=there)).to_pylist()
    except (pa.ArrowException, OSError, StopIteration, ValueError, OverflowError):
        # What is wrong with it is told where it is read.
        return


def _csv(stream: Stream, head: bytes, options: FileOptions) -> Recognised | None:
    text = head.decode("utf-8", "replace")
    if len(head) >= _ENOUGH:
        text = text[: text.rfind("\n") + 1]
    mapped = set(options.mapping.values())
    for delimiter in ",\t;|":
        dialect = Dialect(delimiter, csv.QUOTE_MINIMAL if delimiter != "\t" or _is_quoted(text) else csv.QUOTE_NONE)
        names, is_even, rows = _shape(text, dialect)
        header = apart(names)
        # Two well-known names in one row are a header, however bad the rows below it are.
        sure = (mapped and mapped <= set(header)) or (can_be_table(header) and (len(guess(header)) > 1))
        is_even = is_even and header == names
        if sure or (is_even and (can_be_table(header) or _like_names(header))):
            format, columns = _tabular(header, str(stream.path), options)
            unambiguous(names, columns, options.mapping, str(stream.path))
            first = [dict(zip(header, row, strict=False)) for row in rows]
            columns, order = _refined(columns, first, options), _order(first, columns, options)
            return Recognised(format, "csv", columns, header, dialect, order)
        if is_even and len(header) > 2 and text.startswith('"'):
            raise Terminal(f"{stream.path} is a table without names of columns; add a first line with them")
    return None


def _is_quoted(text: str) -> bool:
    """Whether a tab-separated file quotes: most do not, and have texts that begin with a quotation mark."""
    return bool(_QUOTED.search(text)) and not _QUOTING_A_WORD.search(text)


def _refined(columns: dict[str, str], rows: list[dict[str, Any]], options: FileOptions) -> dict[str, str]:
    """The columns, in the light of what stands in them."""
    return with_clock(with_ids(columns, rows, options.mapping), rows, options.mapping)


def _order(rows: Iterable[dict[str, Any]], columns: Mapping[str, str], options: FileOptions) -> Order:
    if options.dates != "auto":
        return options.dates
    column = columns.get("created_at")
    return order_of(cell(row, column) for row in rows) if column else "by-mark"


def _shape(text: str, dialect: Dialect) -> tuple[tuple[str, ...], bool, list[list[str]]]:
    """The header under a dialect, whether nearly all rows have its length, and the rows of the beginning."""
    reader = csv.reader(text.splitlines(keepends=True), delimiter=dialect.delimiter, quoting=dialect.quoting)
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(row for row, _ in zip(reader, range(200), strict=False) if row)
    if not rows:
        return (), False, []
    header = tuple(rows[0])
    # The last row of a sample may be cut inside a quoted cell.
    is_even = sum(len(row) == len(header) for row in rows) >= 0.9 * (len(rows) - 1)
    return header, is_even and (len(header) > 1 or can_be_table(header)), rows[1:]


def _like_names(header: tuple[str, ...]) -> bool:
    """Whether cells are short words, as names of columns are and a post with commas in it is not."""
    cells = [cell for cell in header if cell]
    return len(cells) > 1 and all(len(cell) <= 40 and cell[0].isalpha() and cell.count(" ") <= 2 for cell in cells)
