from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.stores.scored import MODEL, MORNING, TOPICS, cut, event, table
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.period import Span
from voxpop.stores.queries import Cursor, Filter
from voxpop.stores.sql import statement
from voxpop.stores.view import View

MINUTE = timedelta(minutes=1)


def at(minute: float) -> datetime:
    return MORNING + timedelta(minutes=minute)


ROWS = [
    event("test:0", "an apple", 0, label="positive"),
    event("test:1", "an apple", 0.5, label="negative", country=None),
    event("test:2", "apple and pear", 2, label="positive", country="FR", lang_detected="fr"),
    event("test:3", "neither", 3, label="unscored", lang_detected=None),
    event("test:4", "a pear", 4.9, label="neutral", source="other"),
]


@pytest.fixture
def filled(store: View) -> View:
    for piece in cut(ROWS, [2, 4]):
        store.load(*piece)
    return store


def columns(rows: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows.to_pylist()]


def test_the_span_is_half_open_and_by_whole_minutes(filled: View) -> None:
    assert queries.span(filled) == Span(at(0), at(5))
    assert queries.span(filled, "apple") == Span(at(0), at(3))


def test_an_empty_store_answers_everything(store: View) -> None:
    assert queries.span(store) is None
    assert queries.seq(store) == 0
    assert queries.series(store, Filter(), MINUTE).num_rows == 0
    assert queries.by(store, Filter(), "country").num_rows == 0
    assert queries.posts(store, Filter()).num_rows == 0
    assert queries.totals(store, Filter()).net is None
    assert queries.compare(store, Filter()).previous is None
    assert queries.changes(store, 0).minutes == []


def test_a_series_has_a_row_for_every_interval_also_empty_ones(filled: View) -> None:
    rows = queries.series(filled, Filter(), MINUTE)
    assert columns(rows, "start", "n", "net") == [
        (at(0), 2, 0.0),
        (at(1), 0, None),
        (at(2), 1, 1.0),
        (at(3), 1, None),
        (at(4), 1, 0.0),
    ]


def test_an_interval_that_the_period_cuts_is_counted_whole(filled: View) -> None:
    rows = queries.series(filled, Filter(start=at(1), end=at(2.5)), timedelta(minutes=5))
    assert columns(rows, "start", "n") == [(at(0), 5)]


def test_weeks_start_on_monday(filled: View) -> None:
    rows = queries.series(filled, Filter(), timedelta(days=7))
    assert columns(rows, "start", "n") == [(datetime(2026, 11, 16, tzinfo=UTC), 5)]


@pytest.mark.parametrize("width", [timedelta(0), timedelta(seconds=90), -MINUTE])
def test_a_width_that_is_no_whole_minutes_is_refused(filled: View, width: timedelta) -> None:
    with pytest.raises(ValueError, match="whole number of minutes"):
        queries.series(filled, Filter(), width)


@pytest.mark.parametrize(
    ("filter", "n"),
    [
        (Filter(), 5),
        (Filter("apple"), 3),
        (Filter("pear"), 2),
        (Filter(countries=("FR",)), 1),
        (Filter(countries=("",)), 1),
        (Filter(countries=("FR", "")), 2),
        (Filter(langs=("",)), 1),
        (Filter(sources=("other",)), 1),
        (Filter(labels=("positive", "unscored")), 3),
        (Filter("apple", countries=("DE",), labels=("positive",)), 1),
        (Filter(start=at(2)), 3),
        (Filter(end=at(2)), 2),
        (Filter(start=at(2).replace(tzinfo=None), end=at(3)), 1),
        (Filter("'; drop table posts; --"), 0),
    ],
)
def test_every_query_reads_a_filter_the_same_way(filled: View, filter: Filter, n: int) -> None:
    assert queries.totals(filled, filter).n == n
    assert sum(n for (n,) in columns(queries.series(filled, filter, MINUTE), "n")) == n
    assert sum(n for (n,) in columns(queries.by(filled, filter, "country"), "n")) == n
    assert sum(n for (n,) in columns(queries.series_by(filled, filter, MINUTE, "lang"), "n")) == n
    assert queries.posts(filled, filter).num_rows == n


def test_totals_have_shares_of_what_is_scored(filled: View) -> None:
    totals = queries.totals(filled, Filter())
    assert (totals.n, totals.n_unscored) == (5, 1)
    assert (totals.share_negative, totals.share_neutral, totals.share_positive) == (0.25, 0.25, 0.5)
    assert totals.net == 0.25
    assert totals.posts_per_minute == 1.0


