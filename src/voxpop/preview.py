"""What a query would catch: the newest posts of the log, read through it before it becomes a topic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from voxpop import geo
from voxpop import segment as segments
from voxpop.errors import Poison
from voxpop.language import declared
from voxpop.log import Log
from voxpop.schema import POST
from voxpop.topics import Matcher, Topic
from voxpop.topics.query import Column

MOST_LOOKED_AT: Final = 10_000


@dataclass(frozen=True)
class Caught:
    """A post that the query matches. `text` and `author` are what a stranger wrote."""

    post_id: str
    author: str | None
    text: str
    created_at: datetime


@dataclass(frozen=True)
class Preview:
    """How many posts were looked at and caught, and the newest of the caught ones."""

    looked_at: int
    caught: int
    examples: tuple[Caught, ...]


def preview(log: Log, topic: Topic, examples: int, most: int = MOST_LOOKED_AT) -> Preview:
    """Match the newest `most` posts of the log, each in its newest version; deleted ones are not there.

    Reads the segments from the newest back, and no more of them than that takes; needs neither a score nor the store.
    """
    matcher = Matcher([topic])
    looked_at = caught = 0
    shown: list[Caught] = []
    for rows in _newest(log, most):
        texts = [row["text"] for row in rows]
        columns: dict[Column, list[str | None]] = {
            name: [_value(name, row) for row in rows] for name in matcher.columns
        }
        found = [row for row, names in zip(rows, matcher.match(texts, columns), strict=True) if names]
        looked_at += len(rows)
        caught += len(found)
        shown += [
            Caught(row["post_id"], row["author"], row["text"], row["created_at"])
            for row in found[: examples - len(shown)]
        ]  # fmt: skip
    return Preview(looked_at, caught, tuple(shown))


def _newest(log: Log, most: int) -> Iterator[list[dict[str, Any]]]:
    """Posts by segment, the newest first; an older event of a post that was seen is left out."""
    seen: set[str] = set()
    left = most
    for segment in reversed(log.segments()):
        if left <= 0:
            return
        kept: list[dict[str, Any]] = []
        for row in reversed(_read(log, segment).to_pylist()):
            if row["post_id"] not in seen and len(kept) < left:
                seen.add(row["post_id"])
                kept += [row] if row["op"] != "delete" and row["text"] is not None else []
        left -= len(kept)
        yield kept


def _read(log: Log, segment: segments.Segment) -> pa.Table:
    try:
        return segments.read(log.landing / segment.path)
    except Poison:
        # It is set aside and counted where it is scored; a preview goes on without it.
        return pa.Table.from_batches([], schema=POST)


def _value(name: Column, row: dict[str, Any]) -> str | None:
    if name == "lang":
        return declared(row["lang"])
    if name == "country":
        place = geo.locate(row["gps_lat"], row["gps_lon"], row["place_country"], row["profile_location"])
        return place.country
    value: str | None = row[name]
    return value
