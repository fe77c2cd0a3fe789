"""Posts that hold words, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.queries import Cursor, Filter

MOST_WORDS: Final = 16


def words_of(asked: str) -> tuple[str, ...]:
    """The distinct words of a search, which is split at white space; more than `MOST_WORDS` are a `ValueError`.

    >>> words_of("  late ferry late ")
    ('late', 'ferry')
    """
    words = tuple(dict.fromkeys(asked.split()))
    if len(words) > MOST_WORDS:
        raise ValueError(f"at most {MOST_WORDS} words can be looked for at once, not {len(words)}")
    return words


def found(
    store: Store, filter: Filter, words: Sequence[str], limit: int = 50, before: Cursor | None = None
) -> pa.Table:
    """Posts like `queries.posts`, of those whose text holds every one of the words, anywhere and in either case.

    "ferr" is found in "Ferry": words are sought as they are, with their signs, also within longer ones. Which letters
    have a case is the database's to know: DuckDB knows all, PostgreSQL those of its locale ("C": A to Z).
    """
    if not words:
        return queries.posts(store, filter, limit, before)
    return store.query(
        "search",
        topic=filter.topic,
        start=filter.start,
        end=filter.end,
        countries=filter.countries or None,
        langs=filter.langs or None,
        sources=filter.sources or None,
        labels=filter.labels or None,
        before_at=before and before.created_at,
        before_id=before and before.post_id,
        limit=limit,
        words=list(words),
    )


def pages(store: Store, filter: Filter, words: Sequence[str], size: int) -> Iterator[pa.Table]:
    """All of them, newest first, a page at a time, of which one is held; the only page may be empty.

    Posts that come meanwhile may be missing, those that go may be there; none is there twice, none that stayed lacks.
    """
    before: Cursor | None = None
    while True:
        page = found(store, filter, words, size, before)
        if page.num_rows or before is None:
            yield page
        if page.num_rows < size:
            return
        before = Cursor(page["created_at"][-1].as_py(), page["post_id"][-1].as_py())
