"""What loading does to posts and buckets: the fold."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.scored import POLARITY, cut, event, table
from tests.stores.view import Row, coarse, facets, load, naive, rolled_up, seen, select, summed_up
from voxpop.schema import posts_of
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.queries import Filter
from voxpop.stores.view import View

EVENTS = st.builds(
    event,
    post_id=st.sampled_from(["test:1", "test:2", "test:3"]),
    text=st.sampled_from(["an apple", "a pear", "apple and pear", "neither", "", None]),
    minute=st.sampled_from([0, 0.5, 1, 61, 900, 901]),
    op=st.sampled_from(["create", "create", "update", "delete"]),
    rev=st.sampled_from([None, "", "9", "10", "2a", "2b"]),
    label=st.sampled_from([*POLARITY, "unscored"]),
    confidence=st.sampled_from([0.5, 0.75, 0.9]),
    country=st.sampled_from([None, "DE"]),
    lang_detected=st.sampled_from([None, "en"]),
    source=st.just("test"),
    author_id=st.sampled_from([None, "ana", "ben"]),
)
DEPARTURES = st.builds(
    lambda author, minute: departure(author, minute), st.sampled_from(["ana", "ben"]), st.sampled_from([0, 0.5, 1])
)


def departure(author: str = "ana", minute: float = 0) -> Row:
    """The event that takes all of an author's posts."""
    return event(posts_of("test", author), None, minute, op="delete", author_id=author, label="unscored")


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(EVENTS | DEPARTURES, min_size=1, max_size=10),
    cuts=st.sets(st.integers(0, 9)),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_loading_does_not_matter(
    emptied: Callable[[], View], rows: list[Row], cuts: set[int], order: random.Random
) -> None:
    pieces = cut(rows, {at for at in cuts if at < len(rows)})
    shuffled = [*pieces, *pieces]
    order.shuffle(shuffled)
    store = emptied()
    loaded = [store.load(*piece) for piece in shuffled]
    assert sum(loaded) == len(pieces)
    assert seen(store) == naive(pieces)
    for grain in ("hour", "day"):
        assert coarse(store, grain) == rolled_up(naive(pieces).buckets, grain)
        assert facets(store, grain) == summed_up(coarse(store, grain), grain)
    assert facets(store, "minute") == summed_up(naive(pieces).buckets, "minute")
    assert store.loaded() == {segment for segment, _ in pieces}


def test_a_repeated_segment_is_refused_and_changes_nothing(store: View) -> None:
    segment, batch = cut([event()], [])[0]
    assert store.load(segment, batch)
    before = seen(store)
    assert not store.load(segment, batch)
    assert seen(store) == before


def test_a_create_after_its_deletion_never_shows(store: View) -> None:
    load(store, event(op="delete", text=None), event(op="create", rev="zzzzzzzzzz"))
    assert not seen(store).buckets
    assert seen(store).posts["test:1"][0] is False


def test_a_deletion_takes_the_text_with_it(store: View) -> None:
    load(store, event(text="an apple", author="ana", url="https://example.org/1"), event(op="delete", text="an apple"))
    assert select(store, "select text, author, url from posts") == [{"text": None, "author": None, "url": None}]


def test_an_edit_moves_the_post_to_its_new_minute_and_topic(store: View) -> None:
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


def test_an_edit_of_a_post_nobody_saw_counts_as_the_post(store: View) -> None:
    load(store, event(op="update", rev="2"))
    assert [sums[0] for sums in seen(store).buckets.values()] == [1, 1]


def test_a_repost_counts_beside_its_original(store: View) -> None:
    load(store, event("test:1"), event("test:2", kind="repost", ref_id="test:1"))
    counts = {(key[1], key[5]): sums[0] for key, sums in seen(store).buckets.items()}
    assert counts == {("*", False): 1, ("apple", False): 1, ("*", True): 1, ("apple", True): 1}
    assert [queries.totals(store, Filter("apple", reposts=wanted)).n for wanted in (True, False)] == [2, 1]


@pytest.mark.parametrize("first", [0, 1])
def test_an_author_who_is_gone_takes_every_post_of_before_and_none_of_after(store: View, first: int) -> None:
    posts = [event("test:1", author_id="ana"), event("test:2", author_id="ben"), event("test:3", "new", 9)]
    rows = [departure(minute=5), *posts] if first else [*posts, departure(minute=5)]
    load(store, *(({**row, "author_id": "ana"} if row["post_id"] == "test:3" else row) for row in rows))
    assert {post_id: post[0] for post_id, post in seen(store).posts.items()} == {
        "test:1": False,
        "test:2": True,
        "test:3": True,
        "test:author:ana": False,
    }
    left = select(store, "select text, author_id from posts where post_id = 'test:1'")
    assert left == [{"text": None, "author_id": None}]


def test_an_author_who_is_gone_takes_posts_whose_text_was_let_go(store: View) -> None:
    load(store, event("test:1", author_id="ana"))
    store.retain(timedelta(days=0), 1)
    store.load(Segment("2026-11-19", 1), table([departure()]))
    assert not seen(store).buckets


def test_the_same_id_at_another_source_is_another_author(store: View) -> None:
    load(store, event("x:1", source="x", author_id="ana"), departure())
    assert seen(store).posts["x:1"][0] is True


def test_only_an_events_own_author_can_be_gone(store: View) -> None:
    load(store, event("test:1", author_id="ana"), {**departure(), "author_id": "ben"})
    assert seen(store).posts["test:1"][0] is True
