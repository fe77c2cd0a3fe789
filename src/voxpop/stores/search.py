"""Posts that hold words, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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

    "ferr" is found in "Ferry": words are sought as they are, with their signs, also within longer ones. Accents count.
    """
    if not words:
        return queries.posts(store, filter, limit, before)
    folded = [_folded(word) for word in words]
    upper, lower = _pairs("".join(folded))
    return queries.listed(store, "search", filter, limit, before, words=folded, upper=upper, lower=lower)


@dataclass(frozen=True)
class Strength:
    """The last post of a page of the strongest: the next page begins after it."""

    strength: float
    last: Cursor


def strongest(
    store: Store, filter: Filter, words: Sequence[str], limit: int = 50, before: Strength | None = None
) -> pa.Table:
    """Posts like `found`, those with the greatest absolute polarity first, as `strength`; unscored posts have none.

    The trap: all of the filter's posts are looked at, where `found` reads only the newest.
    """
    folded = [_folded(word) for word in words]
    upper, lower = _pairs("".join(folded))
    return store.query(
        filter.statement("strongest"),
        topic=filter.counted,
        start=filter.start,
        end=filter.end,
        **filter.chosen,
        labels=filter.labels or None,
        reposts=filter.reposts,
        words=folded,
        upper=upper,
        lower=lower,
        before_strength=before and before.strength,
        before_at=before and before.last.created_at,
        before_id=before and before.last.post_id,
        limit=limit,
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


def _folded(word: str) -> str:
    # A sigma that ends a word is written differently from one within.
    return word.lower().replace("ς", "σ")


def _pairs(folded: str) -> tuple[str, str]:
    """The capitals of the letters of a text beyond a to z, and of each the letter.

    >>> _pairs("fähre σ")
    ('ÄΣς', 'äσσ')
    """
    found: dict[str, str] = {}
    for letter in dict.fromkeys(folded):
        capital = letter.upper()
        if not letter.isascii() and len(capital) == 1 and capital != letter:
            found[capital] = letter
    if "σ" in folded:
        found["ς"] = "σ"
    return "".join(found), "".join(found.values())
