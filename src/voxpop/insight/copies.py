"""How much of what is posted in a window is copies, and how much comes from few authors."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from voxpop.insight.clusters import BURST, BURST_AUTHORS, Clusters, Said
from voxpop.insight.sample import pieces
from voxpop.seams import Store
from voxpop.stores.queries import Filter

MOST_POSTS: Final = 50_000
MOST_TEXTS: Final = 20
TOP: Final = 0.01


@dataclass(frozen=True)
class Copied:
    """A text that was posted several times, nearly the same.

    Attributes:
        posts: how many posts of it there are, and `authors` how many posted it.
        first: when the first came, and `last` the last.
        burst_authors: the most authors who posted it within ten minutes, `burst_at` when those began.
        example: a post of it, as a row of the sample's columns.
        why: why it may be coordinated, in words; None where nothing says so.
    """

    posts: int
    authors: int
    first: datetime
    last: datetime
    burst_authors: int
    burst_at: datetime | None
    example: pa.Table
    why: str | None


@dataclass(frozen=True)
class Copies:
    """What of a window is copied. Shares are in [0, 1], and None without posts.

    Attributes:
        read: posts that were looked at: the newest of the window, at most as many as was asked.
        whole: whether those are all of the window that have text.
        reposts: share of reposts, which are copies by name and counted nowhere else.
        copied: share of the other posts whose text is nearly that of another one.
        top_authors: share of the posts that come from the 1 % of authors who post most, at least one.
        texts: the most copied; those that may be coordinated first.
    """

    read: int
    whole: bool
    reposts: float | None
    copied: float | None
    top_authors: float | None
    texts: list[Copied]


def copies(store: Store, filter: Filter, most: int = MOST_POSTS) -> Copies:
    """Find the copies among the newest `most` posts of a closed window, which bounds the memory that it takes.

    A flag says what was seen, and no more: a share button, a headline or a raffle makes many near-copies, too.

    Raises:
        ValueError: the filter has an open end.
    """
    seen = _Seen()
    whole = True
    for piece in pieces(store, filter):
        left = most - seen.read
        whole = whole and piece.num_rows <= left
        seen.add(piece.slice(0, max(0, left)))
        if not whole:
            break
    return seen.told(whole)


class _Seen:
    """What was read so far."""

    def __init__(self) -> None:
        self.read = 0
        self._reposts = 0
        self._authors: Counter[int] = Counter()
        self._clusters = Clusters()
        self._pieces: list[pa.Table] = []

    def add(self, piece: pa.Table) -> None:
        posts = []
        rows = zip(*(piece[name].to_pylist() for name in ("text", "author_key", "created_at", "kind")), strict=True)
        for place, (text, author, at, kind) in enumerate(rows, start=self.read):
            # A post without an author is by one of its own, with a number that no 64-bit hash has.
            author = author if author is not None else (1 << 64) + place
            self._authors[author] += 1
            if kind == "repost":
                self._reposts += 1
            else:
                posts.append(Said(text, author, at, place))
        self._clusters.add(posts)
        self._pieces.append(piece)
        self.read += piece.num_rows

    def told(self, whole: bool) -> Copies:
        found = list(self._clusters.copies())
        others = self.read - self._reposts
        top = self._authors.most_common(math.ceil(TOP * len(self._authors)))
        ranked = sorted(found, key=lambda cluster: (cluster.burst()[0] < BURST_AUTHORS, -len(cluster.posts)))
        rows = pa.concat_tables(self._pieces) if self._pieces else None
        return Copies(
            self.read,
            whole,
            self._reposts / self.read if self.read else None,
            sum(len(cluster.posts) for cluster in found) / others if others else None,
            sum(posts for _, posts in top) / self.read if self.read else None,
            [_copied(cluster.posts, cluster.burst(), rows) for cluster in ranked[:MOST_TEXTS]],
        )


def _copied(posts: list[Said], burst: tuple[int, datetime | None], rows: pa.Table) -> Copied:
    times = [post.at for post in posts]
    authors, began = burst
    why = None
    if authors >= BURST_AUTHORS:
        minutes = int(BURST.total_seconds() // 60)
        why = f"{authors} authors posted nearly the same text within {minutes} minutes"
    example = rows.slice(posts[0].place, 1)
    return Copied(
        len(posts), len({post.author for post in posts}), min(times), max(times), authors, began, example, why
    )
