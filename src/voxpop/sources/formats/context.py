"""What a format's decoder is given and where its results go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal, NamedTuple, Protocol

import msgspec
import xxhash

from voxpop.schema import Post
from voxpop.seams import Rejected
from voxpop.sources.formats.dates import Order

FIELDS = ("text", "created_at", "id", "author", "author_id", "lang", "url", "location", "country", "lat", "lon")
"""Our names on the left of `--map FIELD=COLUMN`."""

SHORTENED = 262_144


@dataclass(frozen=True)
class FileOptions:
    """How to read tables (CSV, TSV, JSONL, Parquet) and plain text, whose meaning is not in the file.

    Attributes:
        mapping: from a name in `FIELDS` to the file's column; in JSON, `user.name` reaches into objects. Fields that
            are not mapped are guessed by well-known column names.
        source: the `source` of such posts.
        timezone: of dates that name none.
        dates: what comes first in dates such as 03/12/2026; `auto` is as the beginning of the file shows.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    source: str = "file"
    dates: Literal["auto", "day-first", "month-first"] = "auto"
    timezone: tzinfo = UTC


class Author(NamedTuple):
    """What a directory of users says about one."""

    handle: str | None
    location: str | None


@dataclass(frozen=True)
class Decoded:
    """What became of some records: every one is a post, rejected, or counted in `ignored` by what it is."""

    posts: list[Post] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


@dataclass
class Context:
    """The place of the record that is decoded, what decoders remember of the file, and their results so far.

    Attributes:
        origin: name of the file or source, for `Rejected`.
        position: the record's place in it, from 1.
        authors: users by id, from user files of the same command; shared by all files.
        columns: for tables, from our field to their column.
        order: for tables, of day and month in their dates.
        renewed: for Jetstream, accounts whose posts are being sent anew, to the revision they have, once it is known.
    """

    origin: str = ""
    options: FileOptions = field(default_factory=FileOptions)
    authors: dict[str, Author] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    order: Order = "by-mark"
    renewed: dict[str, str | None] = field(default_factory=dict)
    position: int = 0
    posts: list[Post] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    _repeats: dict[int, int] = field(default_factory=dict)

    def reject(self, record: object, reason: str) -> None:
        """Set `record` aside."""
        self.rejected.append(Rejected(self.origin, self.position, printable(record), reason))

    def ignore(self, kind: str, count: int = 1) -> None:
        """Count records that are known and no posts."""
        self.ignored[kind] += count

    def take(self) -> Decoded:
        """Hand over the results so far and begin anew; what is remembered of the file stays."""
        done = Decoded(self.posts, self.rejected, self.ignored)
        self.posts, self.rejected, self.ignored = [], [], Counter()
        return done

    def identity(self, created_at: datetime | None, author: str | None, text: str) -> str:
        """A native id for a post without one: 16 hexadecimal digits of its content.

        Content that occurs again in the file gets `-2`, `-3` and so on, so equal posts stay apart and reading the
        file again gives the same ids. The trap: this remembers about 100 bytes a post for the length of the file.
        """
        when = created_at.isoformat() if created_at else ""
        digest = xxhash.xxh3_64_intdigest("\x1f".join((when, author or "", text)).encode("utf-8", "surrogatepass"))
        count = self._repeats[digest] = self._repeats.get(digest, 0) + 1
        return f"{digest:016x}" if count == 1 else f"{digest:016x}-{count}"


class Sample(NamedTuple):
    """The beginning of a file, as far as it could be understood.

    Attributes:
        records: the first JSON objects; empty when the file is not JSON.
        header: names of columns, of a CSV, TSV or Parquet file.
    """

    records: list[dict[str, Any]]
    header: tuple[str, ...] = ()


class Format(Protocol):
    """One shape of records."""

    name: str
    """For messages and documentation."""
    remembers: bool
    """Whether a record's meaning depends on earlier ones, so that resuming must decode those again."""

    def matches(self, sample: Sample) -> bool:
        """Whether this format can be seen in the beginning of a file."""
        ...

    def decode(self, record: Any, context: Context) -> None:
        """Put everything in `record` into `context`.

        JSON formats get bytes, tables a `dict`, plain text a line as bytes. May raise any error of `UNREADABLE`
        before it has put anything; the caller then rejects the record whole.
        """
        ...


UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
"""What a decoder raises for a record it cannot read; `str()` of it is the reason."""


def decode_record(format: Format, record: Any, context: Context) -> None:
    """Decode one record; one that cannot be read is rejected with the reason, never raised."""
    try:
        format.decode(record, context)
    except UNREADABLE as error:
        context.reject(record, reason(error))


def decode_each(raws: Iterable[Any], decode: Callable[[Any], None], context: Context) -> None:
    """Decode the posts of a page; one that cannot be read is rejected alone, with the reason."""
    for raw in raws:
        try:
            decode(raw)
        except UNREADABLE as error:
            context.reject(raw, reason(error))


def reason(error: Exception) -> str:
    """A sentence for a person, from an error of `UNREADABLE`."""
    if isinstance(error, msgspec.ValidationError):
        return f"a field has the wrong type or is missing: {error}"
    if isinstance(error, msgspec.DecodeError | UnicodeDecodeError):
        return f"not valid JSON in UTF-8: {error}"
    if isinstance(error, RecursionError):
        return "JSON nested too deep to read"
    return str(error)


def on_earth(lat: float | None, lon: float | None) -> tuple[float | None, float | None]:
    """The same point in degrees, or two Nones where it is none or not on Earth."""
    if lat is None or lon is None or not (abs(lat) <= 90 and abs(lon) <= 180):
        return None, None
    return lat, lon


def printable(record: object) -> str:
    """A record as text, undecodable bytes escaped; rows become JSON."""
    if isinstance(record, str):
        return record.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(record, bytes | bytearray | memoryview):
        return bytes(record).decode("utf-8", "backslashreplace")
    if isinstance(record, msgspec.Raw):
        return bytes(memoryview(record)).decode("utf-8", "backslashreplace")
    try:
        return msgspec.json.encode(record, enc_hook=str).decode()
    except (TypeError, ValueError, RecursionError):
        return ascii(record)


def shortened(line: bytes) -> bytes:
    """The beginning of a line that is too long to keep, with a note of what was cut."""
    if len(line) <= SHORTENED:
        return line
    return line[:SHORTENED] + b" ... (shortened: only the first %d bytes are kept)" % SHORTENED
