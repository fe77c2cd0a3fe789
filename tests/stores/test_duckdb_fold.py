"""What loading does to posts and buckets: the fold."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.scored import POLARITY, TOPICS, cut, event
from tests.stores.view import Row, load, naive, seen
from voxpop.stores.duckdb import DuckDBStore

EVENTS = st.builds(
    event,
    post_id=st.sampled_from(["test:1", "test:2", "test:3"]),
    text=st.sampled_from(["an apple", "a pear", "apple and pear", "neither", "", None]),
    minute=st.integers(0, 2).map(lambda half: half / 2),
    op=st.sampled_from(["create", "create", "update", "delete"]),
    rev=st.sampled_from([None, "", "9", "10", "2a", "2b"]),
    label=st.sampled_from([*POLARITY, "unscored"]),
    country=st.sampled_from([None, "DE"]),
    lang_detected=st.sampled_from([None, "en"]),
    source=st.just("test"),
)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(EVENTS, min_size=1, max_size=10),
    cuts=st.sets(st.integers(0, 9)),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_loading_does_not_matter(rows: list[Row], cuts: set[int], order: random.Random) -> None:
    pieces = cut(rows, {at for at in cuts if at < len(rows)})
    shuffled = [*pieces, *pieces]
    order.shuffle(shuffled)
    store = DuckDBStore.open(Path(":memory:"), TOPICS)
    loaded = [store.load(*piece) for piece in shuffled]
    assert sum(loaded) == len(pieces)
    assert seen(store) == naive(pieces)
    assert store.loaded() == {segment for segment, _ in pieces}
    store.close()


def test_a_repeated_segment_is_refused_and_changes_nothing(store: DuckDBStore) -> None:
    segment, batch = cut([event()], [])[0]
    assert store.load(segment, batch)
    before = seen(store)
    assert not store.load(segment, batch)
    assert seen(store) == before


def test_a_create_after_its_deletion_never_shows(store: DuckDBStore) -> None:
    load(store, event(op="delete", text=None), event(op="create", rev="zzzzzzzzzz"))
    assert not seen(store).buckets
    assert seen(store).posts["test:1"][0] is False


def test_a_deletion_takes_the_text_with_it(store: DuckDBStore) -> None:
    load(store, event(text="an apple", author="ana", url="https://example.org/1"), event(op="delete", text="an apple"))
    with store._connection.cursor() as cursor:
        assert cursor.execute("select text, author, url from posts").fetchall() == [(None, None, None)]


def test_an_edit_moves_the_post_to_its_new_minute_and_topic(store: DuckDBStore) -> None:
    load(
        store,
        event(text="an apple", label="negative", rev="1"),
        event(text="a pear", label="positive", rev="2", op="update", minute=7),
    )
    buckets = seen(store).buckets
    assert {(key[0].minute, key[1]): sums[:4] for key, sums in buckets.items()} == {
        (7, "*"): (1, 0, 0, 1),
        (7, "pear"): (1, 0, 0, 1),
    }


def test_an_edit_of_a_post_nobody_saw_counts_as_the_post(store: DuckDBStore) -> None:
    load(store, event(op="update", rev="2"))
    assert [sums[0] for sums in seen(store).buckets.values()] == [1, 1]


def test_a_repost_counts_beside_its_original(store: DuckDBStore) -> None:
    load(store, event("test:1"), event("test:2", kind="repost", ref_id="test:1"))
    assert {key[1]: sums[0] for key, sums in seen(store).buckets.items()} == {"*": 2, "apple": 2}
