"""Scored segments for tests of stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from voxpop.schema import SCORED
from voxpop.segment import Segment
from voxpop.topics import Matcher, Topic

MORNING = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
MODEL = "test-model"
POLARITY = {"negative": -0.75, "neutral": 0.125, "positive": 0.5}
TOPICS = Matcher([Topic.read("apple", "Apple", "apple"), Topic.read("pear", "Pear", "pear")])


def event(post_id: str = "test:1", text: str | None = "an apple", minute: float = 0, **fields: Any) -> dict[str, Any]:
    """One row of a scored segment; `label` and `confidence`, the label's probability, decide the probabilities."""
    at = MORNING + timedelta(minutes=minute)
    given = {"post_id": post_id, "source": "test", "text": text, "op": "create", "created_at": at, "received_at": at}
    label = fields.get("label", "neutral")
    sure = fields.pop("confidence", 1.0)
    chances = {f"p_{name}": sure if name == label else (1 - sure) / 2 for name in POLARITY}
    scores = chances if label != "unscored" else {}
    rest = {"kind": "original", "label": label, "polarity": POLARITY.get(label), "lang_detected": "en", "country": "DE"}
    end = {"geo_source": "none", "fingerprint": "00", "model_id": MODEL}
    row = {**dict.fromkeys(SCORED.names), **given, **scores, **rest, **end, **fields}
    return row


def table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Rows as a scored segment's table."""
    return pa.Table.from_pylist(list(rows), schema=SCORED)


def cut(rows: Sequence[dict[str, Any]], at: Iterable[int]) -> list[tuple[Segment, pa.Table]]:
    """Rows as consecutive segments of one log, cut before the given rows."""
    edges = sorted({0, len(rows), *at})
    pieces = zip(edges, edges[1:], strict=False)
    return [(Segment("2026-11-19", first), table(rows[first:last])) for first, last in pieces]
