"""Which posts of a window count, where not every one does: of copies the first, of an author the newest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from voxpop.insight.clusters import Clusters, Said

AT_ONCE: Final = 5_000
"""Posts whose shingles are in memory at a time, but for those of texts that others are compared with."""


@dataclass(frozen=True)
class Told:
    """What became of the posts of a window.

    Attributes:
        posts: how many there are; of topics together, a post once for each of its topics.
        copies: those that do not count because an earlier one is nearly the same text.
        repeats: those that do not count because their author has a newer one.
        unread: those that count though they may be copies, for their text was let go of or there never was one.
    """

    posts: int
    copies: int
    repeats: int
    unread: int

    @property
    def counted(self) -> int:
        """How many count."""
        return self.posts - self.copies - self.repeats

    def __add__(self, other: Told) -> Told:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Told(*(one + another for one, another in pairs))


NOTHING: Final = Told(0, 0, 0, 0)


def counting(rows: pa.Table, *, copies: bool, one_voice: bool) -> tuple[pa.Table, Told]:
    """The rows of `incoming.sql` that count, and what became of the others.

    With `copies` false, of posts that are nearly the same text (`voxpop.insight.clusters`) the first counts. Reposts
    are neither folded nor the first of anything: they have a switch of their own. With `one_voice`, of each author's
    posts that are left the newest counts; a post without an author is its own voice. Posts of one time are told apart
    by their id, so the same posts give the same whatever their order.
    """
    rows = rows.sort_by([("created_at", "ascending"), ("post_id", "ascending")])
    first, unread = (list(range(rows.num_rows)), 0) if copies else _first(rows)
    newest = _newest(rows, first) if one_voice else first
    told = Told(rows.num_rows, rows.num_rows - len(first), len(first) - len(newest), unread)
    return rows.take(pa.array(newest, pa.int64())), told


def counting_by_topic(rows: pa.Table, **switches: bool) -> tuple[pa.Table, Told]:
    """The same within each topic, as if the others were not there: `topics` keeps those that a post counts in."""
    counts: dict[str, list[str]] = {}
    together = NOTHING
    for topic in sorted({topic for topics in rows["topics"].to_pylist() for topic in topics}):
        having = pa.array([topic in topics for topics in rows["topics"].to_pylist()], pa.bool_())
        kept, told = counting(rows.filter(having), **switches)
        together += told
        for post_id in kept["post_id"].to_pylist():
            counts.setdefault(post_id, []).append(topic)
    left = [counts.get(post_id, []) for post_id in rows["post_id"].to_pylist()]
    column = rows.schema.get_field_index("topics")
    rows = rows.set_column(column, "topics", pa.array(left, pa.list_(pa.string())))
    return rows.filter(pc.greater(pc.list_value_length(rows["topics"]), 0)), together


def _first(rows: pa.Table) -> tuple[list[int], int]:
    """The places of posts that are no copy of an earlier one, and how many of them cannot be told."""
    # None is ever closed, so that a copy is found however many other texts lie between.
    clusters = Clusters(rows.num_rows + 1)
    unread = 0
    for piece in _pieces(rows):
        posts = [Said(row["text"], 0, row["created_at"], row["place"]) for row in piece if row["text"] is not None]
        clusters.add(posts)
        unread += len(piece) - len(posts)
    later = {post.place for cluster in clusters.copies() for post in cluster.posts[1:]}
    return [place for place in range(rows.num_rows) if place not in later], unread


def _pieces(rows: pa.Table) -> Iterator[list[dict[str, Any]]]:
    """Posts but reposts in their order, with their place, some at a time."""
    places = pa.array(range(rows.num_rows), pa.int64())
    read = rows.select(["text", "created_at", "kind"]).append_column("place", places)
    own = read.filter(pc.not_equal(read["kind"], "repost"))
    for start in range(0, own.num_rows, AT_ONCE):
        yield own.slice(start, AT_ONCE).to_pylist()


def _newest(rows: pa.Table, places: Sequence[int]) -> list[int]:
    """The places of each author's newest post, ascending."""
    authors = rows["author_key"].to_pylist()
    last = {authors[place]: place for place in places if authors[place] is not None}
    return [place for place in places if authors[place] is None or last[authors[place]] == place]
