"""Charts over minutes, hours and days against a count of the posts themselves."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.places import Place
from tests.stores.scored import MODEL, TOPICS, event, table
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.period import DAY, HOUR, MINUTE, Intervals
from voxpop.stores.queries import Filter
from voxpop.stores.view import View

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
PAIRS: list[dict[str, Any]] = [
    {"country": country, "lang_detected": lang, "source": source, "label": label}
    for country, lang, source, label in [
        ("DE", "de", "test", "negative"),
        ("DE", "en", "other", "positive"),
        ("US", "en", "test", "neutral"),
        (None, None, "test", "unscored"),
    ]
]
FIRST = datetime(2026, 10, 20, 3, 4, tzinfo=UTC)


def moments() -> list[datetime]:
    """Times over three weeks in which clocks change in Berlin and New York."""
    numbers = random.Random(7)
    return [FIRST + numbers.randrange(21 * 24 * 3600) * timedelta(seconds=1) for _ in range(400)]


@pytest.fixture(scope="module")
def store(places: Callable[[], Place]) -> View:
    store = places().open()
    store.reset(TOPICS.digest, MODEL)
    rows = [
        event(f"test:{number}", created_at=at, received_at=at, **PAIRS[number % len(PAIRS)])
        for number, at in enumerate(moments())
    ]
    store.load(Segment("2026-11-10", 0), table(rows))
    return store


@settings(deadline=None)
@given(
    st.tuples(st.integers(-300, 31_000), st.integers(-300, 31_000)).map(sorted),
    st.sampled_from([MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY]),
    st.sampled_from(ZONES),
)
def test_a_series_counts_what_lies_in_each_interval(
    store: View, minutes: list[int], width: timedelta, zone: str
) -> None:
    start, end = (FIRST + minute * MINUTE for minute in minutes)
    end = min(end, start + 200 * width)
    intervals = Intervals(width, ZoneInfo(zone))
    expected = Counter(map(intervals.start, moments()))
    rows = queries.series(store, Filter(start=start, end=end), width, ZoneInfo(zone)).to_pylist()
    assert [row["n"] for row in rows] == [expected[row["start"]] for row in rows]
    named = queries.series_by(store, Filter(start=start, end=end), width, "country", ZoneInfo(zone)).to_pylist()
    counted: Counter[datetime] = Counter()
    for row in named:
        counted[row["start"]] += row["n"]
    assert counted == {row["start"]: row["n"] for row in rows if row["n"]}


@settings(deadline=None)
@given(st.tuples(st.integers(-300, 31_000), st.integers(-300, 31_000)).map(sorted))
def test_totals_count_what_lies_in_the_period(store: View, minutes: list[int]) -> None:
    start, end = (FIRST + minute * MINUTE for minute in minutes)
    expected = sum(start <= at < end for at in moments())
    assert queries.totals(store, Filter(start=start, end=end)).n == expected
    by = queries.by(store, Filter(start=start, end=end), "country").to_pylist()
    assert sum(row["n"] for row in by) == expected


def test_the_span_is_found_by_the_days(store: View) -> None:
    span = queries.span(store)
    assert span is not None
    first, last = min(moments()), max(moments())
    assert span.start == first.replace(second=0) and span.end == last.replace(second=0) + MINUTE


CHOICES: list[dict[str, Any]] = [
    {},
    {"countries": ("DE", "")},
    {"langs": ("en",)},
    {"sources": ("test",)},
    {"countries": ("DE",), "langs": ("de", "en")},
]


@pytest.mark.parametrize("topic", ["*", "apple"])
@pytest.mark.parametrize("dimension", queries.DIMENSIONS)
@pytest.mark.parametrize("chosen", CHOICES)
def test_facets_answer_what_every_pair_comes_to(
    store: View, topic: str, dimension: queries.Dimension, chosen: dict[str, Any]
) -> None:
    filter = Filter(topic, FIRST + 7 * MINUTE, FIRST + 13 * DAY + 5 * MINUTE, **chosen)
    at = [row for row in zip(moments(), cycle(PAIRS)) if filter.start <= row[0] < filter.end]  # type: ignore[operator]
    kept = [
        pair
        for _, pair in at
        if (pair["country"] or "") in chosen.get("countries", ("DE", "US", ""))
        and (pair["lang_detected"] or "") in chosen.get("langs", ("de", "en", ""))
        and pair["source"] in chosen.get("sources", ("test", "other"))
    ]
    column = {"lang": "lang_detected"}.get(dimension, dimension)
    names = ["apple" if dimension == "topic" else pair[column] or "" for pair in kept]
    assert {row["name"]: row["n"] for row in queries.by(store, filter, dimension).to_pylist()} == Counter(names)
    hourly = queries.series_by(store, filter, HOUR, dimension)
    whole = replace(filter, start=FIRST.replace(minute=0), end=FIRST.replace(minute=0) + 13 * DAY + HOUR)
    assert dict(zip(*hourly.group_by("name").aggregate([("n", "sum")]).to_pydict().values(), strict=True)) == {
        row["name"]: row["n"] for row in queries.by(store, whole, dimension).to_pylist()
    }
    assert queries.totals(store, filter).n == len(kept)
