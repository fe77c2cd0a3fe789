"""The one truth about columns: `Post` at the edge, `POST` and `SCORED` in the log.

Allowed Arrow types are `string`, `float32`, `float64`, `int64`, `bool` and `timestamp[us, UTC]`: each survives
Parquet, DuckDB, PostgreSQL and Spark unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
import pyarrow as pa

Op = Literal["create", "update", "delete"]
Kind = Literal["original", "reply", "repost", "quote"]

TIMESTAMP = pa.timestamp("us", tz="UTC")


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One event about one post, as a source's decoder hands it over.

    Lives only between a decoder and `ingest`; from there on posts are Arrow rows. `created_at` and `received_at` must
    be timezone-aware. `received_at` is None until `ingest` stamps it; `created_at` is None where the source has no
    time, and becomes `received_at`. The trap: `rev` orders versions of one post by (length, text), so a decoder must
    give revisions that sort so (Jetstream's `rev`, X's ids of edits do).
    """

    post_id: str
    """`source:native_id`, unique over everything Voxpop ever reads; an edit or a deletion carries its post's id."""
    source: str
    text: str | None
    op: Op = "create"
    rev: str | None = None
    author_id: str | None = None
    author: str | None = None
    """Handle without the `@`."""
    url: str | None = None
    lang: str | None = None
    """BCP 47 tag as the source gave it."""
    created_at: datetime | None = None
    received_at: datetime | None = None
    kind: Kind = "original"
    ref_id: str | None = None
    """`source:native_id` of the post that is answered, reposted or quoted."""
    gps_lat: float | None = None
    """Degrees north, only from a real point; a corner of a place's bounding box is not one."""
    gps_lon: float | None = None
    place_name: str | None = None
    place_country: str | None = None
    """ISO 3166-1 alpha-2, upper case."""
    profile_location: str | None = None
    """Free text from the author's profile."""


def posts_of(source: str, author_id: str) -> str:
    """The `post_id` of an event about every post of an author up to its `created_at`; its `op` is `delete`.

    >>> posts_of("bluesky", "did:plc:ana")
    'bluesky:author:did:plc:ana'
    """
    return f"{source}:author:{author_id}"


POST = pa.schema(
    [
        pa.field("post_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("text", pa.string()),
        pa.field("op", pa.string(), nullable=False),
        pa.field("rev", pa.string()),
        pa.field("author_id", pa.string()),
        pa.field("author", pa.string()),
        pa.field("url", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("created_at", TIMESTAMP, nullable=False),
        pa.field("received_at", TIMESTAMP, nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("ref_id", pa.string()),
        pa.field("gps_lat", pa.float64()),
        pa.field("gps_lon", pa.float64()),
        pa.field("place_name", pa.string()),
        pa.field("place_country", pa.string()),
        pa.field("profile_location", pa.string()),
    ]
)
"""Columns of a landing segment, in `Post`'s order."""

SCORES = pa.schema(
    [
        pa.field("label", pa.string(), nullable=False),
        pa.field("p_negative", pa.float32()),
        pa.field("p_neutral", pa.float32()),
        pa.field("p_positive", pa.float32()),
        pa.field("polarity", pa.float32()),
    ]
)
"""What a scorer answers for a row: `label` is negative, neutral, positive or unscored; the rest is null when unscored.

The probabilities are in [0, 1] and sum to 1; `polarity` = `p_positive` - `p_negative`, in [-1, 1].
"""

SCORED = pa.schema(
    [
        *POST,
        *SCORES,
        pa.field("lang_detected", pa.string()),
        pa.field("country", pa.string()),
        pa.field("lat", pa.float64()),
        pa.field("lon", pa.float64()),
        pa.field("h3", pa.string()),
        pa.field("geo_source", pa.string(), nullable=False),
        pa.field("fingerprint", pa.string(), nullable=False),
        pa.field("model_id", pa.string(), nullable=False),
    ]
)
"""Columns of a scored segment: the landing columns, the score, and what was derived from the row."""


def to_batch(posts: Sequence[Post]) -> pa.RecordBatch:
    """Turn posts into a `POST` batch, row for row.

    Raises:
        ValueError: a post lacks `created_at` or `received_at`; `ingest` stamps both first.
    """
    columns = [pa.array([getattr(post, field.name) for post in posts], field.type) for field in POST]
    for field, column in zip(POST, columns, strict=True):
        if column.null_count and not field.nullable:
            raise ValueError(f"a post has no {field.name}; give it one before it becomes a row")
    return pa.RecordBatch.from_arrays(columns, schema=POST)


def to_posts(batch: pa.RecordBatch | pa.Table) -> list[Post]:
    """Turn the landing columns of a batch back into posts; the inverse of `to_batch`."""
    return [Post(**row) for row in batch.select(POST.names).to_pylist()]
