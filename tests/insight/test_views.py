"""A window in which not every post counts, as a store: the same on DuckDB and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from tests.insight.drawn import correction
from tests.stores.places import Place
from tests.stores.scored import MORNING, cut, event
from tests.stores.test_reposts import asked
from voxpop.insight import shares, views
from voxpop.insight.change import change, earlier
from voxpop.insight.comparison import compare
from voxpop.insight.counting import Told
from voxpop.insight.views import Builder, TooManyPosts, Viewed, seen
from voxpop.seams import Store
from voxpop.stores import places, queries
from voxpop.stores.period import MINUTE, Intervals, Span
from voxpop.stores.queries import Dimension, Filter
from voxpop.stores.view import View

COPY = "win a brand new apple today, just follow and repost"
HOURS = Filter(start=MORNING, end=MORNING + timedelta(hours=3))
COPIES: dict[str, Any] = {"copies": False}
VOICES: dict[str, Any] = {"one_voice": True}
BOTH: dict[str, Any] = {**COPIES, **VOICES}
LABELS = ("positive", "negative", "neutral", "unscored")


def apart(number: int, **fields: Any) -> dict[str, Any]:
    """A post like no other by an author of its own, or by none."""
    spot = {"geo_source": "gps", "h3": "851f1d4bfffffff", "lat": 52.5, "lon": 13.4} if number % 3 == 0 else {}
    given = {
        "label": LABELS[number % 4],
        "confidence": (0.9, 0.6)[number % 2],
        "country": ("DE", "FR", None)[number % 3],
        "lang_detected": ("en", "fr")[number % 2],
        "kind": ("original", "repost", "reply")[number % 3],
        "author_id": f"a{number}" if number % 5 else None,
        "source": ("x", "bluesky")[number % 2],
    }
    text = ("an apple {0}", "a pear {0}", "an apple and a pear {0}", "neither {0}")[number % 4].format(number)
    return event(f"p{number}", text, number * 7, **{**given, **spot, **fields})


LONE = [apart(number) for number in range(40)]
PLANTED = [
    event("c0", f"{COPY} 0", 0, label="negative", author_id="c0"),
    *(event(f"c{at}", f"{COPY} {at}", at, label="positive", author_id=f"c{at}") for at in range(1, 12)),
    *(event(f"l{at}", f"a pear {at}", 30 + at, author_id="loud") for at in range(9)),
    event("l9", "a pear 9", 39, label="negative", author_id="loud"),
    event("m1", "an apple first", 50, author_id="both"),
    event("m2", "a pear then", 51, author_id="both"),
    *(event(f"n{at}", f"an apple {at}", 60 + at) for at in range(3)),
]  # fmt: skip


@pytest.fixture(scope="module")
def planted(places: Any) -> Store:
    """A store of the planted posts, for tests that change nothing."""
    return loaded(places(), PLANTED)


def loaded(place: Any, rows: list[dict[str, Any]]) -> View:
    store = cast("Place", place).open()
    store.load(*cut(rows, [])[0])
    return store


FILTERS = [
    Filter(),
    Filter("apple"),
    replace(HOURS, countries=("FR", "")),
    replace(HOURS, labels=("positive",), langs=("en",)),
    Filter("pear", MORNING, reposts=False),
    Filter("apple,pear"),
]


def test_where_nobody_copies_or_repeats_nothing_changes(place: Any) -> None:
    store = loaded(place, LONE)
    for filter in FILTERS:
        viewed = replace(filter, **BOTH)
        assert asked(seen(store, viewed), viewed) == asked(store, filter)
        assert reckoned(seen(store, viewed), viewed) == reckoned(store, filter)
    middle = Filter("apple", MORNING + timedelta(hours=2), MORNING + timedelta(hours=4))
    viewed = replace(middle, **BOTH)
    found = queries.compare(seen(store, viewed), viewed, seen(store, earlier(viewed)))
    assert found.previous and found == queries.compare(store, middle)
    changes = [change(store, each, earlier(each)) for each in (middle, viewed)]
    assert changes[0].mixes == changes[1].mixes and changes[0].drivers == changes[1].drivers


def reckoned(store: Store, filter: Filter) -> list[Any]:
    closed = queries.bounded(store, filter)
    intervals = Intervals(timedelta(minutes=60))
    whole = queries.whole(closed, intervals)
    rows = [
        shares.total(store, closed, correction()),
        shares.by(store, closed, "topic", correction()),
        shares.by(store, closed, "country", None),
    ]
    both = compare(store, replace(closed, labels=()), ["apple", "pear"], None)
    wide = seen(store.whole if isinstance(store, Viewed) else store, whole)
    return [queries.series(wide, closed, intervals.width).to_pylist(), both, *(table.to_pylist() for table in rows)]


@pytest.mark.parametrize(
    ("switches", "topic", "n", "n_neg", "told"),
    [
        (COPIES, "*", 16, 2, Told(27, 11, 0, 0)),
        (VOICES, "*", 17, 2, Told(27, 0, 10, 0)),
        (BOTH, "*", 6, 2, Told(27, 11, 10, 0)),
        (COPIES, "apple", 5, 1, Told(16, 11, 0, 0)),
        (VOICES, "apple", 16, 1, Told(16, 0, 0, 0)),
        (VOICES, "pear", 2, 1, Told(11, 0, 9, 0)),
    ],
)
def test_of_planted_copies_the_first_and_of_loud_authors_the_newest_count(
    planted: Store, switches: dict[str, Any], topic: str, n: int, n_neg: int, told: Told
) -> None:
    filter = replace(HOURS, topic=topic, **switches)
    store = seen(planted, filter)
    found = queries.totals(store, filter)
    assert (found.n, found.n_neg) == (n, n_neg)
    assert views.told(store) == told and told.counted == n


def test_every_chart_agrees_with_every_other(place: Any) -> None:
    plain = loaded(place, [*LONE, *PLANTED])
    others: list[Dimension] = ["country", "lang", "source"]
    for topic in ("*", "apple", "pear"):
        filter = replace(HOURS, topic=topic, **BOTH)
        store = seen(plain, filter)
        n = queries.totals(store, filter).n
        assert 0 < n < queries.totals(plain, filter).n
        period = Span(MORNING, MORNING + timedelta(hours=3))
        sums = [
            queries.series(store, filter, MINUTE),
            *(queries.by(store, filter, name) for name in others),
            *(queries.series_by(store, filter, MINUTE, name) for name in others),
            places.coverage(store, filter, period),
        ]
        assert {sum(table["n"].to_pylist()) for table in sums} == {n}
        assert queries.posts(store, filter, 100).num_rows == n
        assert queries.compare(store, filter, seen(plain, earlier(filter))).current.n == n
        assert change(plain, filter, earlier(filter)).now.totals.n == n
        if topic != "*":
            rows = {row["name"]: row for row in queries.by(store, filter, "topic").to_pylist()}
            assert rows[topic]["n"] == n and rows == {
                row["name"]: row
                for row in queries.by(seen(plain, replace(filter, topic="*")), filter, "topic").to_pylist()
            }
            named = queries.series_by(store, filter, MINUTE, "topic").to_pylist()
            assert sum(row["n"] for row in named if row["name"] == topic) == n


def test_the_order_of_loading_does_not_matter(places: Any) -> None:
    pieces = cut([*PLANTED, *LONE], range(0, 60, 7))
    answers = []
    for order in (pieces, pieces[::-1]):
        place = places()
        store = place.open()
        for piece in order:
            store.load(*piece)
        answers.append([asked(seen(store, each), each) for each in (replace(HOURS, **BOTH), Filter("apple", **BOTH))])
        place.close()
    assert answers[0] == answers[1]


def test_what_counts_in_a_period_does_not_hang_on_what_was_before_it(planted: Store) -> None:
    store = planted
    late = Filter("apple", MORNING + timedelta(minutes=6), MORNING + timedelta(minutes=12), copies=False)
    assert queries.posts(seen(store, late), late)["post_id"].to_pylist() == ["c6"]
    found = queries.compare(seen(store, late), late, seen(store, earlier(late)))
    assert found.previous is not None and (found.current.n, found.previous.n, found.n_change) == (1, 1, 0.0)


def test_reposts_are_left_out_before_a_voice_is_chosen(place: Any) -> None:
    rows = [event("own", "an apple", 1, author_id="a"), event("re", "an apple", 2, author_id="a", kind="repost")]
    store = loaded(place, rows)
    for reposts, listed in ((True, ["re"]), (False, ["own"])):
        filter = replace(HOURS, one_voice=True, reposts=reposts)
        assert queries.posts(seen(store, filter), filter)["post_id"].to_pylist() == listed


def test_other_filters_choose_among_the_posts_that_count(place: Any) -> None:
    rows = [event("de", "an apple", 1, author_id="a"), event("fr", "an apple", 2, author_id="a", country="FR")]
    store = loaded(place, rows)
    filter = replace(HOURS, one_voice=True)
    assert [queries.totals(seen(store, each), each).n for each in (filter, replace(filter, countries=("DE",)))] == [
        1,
        0,
    ]


def test_posts_whose_text_was_let_go_of_count_and_are_told(place: Any) -> None:
    store = loaded(place, PLANTED[:12])
    store.retain(timedelta(days=36_500), 5)
    filter = replace(HOURS, copies=False)
    viewed = seen(store, filter)
    assert queries.totals(viewed, filter).n == 8
    assert views.told(viewed) == Told(12, 4, 0, 7)
    voices = replace(HOURS, one_voice=True)
    assert queries.totals(seen(store, voices), voices).n == 12, "who wrote them is still known"


def test_what_was_deleted_is_in_no_view(place: Any) -> None:
    store = loaded(place, PLANTED)
    store.load(*cut([*PLANTED, event("c0", None, 90, op="delete")], [len(PLANTED)])[1])
    filter = Filter("apple", copies=False)
    assert queries.posts(seen(store, filter), filter)["post_id"].to_pylist()[-1] == "c1"


def test_too_many_posts_are_refused_with_the_fix_and_a_narrower_topic_is_not(planted: Store) -> None:
    builder = Builder(planted, most=16)
    for filter in (Filter(copies=False), Filter(one_voice=True)):
        with pytest.raises(TooManyPosts, match="27 posts are too many .*; choose a shorter time or a narrower topic"):
            queries.totals(seen(builder, filter), filter)
    narrow = Filter("apple", copies=False)
    assert queries.totals(seen(builder, narrow), narrow).n == 5
    with pytest.raises(TooManyPosts, match="27 posts"):
        queries.by(seen(builder, narrow), narrow, "topic")
    assert shares.total(seen(builder, narrow), narrow, correction())["n"].to_pylist() == [5], "leans on every post"


def test_an_empty_store_and_an_empty_period_have_none(place: Any) -> None:
    store = cast("Place", place).open()
    filter = Filter(copies=False)
    assert queries.totals(seen(store, filter), filter).n == 0
    store.load(*cut(PLANTED, [])[0])
    for start in (MORNING - timedelta(days=9), MORNING + timedelta(days=9)):
        filter = Filter("apple", start, start + timedelta(hours=1), copies=False)
        assert queries.totals(seen(store, filter), filter).n == 0
        assert queries.posts(seen(store, filter), filter).num_rows == 0


def test_statements_that_read_no_posts_are_the_stores_own(planted: Store) -> None:
    store = planted
    viewed = seen(store, replace(HOURS, copies=False))
    assert queries.seq(viewed) == queries.seq(store) > 0
    assert queries.span(viewed) == queries.span(store)
    assert viewed.loaded() == store.loaded()
    assert seen(store, HOURS) is store
