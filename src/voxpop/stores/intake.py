"""Taking in what was folded apart from the store, into PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from voxpop.schema import TIMESTAMP
from voxpop.stores import partitions
from voxpop.stores.folding import GONE, Folded
from voxpop.stores.pool import Session
from voxpop.stores.sql import statement

ROWS: Final = 16_384
"""Rows in memory at a time, as Python values: about 100 MB of posts."""


def take_in(session: Session, folded: Folded) -> None:
    """Fill the empty tables `posts`, `gone` and those of buckets, in the session's transaction."""
    departed = [batch.cast(GONE) for batch in _batches(folded, "gone")]
    with session.lending("departed", pa.Table.from_batches(departed, GONE)):
        session.run("insert into gone select author_key, max(until) from departed group by author_key")
    for batch in _batches(folded, "posts"):
        session.copy("posts", _in_utc(batch))
    for batch in _batches(folded, "buckets"):
        rows = _in_utc(batch)
        times = pc.min_max(rows["start"])
        partitions.make_room(session, partitions.partitions(times["min"].as_py(), times["max"].as_py()))
        session.copy("buckets_minute", rows)
    session.run(statement("roll_up").text)
    # The next load would plan as if the table were empty, until autovacuum comes by.
    session.run("analyze posts")


def _batches(folded: Folded, name: str) -> Iterator[pa.RecordBatch]:
    for path in sorted((folded.directory / name).glob("*.parquet")):
        yield from pq.ParquetFile(path).iter_batches(ROWS)


def _in_utc(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with the time zone that Spark leaves out; its times are in UTC."""
    types = [TIMESTAMP if pa.types.is_timestamp(field.type) else field.type for field in batch.schema]
    return batch.cast(pa.schema([field.with_type(kind) for field, kind in zip(batch.schema, types, strict=True)]))
