"""What a store is told of a segment's topics: the rows with their topics, their place in the log and their key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from voxpop.errors import Poison
from voxpop.schema import SCORED
from voxpop.segment import Segment
from voxpop.topics.matcher import Columns
from voxpop.topics.query import Column

_COLUMNS: Final[dict[Column, str]] = {
    "lang": "lang_detected",
    "country": "country",
    "author": "author",
    "kind": "kind",
    "source": "source",
}
"""Where in a scored segment a query's columns are."""


class Topics(Protocol):
    """Finds the topics of posts; `voxpop.topics.Matcher` is one."""

    digest: str
    digests: dict[str, str]
    columns: frozenset[Column]

    def match(self, texts: Sequence[str | None], columns: Columns | None = None) -> list[list[str]]:
        """Answer the names of the topics of each text with its columns, in order."""
        ...


def incoming(segment: Segment, batch: pa.Table, topics: Topics) -> pa.Table:
    """The batch with four more columns: each row's `topics`, `position` in the log, `key` and `author_key`.

    Raises:
        Poison: the batch does not have the columns of `SCORED`.
    """
    check(segment, batch)
    batch = _without_nul(batch)
    kept = pc.if_else(pc.equal(batch["op"], "delete"), pa.scalar(None, pa.string()), batch["text"])
    columns = {name: batch[_COLUMNS[name]].to_pylist() for name in topics.columns}
    # In this order, whatever that of the settings is, since the topics of a post together name what is counted of them.
    found = pa.array(map(sorted, topics.match(kept.to_pylist(), columns)), pa.list_(pa.string()))
    places = pa.array(range(segment.offset, segment.offset + batch.num_rows), pa.int64())
    keys = pa.array(map(key_of, batch["post_id"].to_pylist()), pa.int64())
    names = zip(batch["source"].to_pylist(), batch["author_id"].to_pylist(), strict=True)
    authors = pa.array((author_key(source, author) if author else None for source, author in names), pa.int64())
    for name, column in {"topics": found, "position": places, "key": keys, "author_key": authors}.items():
        batch = batch.append_column(name, column)
    return batch


def check(segment: Segment, batch: pa.Table) -> None:
    """Raise `Poison` unless the batch has the columns of `SCORED`."""
    if {field.name: field.type for field in batch.schema} != {field.name: field.type for field in SCORED}:
        raise Poison(f"segment {segment.path} does not have the columns of a scored segment; score it again")


def _without_nul(batch: pa.Table) -> pa.Table:
    """The batch with U+FFFD for U+0000, which text of PostgreSQL cannot hold; so both stores hold the same."""
    for number, field in enumerate(batch.schema):
        column = batch[field.name]
        if field.type == pa.string() and pc.any(pc.match_substring(column, "\0")).as_py():
            batch = batch.set_column(number, field, pc.replace_substring(column, "\0", "\ufffd"))
    return batch


def gained(rows: pa.Table, names: set[str]) -> pa.Table:
    """Place and topics of the rows of `incoming` that have any of the named topics, and of their topics those."""
    pairs = zip(rows["position"].to_pylist(), rows["topics"].to_pylist(), strict=True)
    having = [(position, kept) for position, found in pairs if (kept := [name for name in found if name in names])]
    places = pa.array([position for position, _ in having], pa.int64())
    return pa.table({"position": places, "topics": pa.array([kept for _, kept in having], pa.list_(pa.string()))})


def author_key(source: str, author_id: str) -> int:
    """What stands for an author where the author's id is let go of."""
    return key_of(f"{source}:{author_id}")


def key_of(post_id: str) -> int:
    """A signed 64-bit hash, the same on every machine and in every version (XXH3)."""
    return xxhash.xxh3_64_intdigest(post_id.encode()) - (1 << 63)
