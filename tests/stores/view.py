"""A store's contents in comparable form, and the naive reading of the rule that it must equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from tests.stores.scored import POLARITY, TOPICS, cut
from voxpop.schema import posts_of
from voxpop.segment import Segment
from voxpop.stores import view
from voxpop.stores.counts import COUNTED
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.postgres import PostgresStore

Row = dict[str, Any]
KEYS = ("start", "topic", "source", "country", "lang", "repost")
SUMS = (*COUNTED, "sum_polarity")
FACETS = ("start", "topic", "dimension", "name", "repost")


@dataclass(frozen=True)
class View:
    """What a store holds, in comparable form."""

    posts: dict[str, tuple[Any, ...]]
    buckets: dict[tuple[Any, ...], tuple[Any, ...]]


def select(store: view.View, sql: str) -> list[Row]:
    """The rows of a statement."""
    if isinstance(store, PostgresStore):
        rows: list[Row] = store._pool.fetch(sql).to_pylist()
    else:
        assert isinstance(store, DuckDBStore)
        with store._connection.cursor() as cursor:
            rows = cursor.sql(sql).to_arrow_table().to_pylist()
    return rows


def seen(store: view.View) -> View:
    posts = select(store, "select post_id, live, rev, position, text, label, topics from posts")
    rows = select(store, "select * from buckets_minute")
    return View(
        {row.pop("post_id"): tuple(row.values()) for row in posts},
        {tuple(row[key] for key in KEYS): tuple(row[name] for name in SUMS) for row in rows},
    )


def coarse(store: view.View, grain: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The buckets of hours or days."""
    rows = select(store, f"select * from buckets_{grain}")
    return {tuple(row[key] for key in KEYS): tuple(row[name] for name in SUMS) for row in rows}


def rolled_up(minutes: dict[tuple[Any, ...], tuple[Any, ...]], grain: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What buckets of minutes come to by the hour or day."""
    cut = {"minute": 0, "second": 0} | ({"hour": 0} if grain == "day" else {})
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for (start, *rest), sums in minutes.items():
        key = (start.replace(**cut), *rest)
        found[key] = tuple(map(sum, zip(found.get(key, (0,) * len(SUMS)), sums, strict=True)))
    return found


def facets(store: view.View, grain: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The facets of minutes, hours or days."""
    rows = select(store, f"select * from facets_{grain}")
    return {tuple(row[key] for key in FACETS): tuple(row[name] for name in COUNTED) for row in rows}


def summed_up(buckets: dict[tuple[Any, ...], tuple[Any, ...]], grain: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What buckets of one grain come to over all of source, country and lang, and but for minutes over two of them."""
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for (start, topic, source, country, lang, repost), (*counts, _) in buckets.items():
        named = {"source": source, "country": country, "lang": lang} if grain != "minute" else {}
        for dimension, name in {"": "", **named}.items():
            key = (start, topic, dimension, name, repost)
            found[key] = tuple(map(sum, zip(found.get(key, (0,) * len(counts)), counts, strict=True)))
    return found


def naive(pieces: Sequence[tuple[Segment, pa.Table]]) -> View:
    """The rule, read literally: the greatest event of each post, unless its author left later, then a count."""
    gone: dict[tuple[str, str], datetime] = {}
    winners: dict[str, tuple[tuple[Any, ...], Row]] = {}
    for segment, batch in pieces:
        for number, row in enumerate(batch.to_pylist()):
            rev, author = row["rev"] or "", (row["source"], row["author_id"] or "")
            if row["op"] == "delete" and row["post_id"] == posts_of(*author):
                gone[author] = max(gone.get(author, row["created_at"]), row["created_at"])
            rank = (row["op"] == "delete", len(rev), rev, segment.offset + number)
            if row["post_id"] not in winners or rank > winners[row["post_id"]][0]:
                winners[row["post_id"]] = (rank, row)
    posts: dict[str, tuple[Any, ...]] = {}
    buckets: dict[tuple[Any, ...], list[Row]] = {}
    for post_id, ((deleted, _, rev, position), row) in winners.items():
        left = gone.get((row["source"], row["author_id"] or ""))
        deleted = deleted or (left is not None and row["created_at"] <= left)
        topics = sorted(TOPICS.match([row["text"]])[0])
        text = None if deleted else row["text"]
        posts[post_id] = (not deleted, rev, position, text, row["label"], [] if deleted else topics)
        together = ["&".join(topics)] if len(topics) > 1 else []
        for topic in [] if deleted else ["*", *topics, *together]:
            minute = row["created_at"].replace(second=0, microsecond=0)
            names = (row["source"], row["country"] or "", row["lang_detected"] or "")
            key = (minute, topic, *names, row["kind"] == "repost")
            buckets.setdefault(key, []).append(row)
    return View(posts, {key: _sums(rows) for key, rows in buckets.items()})


def _sums(rows: list[Row]) -> tuple[Any, ...]:
    labels = Counter(row["label"] for row in rows)
    polarity = sum((Decimal(str(row["polarity"] or 0)) for row in rows), Decimal(0))
    sure = Counter(
        row["label"] for row in rows if (row[f"p_{row['label']}"] if row["label"] in POLARITY else 0) >= 0.75
    )
    counts = (*(labels[name] for name in (*POLARITY, "unscored")), *(sure[name] for name in POLARITY))
    return (len(rows), *counts, polarity)


def load(store: view.View, *rows: Row) -> None:
    """Load each row as a segment of its own."""
    for segment, batch in cut(rows, range(len(rows))):
        store.load(segment, batch)


def tables(store: view.View) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but `changes`, which say how it came about; without times of loading."""
    ledger = 'model_id, day, "offset", rows, seq, newest_received'
    held = {"posts": "*", "gone": "*", "topics": "*", "lacking": "*", "ledger": ledger}
    # By name: a migration adds columns at the end of a table.
    held |= dict.fromkeys(("buckets_minute", "buckets_hour", "buckets_day"), ", ".join((*KEYS, *SUMS)))
    held |= dict.fromkeys(("facets_minute", "facets_hour", "facets_day"), ", ".join((*FACETS, *COUNTED)))
    found = {name: select(store, f"select {columns} from {name}") for name, columns in held.items()}
    found["meta"] = select(store, "select * from meta where key <> 'changes_floor'")
    return {name: sorted((tuple(row.values()) for row in rows), key=repr) for name, rows in found.items()}
