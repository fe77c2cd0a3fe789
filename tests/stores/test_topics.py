"""A store that follows other topics ends as one that had them from the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pytest

from tests.stores.places import Place
from tests.stores.scored import TOPICS, cut, event
from tests.stores.view import View as Seen
from tests.stores.view import load, seen
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.queries import Filter
from voxpop.stores.view import View
from voxpop.topics import Matcher, Topic

Places = Callable[[], Place]
PLUM = Topic.read("plum", "Plum", "plum -is:repost")
WITH_PLUM = Matcher([*TOPICS.topics, PLUM])
ROWS = [
    event("test:1", "a plum and an apple", label="positive"),
    event("test:2", "a plum", 1, label="negative"),
    event("test:3", "a plum", 2, kind="repost"),
    event("test:2", "no more fruit", 1, op="update", rev="2"),
    event("test:1", None, op="delete"),
    event("test:4", "plum, pear", 3, label="unscored"),
    event("test:5", "a pear", 4),
    event("test:5", "a plum", 4, op="update", rev="2"),
    event("test:6", "apple, pear, plum", 5, label="positive"),
    event("test:7", "apple, pear", 5),
]
PIECES = cut(ROWS, range(len(ROWS)))


def from_the_start(place: Place, topics: Matcher, pieces: Sequence[tuple[Segment, pa.Table]] = PIECES) -> Seen:
    store = place.open(topics)
    for piece in pieces:
        store.load(*piece)
    return seen(store)


def backfill(store: View) -> int:
    pieces = dict(PIECES)
    return sum(store.backfill(segment, pieces[segment]) for segment in store.lacking())


@pytest.mark.parametrize("before", [0, 3, 5, len(ROWS)])
def test_a_topic_that_comes_late_is_counted_as_if_it_had_always_been_there(
    store: View, places: Places, before: int
) -> None:
    for piece in PIECES[:before]:
        store.load(*piece)
    store.follow(WITH_PLUM)
    for piece in PIECES[before:]:
        store.load(*piece)
    assert backfill(store) == before
    assert seen(store) == from_the_start(places(), WITH_PLUM)
    assert backfill(store) == 0


@pytest.mark.parametrize("filled", [0, 2, 5])
def test_new_posts_are_counted_once_while_the_past_is_filled(store: View, places: Places, filled: int) -> None:
    early, late = PIECES[:-2], PIECES[-2:]
    for piece in early:
        store.load(*piece)
    store.follow(WITH_PLUM)
    for segment in store.lacking()[:filled]:
        store.backfill(segment, dict(PIECES)[segment])
    for piece in late:
        store.load(*piece)
    backfill(store)
    assert seen(store) == from_the_start(places(), WITH_PLUM)


def test_a_topic_that_goes_leaves_nothing_behind(store: View, places: Places) -> None:
    for piece in PIECES:
        store.load(*piece)
    only_pear = Matcher([TOPICS.topics[1]])
    store.follow(only_pear)
    assert store.lacking() == []
    assert seen(store) == from_the_start(places(), only_pear)


def test_of_three_topics_any_may_go_and_come_back(store: View, places: Places) -> None:
    store.follow(WITH_PLUM)
    for piece in PIECES:
        store.load(*piece)
    for topic in WITH_PLUM.topics:
        left = Matcher([each for each in WITH_PLUM.topics if each != topic])
        store.follow(left)
        assert seen(store) == from_the_start(places(), left)
        store.follow(WITH_PLUM)
        backfill(store)
        assert seen(store) == from_the_start(places(), WITH_PLUM)


def test_a_query_that_changes_is_counted_anew(store: View, places: Places) -> None:
    for piece in PIECES:
        store.load(*piece)
    changed = Matcher([Topic.read("apple", "Apple", "plum"), TOPICS.topics[1]])
    store.follow(changed)
    assert not store.stale(changed.digest, store.made_by())
    backfill(store)
    assert seen(store) == from_the_start(places(), changed)


def test_what_is_lacking_outlives_the_process(place: Place) -> None:
    store = place.open()
    load(store, *ROWS)
    store.follow(WITH_PLUM)
    store.close()
    again = place.open(WITH_PLUM)
    assert len(again.lacking()) == len(ROWS)
    backfill(again)
    assert queries.totals(again, Filter("plum")).n == 3
    again.close()


def test_a_title_alone_changes_nothing(store: View) -> None:
    load(store, *ROWS)
    seq = queries.seq(store)
    store.follow(Matcher([Topic.read("apple", "Apples", "APPLE"), TOPICS.topics[1]]))
    assert (store.lacking(), queries.seq(store)) == ([], seq)


@pytest.mark.parametrize("change", [lambda store: store.follow(Matcher([])), backfill])
def test_readers_are_told_of_what_was_forgotten_and_filled(store: View, change: Callable[[View], object]) -> None:
    load(store, *ROWS)
    store.follow(WITH_PLUM)
    seq = queries.seq(store)
    change(store)
    changes = queries.changes(store, seq)
    assert changes.seq > seq and changes.complete and changes.minutes


def test_topics_that_change_while_a_segment_is_matched_are_not_missed(place: Place) -> None:
    class Late(Matcher):
        """Topics that change after they matched, as a change from another thread can."""

        def match(self, *given: object) -> list[list[str]]:
            found = Matcher.match(self, *given)  # type: ignore[arg-type]
            store.follow(WITH_PLUM)
            return found

    store = place.open(Late(TOPICS.topics))
    store.load(*cut([event(text="a plum")], [])[0])
    assert store.lacking() == []
    assert queries.totals(store, Filter("plum")).n == 1
    store.close()


def test_how_much_of_a_topics_past_is_counted_can_be_told(store: View) -> None:
    for piece in PIECES:
        store.load(*piece)
    assert store.query("progress").to_pylist() == []
    store.follow(WITH_PLUM)
    assert store.query("progress").to_pylist() == [{"topic": "plum", "waiting": len(ROWS), "loaded": len(ROWS)}]
    first = store.lacking()[0]
    assert store.backfill(first, dict(PIECES)[first])
    assert store.query("progress")["waiting"].to_pylist() == [len(ROWS) - 1]
