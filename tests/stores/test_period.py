from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.stores.period import DAY, HOUR, MINUTE, Intervals, Span, grain, pieces

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Chatham", "America/Havana"]
MOMENTS = st.integers(0, 3 * 366 * 24 * 60).map(lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + minutes * MINUTE)
WIDTHS = st.sampled_from([MINUTE, 7 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY])


@given(st.tuples(MOMENTS, MOMENTS).map(sorted), st.sampled_from([MINUTE, HOUR, DAY]))
def test_pieces_cover_the_period_in_order_and_are_whole_buckets(moments: list[datetime], coarsest: timedelta) -> None:
    cuts = pieces(Span(*moments), coarsest)
    assert [*cuts.values()] == sorted(cuts.values())
    assert (cuts["minutes"], cuts["minutes_end"]) == tuple(moments)
    if cuts["hours"] < cuts["hours_end"]:
        assert grain([cuts["hours"], cuts["hours_end"]]) >= HOUR
    if cuts["days"] < cuts["days_end"]:
        assert grain([cuts["days"], cuts["days_end"]]) == DAY
        assert coarsest == DAY


def test_a_long_period_is_read_from_days_but_for_its_edges() -> None:
    cuts = pieces(Span(datetime(2025, 11, 1, 9, 17, tzinfo=UTC), datetime(2026, 11, 1, 9, 17, tzinfo=UTC)))
    assert cuts["days_end"] - cuts["days"] == 364 * DAY
    assert cuts["hours"] - cuts["minutes"] < HOUR and cuts["minutes_end"] - cuts["hours_end"] < HOUR


@given(MOMENTS, st.integers(1, 20), WIDTHS, st.sampled_from(ZONES))
def test_edges_cover_the_period_and_each_moment_is_in_its_interval(
    start: datetime, count: int, width: timedelta, zone: str
) -> None:
    intervals, span = Intervals(width, ZoneInfo(zone)), Span(start, start + count * width)
    edges = intervals.edges(span)
    assert edges[0] <= span.start < edges[1] and edges[-2] < span.end <= edges[-1]
    for low, high in pairwise(edges):
        assert abs((high - low) - width) <= HOUR
        assert intervals.start(low) == low
        assert intervals.start(high - MINUTE) == low


def test_days_follow_the_calendar_of_the_zone() -> None:
    span = Span(datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC))
    lengths = [high - low for low, high in pairwise(Intervals(DAY, ZoneInfo("Europe/Berlin")).edges(span))]
    assert lengths == [24 * HOUR, 23 * HOUR, 24 * HOUR]


def test_hours_of_a_zone_that_is_half_an_hour_off_begin_at_its_full_hours() -> None:
    at = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert Intervals(HOUR, ZoneInfo("Asia/Kolkata")).edges(Span(at, at + HOUR))[0].minute == 30


def test_weeks_start_on_a_monday() -> None:
    edges = Intervals(7 * DAY, ZoneInfo("America/New_York")).edges(
        Span(datetime(2026, 11, 26, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC))
    )
    assert edges[0] == datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize("width", [timedelta(0), timedelta(seconds=30), timedelta(seconds=90)])
def test_a_width_is_whole_minutes(width: timedelta) -> None:
    with pytest.raises(ValueError, match="whole number of minutes"):
        Intervals(width)
