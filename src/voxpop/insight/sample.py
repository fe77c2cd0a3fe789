"""A sample of the posts of a store that a filter selects, of bounded size however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.period import MINUTE, Span, aligned
from voxpop.stores.queries import Filter

SIZE: Final = 8_000
"""Posts of a window that are read, about: enough to tell a word that 1 in 200 uses from one that 1 in 100 does."""

DRAWN: Final = 1 / 32
"""The share of all posts that a store has apart; see `sql/parts/is_drawn.sql`."""


@dataclass(frozen=True)
class Sample:
    """Some posts of a window, or all of them.

    Attributes:
        posts: columns as of `queries.posts`, and `author_key`; the text is a stranger's.
        n: how many posts the store counted in the window.
        share: the probability with which each of them was drawn, in (0, 1].
    """

    posts: pa.Table
    n: int
    share: float

    @property
    def whole(self) -> bool:
        """Whether every post of the window that still has its text was drawn."""
        return self.share >= 1


def draw(store: Store, filter: Filter, size: int = SIZE, n: int | None = None) -> Sample:
    """Draw about `size` posts of the filter's, each with the same probability; all of them where there are no more.

    Half of `size` will do where all that are drawn then lie apart, as reading them is many times as fast. A post is
    drawn by a hash of its id: again the next time, and in any other store. It takes a closed filter, so that the
    database can keep to a part of its posts. Posts without text, or whose text was let go, are counted in the sample's
    `n` but never drawn. `n` is how many the store counts, where that is known already.

    Raises:
        ValueError: the filter has an open end.
    """
    if filter.start is None or filter.end is None:
        raise ValueError("a sample is of a closed period; give the filter a start and an end")
    n = queries.totals(store, filter).n if n is None else n
    share = min(1.0, size / n) if n else 1.0
    if DRAWN < share <= 2 * DRAWN:
        share = DRAWN
    return Sample(_drawn(store, filter, share), n, share)


def pieces(store: Store, filter: Filter, size: int = SIZE) -> Iterator[pa.Table]:
    """All posts of a closed filter that have text, newest first by pieces of about `size`; a minute is never cut.

    Raises:
        ValueError: the filter has an open end.
    """
    if filter.start is None or filter.end is None:
        raise ValueError("pieces are of a closed period; give the filter a start and an end")
    minutes = (filter.end - filter.start) // MINUTE
    if minutes < 2 or queries.totals(store, filter).n <= size:
        yield _drawn(store, filter, 1).sort_by([("created_at", "descending"), ("post_id", "descending")])
        return
    # A whole minute, for the store counts by those.
    middle = Span(filter.start + minutes // 2 * MINUTE, filter.end)
    cut = aligned(middle, MINUTE).start
    yield from pieces(store, replace(filter, start=cut), size)
    yield from pieces(store, replace(filter, end=cut), size)


def _drawn(store: Store, filter: Filter, share: float) -> pa.Table:
    """The posts whose key, which is spread evenly over 64 bits with a sign, is in the lowest `share` of them."""
    highest = round(share * (1 << 64)) - (1 << 63) - 1
    given: dict[str, Any] = {
        "topic": filter.counted,
        "start": filter.start,
        "end": filter.end,
        "reposts": filter.reposts,
    }
    name = "sample_drawn" if share <= DRAWN else "sample"
    return store.query(
        filter.statement(name), **given, **filter.chosen, labels=filter.labels or None, highest_key=highest
    )
