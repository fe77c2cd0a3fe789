from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stores.scored import TOPICS, cut, event, table
from voxpop.segment import Segment
from voxpop.stores import search
from voxpop.stores.queries import Cursor, Filter

TEXTS = [
    "Late Ferry, again",
    "the FERRIES are late",
    "Fähre spät ÜBER Nacht",
    "100% _late_ \\ 🚢",
    "it's '; drop x",
    "ΟΔΟΣ ЖУК",
]


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("late FERR", ["s1", "s0"]),
        ("ferry, again", ["s0"]),
        ("über FÄHRE", ["s2"]),
        ("% _ 🚢", ["s3"]),
        ("\\", ["s3"]),
        ("';", ["s4"]),
        ("οδος жук", ["s5"]),
        ("οδοσ ЖУК", ["s5"]),
        ("%s", []),
        ("ferry nothing", []),
        ("", ["s5", "s4", "s3", "s2", "s1", "s0"]),
    ],
)
def test_every_word_must_occur_as_it_is_in_either_case(store: Any, asked: str, ids: list[str]) -> None:
    store.load(*cut([event(f"s{number}", text, number) for number, text in enumerate(TEXTS)], [])[0])
    assert search.found(store, Filter(), search.words_of(asked))["post_id"].to_pylist() == ids


def test_a_store_that_is_made_anew_has_another_version(store: Any) -> None:
    store.load(*cut([event()], [])[0])
    before = store.query("version").to_pylist()
    assert store.query("version").to_pylist() == before
    store.reset(TOPICS.digest, "")
    store.load(*cut([event()], [])[0])
    assert store.query("version").to_pylist() != before


Step = tuple[str, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("page"), st.integers(1, 4)),
        st.tuples(st.just("arrive"), st.integers(0, 20)),
        st.tuples(st.just("delete"), st.integers(0, 20)),
    ),
    max_size=25,
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, words=st.sampled_from([(), ("apple",)]))
def test_pages_lose_and_repeat_nothing_while_posts_come_and_go(
    store: Any, steps: list[Step], words: tuple[str, ...]
) -> None:
    """Several posts share a minute, so that a page can end between posts of one time."""
    store.reset(TOPICS.digest, "")
    begin = [event(f"p{number:02}", "an apple", number // 3) for number in range(21)]
    store.load(*cut(begin, [])[0])
    stays, offset = {row["post_id"] for row in begin}, 1000
    seen: list[str] = []
    before: Cursor | None = None
    for kind, number in [*steps, *[("page", 4)] * 12]:
        if kind == "page":
            page = search.found(store, Filter(), words, number, before)
            seen += page["post_id"].to_pylist()
            if page.num_rows:
                before = Cursor(page["created_at"][-1].as_py(), page["post_id"][-1].as_py())
        else:
            row = event(f"n{offset}", "an apple", number // 3)
            if kind == "delete":
                row = event(f"p{number:02}", None, number // 3, op="delete")
                stays.discard(row["post_id"])
            store.load(Segment("2026-11-19", offset), table([row]))
            offset += 10
    assert len(seen) == len(set(seen))
    assert stays <= set(seen)
    assert [post_id for page in search.pages(store, Filter(), words, 3) for post_id in page["post_id"].to_pylist()] == (
        search.found(store, Filter(), words, 1000)["post_id"].to_pylist()
    )
