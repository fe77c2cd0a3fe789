"""The posts that a store has twice, so that samples are read from few: always those that samples may draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count, islice
from pathlib import Path

import pytest

from tests.stores.scored import MODEL, MORNING, TOPICS, cut, event
from tests.stores.test_fold import departure
from tests.stores.test_folding import entries, fold
from tests.stores.test_topics import WITH_PLUM
from tests.stores.view import Row, select
from voxpop.insight import sample
from voxpop.stores.matched import key_of
from voxpop.stores.queries import Filter
from voxpop.stores.sql import statement
from voxpop.stores.view import View

IS_DRAWN = "key < -8646911284551352320"
LOW = list(islice((name for n in count() if key_of(name := f"test:{n}") < -8646911284551352320), 6))
HIGH = next(name for n in count() if key_of(name := f"test:{n}") > 0)
EVENTS = [
    *(event(name, f"an apple and a plum {at}", at, author_id=f"u{at}") for at, name in enumerate(LOW)),
    event(HIGH, "an apple", 6, author_id="u9"),
    event(LOW[0], "a pear", 1, op="update", rev="2", author_id="u0"),
    event(LOW[1], None, 9, op="delete"),
    {**departure(minute=9), "author_id": "u2", "post_id": "test:author:u2"},
]


def drawn(store: View) -> list[Row]:
    """The posts that are there twice, which must be those of `posts` that a sample may draw."""
    rows = select(store, "select * from drawn order by position")
    assert rows == select(
        store, f"select * from posts where {IS_DRAWN} and live and text is not null order by position"
    )
    return rows


def test_the_bound_is_that_of_the_share_that_is_kept() -> None:
    assert IS_DRAWN in statement("fold").text and IS_DRAWN in statement("roll_up").text
    assert int(IS_DRAWN.rpartition(" ")[2]) == round(sample.DRAWN * (1 << 64)) - (1 << 63)


@pytest.mark.parametrize("cuts", [(), range(len(EVENTS))])
def test_edits_deletions_and_departures_reach_them(store: View, cuts: range) -> None:
    for segment, batch in cut(EVENTS, cuts):
        store.load(segment, batch)
        drawn(store)
    found = {row["post_id"]: row["text"] for row in drawn(store)}
    assert found == {LOW[0]: "a pear"} | {name: f"an apple and a plum {at}" for at, name in enumerate(LOW) if at > 2}


def test_topics_that_come_and_go_reach_them(store: View) -> None:
    (piece,) = cut(EVENTS[:7], [])
    store.load(*piece)
    store.follow(WITH_PLUM)
    assert store.backfill(*piece)
    assert {"apple", "plum"} == set(drawn(store)[0]["topics"])
    store.follow(TOPICS)
    assert drawn(store)[0]["topics"] == ["apple"]


def test_retention_takes_their_text(store: View) -> None:
    store.load(*cut(EVENTS[:7], [])[0])
    store.retain(timedelta(days=99999), 2)
    assert [row["post_id"] for row in drawn(store)] == [LOW[5]]
    store.retain(timedelta(0), 10)
    assert drawn(store) == []


def test_a_store_taken_in_whole_has_them(store: View, tmp_path: Path) -> None:
    pieces = cut(EVENTS, [3])
    store.replace(fold(pieces, tmp_path / "folded", 2), entries(pieces), MODEL)
    assert len(drawn(store)) == 4
    store.reset(TOPICS.digest, "")
    assert drawn(store) == []


def test_a_small_share_is_drawn_from_them_and_is_the_same(store: View) -> None:
    day = Filter(start=MORNING, end=MORNING + timedelta(days=1))
    store.load(*cut(EVENTS[:7], [])[0])
    few = sample._drawn(store, day, sample.DRAWN)
    assert sorted(few["post_id"].to_pylist()) == sorted(LOW)
    assert sample._drawn(store, day, sample.DRAWN * 1.0001).equals(few)
    apples = replace(day, topic="pear")
    assert sample._drawn(store, apples, sample.DRAWN).num_rows == 0


@pytest.mark.parametrize(("n", "share"), [(100, 1.0), (1000, 0.1), (1599, 100 / 1599), (1600, 1 / 32), (6400, 1 / 64)])
def test_half_a_sample_will_do_where_it_lies_apart(store: View, n: int, share: float) -> None:
    assert sample.draw(store, Filter(start=MORNING, end=MORNING + timedelta(hours=1)), 100, n).share == share