def test_a_comparison_needs_a_whole_period_before(filled: View) -> None:
    comparison = queries.compare(filled, Filter(start=at(2), end=at(4)))
    assert comparison.previous is not None
    assert (comparison.current.n, comparison.previous.n) == (2, 2)
    assert (comparison.n_change, comparison.net_change) == (0.0, 1.0)
    assert queries.compare(filled, Filter(start=at(2), end=at(5))).previous is None
    assert queries.compare(filled, Filter(start=at(3), end=at(4))).n_change == 0.0


def test_by_topic_counts_a_post_in_each_of_its_topics(filled: View) -> None:
    assert columns(queries.by(filled, Filter("pear"), "topic"), "name", "n") == [("apple", 3), ("pear", 2)]


def test_by_country_puts_the_unknown_under_an_empty_name(filled: View) -> None:
    assert columns(queries.by(filled, Filter(), "country"), "name", "n") == [("DE", 3), ("", 1), ("FR", 1)]


def test_a_grouped_series_keeps_the_largest_names(filled: View) -> None:
    for number in range(queries.MOST_NAMES):
        rows = [
            event(f"more:{number}:{copy}", minute=6, country=f"A{number:c}")
            for number in [65 + number]
            for copy in "12"
        ]
        filled.load(Segment("2026-11-19", 100 + 2 * number), table(rows))
    rows = queries.series_by(filled, Filter(), timedelta(minutes=2), "country")
    assert columns(rows, "name", "start", "n")[-3:] == [("DE", at(0), 1), ("DE", at(2), 1), ("DE", at(4), 1)]
    assert len(set(columns(rows, "name"))) == queries.MOST_NAMES
    assert ("FR",) not in columns(rows, "name")


def test_pages_of_posts_are_newest_first_and_do_not_overlap(store: View) -> None:
    rows = [event(f"test:{number:02d}", minute=number // 4) for number in range(23)]
    store.load(Segment("2026-11-19", 0), table(rows))
    pages, before = [], None
    while page := queries.posts(store, Filter(), limit=5, before=before).to_pylist():
        pages.append([row["post_id"] for row in page])
        before = Cursor(page[-1]["created_at"], page[-1]["post_id"])
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
    assert sum(pages, []) == sorted((row["post_id"] for row in rows), reverse=True)


def test_deleted_and_forgotten_posts_are_not_listed(filled: View) -> None:
    filled.load(Segment("2026-11-19", 90), table([event("test:4", op="delete", text=None)]))
    assert [name for (name,) in columns(queries.posts(filled, Filter("pear")), "post_id")] == ["test:2"]
    filled.retain(timedelta(days=36500), 0)
    assert queries.posts(filled, Filter()).num_rows == 0


def test_changes_name_the_minutes_and_topics_since_a_load(filled: View) -> None:
    seq = queries.seq(filled)
    assert queries.changes(filled, seq).minutes == []
    filled.load(Segment("2026-11-19", 90), table([event("test:2", op="delete", text=None), event("test:9", "x", 7)]))
    changes = queries.changes(filled, seq)
    assert changes.complete and changes.seq > seq
    assert changes.minutes == [at(2), at(7)]
    assert changes.topics == ["*", "apple", "pear"]
    rows = queries.changed_series(filled, "*", MINUTE, seq)
    assert columns(rows, "start", "n") == [(at(2), 0), (at(7), 1)]


def test_after_a_reset_earlier_numbers_are_no_longer_complete(filled: View) -> None:
    seq = queries.seq(filled)
    filled.reset(TOPICS.digest, MODEL)
    assert not queries.changes(filled, seq).complete
    filled.load(*cut(ROWS, [])[0])
    assert queries.seq(filled) > seq
    assert not queries.changes(filled, seq).complete
    assert queries.changes(filled, queries.seq(filled)).complete


@pytest.mark.parametrize("name", ["span", "series", "series_by", "by", "totals", "posts", "changes"])
def test_a_query_names_each_of_its_parameters(name: str) -> None:
    query = statement(name)
    assert all(f"${number}" in query.text for number in range(1, len(query.params) + 1))
    assert f"${len(query.params) + 1}" not in query.text


def test_each_network_is_last_seen_in_the_minute_of_its_newest_post(filled: View) -> None:
    seen = columns(filled.query("last_seen", since=at(0)), "name", "newest")
    assert seen == [("other", at(4)), ("test", at(3))]
    assert columns(filled.query("last_seen", since=at(4)), "name") == [("other",)]
