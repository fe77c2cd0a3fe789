"""Several topics at once are what one topic of either would be, whatever happened to the posts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stores.places import Place
from tests.stores.scored import MORNING, cut, event
from voxpop.stores import places, queries, search
from voxpop.stores.filter import any_of
from voxpop.stores.period import DAY, HOUR, MINUTE, Span
from voxpop.stores.queries import ALL, Filter
from voxpop.stores.view import View
from voxpop.topics import Matcher, Topic

FRUIT = ("apple", "pear", "plum", "fig")
UNIONS: tuple[tuple[str, ...], ...] = (("apple", "pear"), ("apple", "pear", "plum"), ("fig", "pear"), FRUIT)
EITHER = {names: Topic.read(f"one-of-{len(names)}-{names[0]}", "Either", " OR ".join(names)) for names in UNIONS}
TOPICS = Matcher([*(Topic.read(name, name, name) for name in FRUIT), *EITHER.values()])
PERIOD = Span(MORNING - 2 * DAY, MORNING + 40 * DAY)
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"start": MORNING + timedelta(minutes=3), "end": MORNING + timedelta(days=3, hours=2, minutes=1)},
    {"countries": ("FR",)},
    {"countries": ("FR",), "langs": ("fr", "")},
    {"labels": ("negative", "unscored")},
    {"reposts": False},
)
EVENTS = st.builds(
    event,
    st.sampled_from([f"test:{number}" for number in range(6)]),
    st.lists(st.sampled_from([*FRUIT, "stone"]), max_size=4).map(" ".join),
    st.sampled_from([0, 1, 59, 61, 1500, 3000, 50_000]),
    op=st.sampled_from(["create", "create", "create", "update", "delete"]),
    rev=st.sampled_from([None, "1", "2"]),
    kind=st.sampled_from(["original", "repost"]),
    country=st.sampled_from([None, "FR", "DE"]),
    lang_detected=st.sampled_from([None, "fr"]),
    label=st.sampled_from(["negative", "neutral", "positive", "unscored"]),
    confidence=st.sampled_from([0.5, 0.9]),
)


def asked(store: View, topic: str, of: dict[str, Any]) -> list[Any]:
    """What every statement that takes a filter answers."""
    filter = Filter(topic, **of)
    tables = [
        *(queries.by(store, filter, name) for name in ("country", "lang", "source")),
        *(queries.series(store, filter, width) for width in (7 * MINUTE, HOUR, DAY)),
        *(queries.series_by(store, filter, width, "country") for width in (MINUTE, DAY)),
        queries.posts(store, filter),
        search.found(store, filter, ()),
        search.strongest(store, filter, ()),
        places.cells(store, filter, PERIOD),
        places.coverage(store, filter, PERIOD),
    ]
    return [queries.totals(store, filter), queries.span(store, topic), *(table.to_pylist() for table in tables)]


@pytest.fixture
def store(place: Place) -> View:
    return place.open(TOPICS)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(EVENTS, min_size=3, max_size=12), of=st.sampled_from(FILTERS), names=st.sampled_from(UNIONS))
def test_a_post_of_several_topics_counts_once(
    store: View, rows: list[dict[str, Any]], of: dict[str, Any], names: tuple[str, ...]
) -> None:
    store.reset(TOPICS.digest, "")
    for segment, batch in cut(rows, range(0, len(rows), 3)):
        store.load(segment, batch)
    assert asked(store, any_of(names), of) == asked(store, EITHER[names].name, of)
    assert asked(store, any_of([*FRUIT, ALL]), of) == asked(store, ALL, of)


def test_by_topic_each_stands_by_itself(store: View) -> None:
    store.load(*cut([event("a", "apple pear"), event("b", "pear")], [])[0])
    found = {row["name"]: row["n"] for row in queries.by(store, Filter("apple,pear"), "topic").to_pylist()}
    assert (found["apple"], found["pear"], found["one-of-2-apple"]) == (1, 2, 2)
    assert not {name for name in found if "&" in name}


def test_followers_of_several_hear_of_a_change_to_any(store: View) -> None:
    store.load(*cut([event("a", "apple"), event("b", "plum", 5)], [])[0])
    seq = queries.seq(store)
    store.load(*cut([*[event("e")] * 2, event("c", "fig", 70), event("d", "apple plum", 7)], [2])[1])
    found = queries.changed_series(store, "apple,fig", MINUTE, seq).to_pylist()
    minutes = [round((row["start"] - MORNING) / MINUTE) for row in found]
    assert (minutes, [row["n"] for row in found]) == ([7, 70], [1, 1])
    assert not {name for name in queries.changes(store, seq).topics if "&" in name}


def test_what_is_said_of_several_topics_is_not_counted() -> None:
    with pytest.raises(ValueError, match="towards one topic"):
        Filter("apple,pear", towards=True)
