"""What posts say of a topic, counted beside their own labels: whatever comes when, and through every statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.scored import MORNING, TOPICS, cut, event
from tests.stores.test_fold import DEPARTURES, EVENTS, departure
from tests.stores.test_topics import WITH_PLUM
from tests.stores.view import Row, select, tables
from voxpop.errors import Terminal
from voxpop.insight import sample, views
from voxpop.scorers.scores import LABELS
from voxpop.seams import Store
from voxpop.segment import Segment
from voxpop.stores import places, queries, search
from voxpop.stores.period import DAY, HOUR, MINUTE, Span
from voxpop.stores.queries import ALL, Filter
from voxpop.stores.view import View
from voxpop.towards import TOWARDS

KEY = "k" * 16
WHOLE = Span(MORNING, MORNING + DAY)
OVERALL = Filter("apple", WHOLE.start, WHOLE.end)
APPLE = replace(OVERALL, towards=True)
ROWS = [
    event("test:1", "an apple, how awful", 1, label="negative", author_id="ana", country="DE"),
    event("test:2", "an apple for me, no pear", 2, label="positive", author_id="bob", country="US"),
    event("test:3", "a pear", 3, label="positive", author_id="bob", country="US"),
    event("test:4", "apple apple", 4, label="neutral", author_id="cy", country="FR"),
]


def stance_of(text: str) -> str:
    """What a post of these tests says of a topic, which its text alone decides: never what it is labelled."""
    return LABELS[len(text) % 3]


def stances(segment: Segment, batch: pa.Table, topic: str = "apple") -> pa.Table:
    """The rows that a model makes of a segment."""
    rows = []
    for at, row in enumerate(batch.to_pylist()):
        if row["op"] != "delete" and topic in (row["text"] or ""):
            label = stance_of(row["text"])
            shares = {f"p_{name}": 0.8 if name == label else 0.1 for name in LABELS}
            rows.append({"position": segment.offset + at, "post_id": row["post_id"], "label": label,
                         "polarity": shares["p_positive"] - shares["p_negative"], **shares})  # fmt: skip
    return pa.Table.from_pylist(rows, schema=TOWARDS)


def filled(store: View, rows: list[Row] = ROWS) -> View:
    for piece in cut(rows, range(1, len(rows))):
        store.load(*piece)
        store.take_stances("apple", KEY, piece[0], stances(*piece))
    return store


def counted(store: Store, filter: Filter = APPLE) -> dict[str, int]:
    """Counts by label, which must be the same by every way to them."""
    total = queries.totals(store, filter)
    whole = {"negative": total.n_neg, "neutral": total.n_neu, "positive": total.n_pos}
    for width in (MINUTE, HOUR, DAY):
        rows = queries.series(store, filter, width).to_pylist()
        assert [sum(row[name] for row in rows) for name in ("n_neg", "n_neu", "n_pos")] == list(whole.values())
    for dimension in ("country", "lang", "source"):
        assert sum(queries.by(store, filter, dimension)["n"].to_pylist()) == total.n
    assert sum(places.coverage(store, filter, WHOLE)["n"].to_pylist()) == total.n
    return {label: n for label, n in whole.items() if n}


def test_labels_towards_the_topic_are_counted_beside_the_posts_own(store: View) -> None:
    filled(store)
    assert counted(store) == dict(Counter(stance_of(ROWS[at]["text"]) for at in (0, 1, 3)))
    assert counted(store, OVERALL) == {"negative": 1, "positive": 1, "neutral": 1}
    assert counted(store, replace(APPLE, countries=("DE",), langs=("en",))) == {stance_of(ROWS[0]["text"]): 1}
    by_topic = queries.by(store, replace(APPLE, topic=ALL), "topic").to_pylist()
    assert [(row["name"], row["n"]) for row in by_topic] == [("apple", 3)]
    assert {row["name"] for row in queries.by(store, replace(OVERALL, topic=ALL), "topic").to_pylist()} == {
        "apple",
        "pear",
    }
    assert queries.totals(store, replace(APPLE, topic=ALL)).n == 0


def test_lists_and_samples_have_the_label_towards_the_topic(store: View) -> None:
    filled(store)
    expected = {ROWS[at]["post_id"]: stance_of(ROWS[at]["text"]) for at in (0, 1, 3)}
    for listed in (
        queries.posts(store, APPLE),
        search.found(store, APPLE, ["apple"]),
        search.strongest(store, APPLE, []),
        sample.draw(store, APPLE).posts,
    ):
        assert dict(zip(listed["post_id"].to_pylist(), listed["label"].to_pylist(), strict=True)) == expected
        assert {name for topics in listed["topics"].to_pylist() for name in topics} == {"apple", "pear"}
    some = replace(APPLE, labels=(stance_of(ROWS[0]["text"]),))
    assert {row["label"] for row in queries.posts(store, some).to_pylist()} == {some.labels[0]}
    assert queries.posts(store, replace(APPLE, topic="pear")).num_rows == 0


CHANGES = [
    event("test:1", "an apple and more", 1, op="update", rev="2", author_id="ana"),
    event("test:2", None, 9, op="delete"),
    {**departure(minute=9), "author_id": "cy", "post_id": "test:author:cy"},
]


def test_an_edit_a_deletion_and_a_departure_take_the_stance_with_them(store: View) -> None:
    filled(store)
    ((segment, batch),) = cut(CHANGES, [])
    segment = Segment(segment.day, 4)
    store.load(segment, batch)
    assert counted(store) == {}
    assert select(store, "select * from stances") == []
    store.take_stances("apple", KEY, segment, stances(segment, batch))
    assert counted(store) == {stance_of("an apple and more"): 1}


@settings(max_examples=12, deadline=None)
@given(rows=st.lists(EVENTS | DEPARTURES, min_size=1, max_size=10), seed=st.randoms(use_true_random=False))
def test_any_order_gives_the_same(
    emptied: Callable[[], View], emptied_too: Callable[[], View], rows: list[Row], seed: Any
) -> None:
    pieces = cut(rows, range(1, len(rows)))
    one, other = emptied(), emptied_too()
    for piece in pieces:
        one.load(*piece)
    for piece in pieces:
        assert one.take_stances("apple", KEY, piece[0], stances(*piece))
    steps = [(at, what) for at in range(len(pieces)) for what in ("load", "take")]
    seed.shuffle(steps)
    waiting: list[int] = []
    for at, what in steps:
        if what == "load":
            other.load(*pieces[at])
        elif not other.take_stances("apple", KEY, pieces[at][0], stances(*pieces[at])):
            waiting.append(at)
    for at in waiting:
        assert other.take_stances("apple", KEY, pieces[at][0], stances(*pieces[at]))
    assert contents(one) == contents(other)


def contents(store: View) -> dict[str, Any]:
    rows = {name: value for name, value in tables(store).items() if name.startswith(("buckets", "facets"))}
    return {**rows, "stances": select(store, "select * from stances order by position, topic")}


def test_stances_wait_for_their_segment_and_come_once(store: View) -> None:
    ((segment, batch),) = cut(ROWS, [])
    rows = stances(segment, batch)
    assert not store.take_stances("apple", KEY, segment, rows)
    store.load(segment, batch)
    assert store.take_stances("apple", KEY, segment, rows)
    assert not store.take_stances("apple", KEY, segment, rows)
    assert not store.take_stances("no-topic", KEY, segment, rows)
    assert store.unstanced("apple", 9) == [] and store.unstanced("pear", 9) == [segment]
    assert sum(counted(store).values()) == 3


def test_whoever_follows_along_sees_that_the_topic_changed(store: View) -> None:
    ((segment, batch),) = cut(ROWS, [])
    store.load(segment, batch)
    before = queries.seq(store)
    store.take_stances("apple", KEY, segment, stances(segment, batch))
    assert queries.changes(store, before).topics == ["apple~"]


def test_another_key_lets_go_of_what_the_one_before_said(store: View) -> None:
    filled(store)
    store.follow_stances({"apple": KEY})
    assert sum(counted(store).values()) == 3
    ((segment, batch),) = cut(ROWS, [])
    assert not store.take_stances("apple", "other", Segment(segment.day, 1), stances(segment, batch))
    store.follow_stances({"apple": "other"})
    assert counted(store) == {} and len(store.unstanced("apple", 9)) == 4
    assert sum(counted(store, OVERALL).values()) == 3
    assert store.take_stances("apple", "other", Segment(segment.day, 0), stances(segment, batch).slice(0, 1))
    assert sum(counted(store).values()) == 1


def test_a_topic_that_goes_takes_them_along(store: View) -> None:
    filled(store)
    store.follow(WITH_PLUM)
    assert sum(counted(store).values()) == 3
    store.follow(type(TOPICS)([topic for topic in TOPICS.topics if topic.name != "apple"]))
    assert select(store, "select * from stances") == select(store, "select * from stanced") == []
    assert select(store, "select * from buckets_day where topic like 'apple%'") == []


def test_switches_by_which_not_every_post_counts_go_with_it(store: View) -> None:
    twice = [*ROWS, event("test:5", "an apple, at last one more", 5, label="positive", author_id="cy")]
    filled(store, twice)
    alone = replace(APPLE, one_voice=True)
    seen = views.seen(store, alone)
    newest = [twice[0]["text"], twice[1]["text"], twice[4]["text"]]
    assert counted(seen, alone) == dict(Counter(map(stance_of, newest)))
    listed = queries.posts(seen, alone).to_pylist()
    assert {row["post_id"]: row["label"] for row in listed}["test:5"] == stance_of(newest[2])
    with pytest.raises(Terminal, match="choose a topic"):
        queries.by(seen, replace(alone, topic=ALL), "topic")


def test_a_reset_forgets_them(store: View) -> None:
    filled(store)
    store.reset(TOPICS.digest, "")
    assert select(store, "select * from stances") == []


def test_retention_leaves_the_counts(store: View) -> None:
    filled(store)
    store.retain(timedelta(0), 0)
    assert sum(counted(store).values()) == 3 and queries.posts(store, APPLE).num_rows == 0
