"""Which period a choice means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from voxpop.dashboard.choice import Choice
from voxpop.dashboard.view import default_range, resolve
from voxpop.stores.period import Span
from voxpop.stores.queries import Filter

NOW = datetime(2026, 11, 19, 12, 34, 56, tzinfo=UTC)
LIVE = Span(NOW - timedelta(days=40), datetime(2026, 11, 19, 12, 34, tzinfo=UTC))
HISTORY = Span(datetime(2022, 10, 1, 9, 0, tzinfo=UTC), datetime(2022, 10, 2, 18, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("range", "start", "width"),
    [
        ("15m", datetime(2026, 11, 19, 12, 20, tzinfo=UTC), timedelta(minutes=1)),
        ("6h", datetime(2026, 11, 19, 6, 35, tzinfo=UTC), timedelta(minutes=1)),
        ("24h", datetime(2026, 11, 18, 12, 30, tzinfo=UTC), timedelta(minutes=10)),
        ("7d", datetime(2026, 11, 12, 12, 0, tzinfo=UTC), timedelta(hours=1)),
        ("all", datetime(2026, 10, 10, 0, 0, tzinfo=UTC), timedelta(days=1)),
    ],
)
def test_a_live_period_ends_with_this_minute_and_begins_at_a_whole_interval(
    range: str, start: datetime, width: timedelta
) -> None:
    window = resolve(Choice("gta6", range), LIVE, NOW)
    assert (window.start, window.end, window.width) == (start, datetime(2026, 11, 19, 12, 35, tzinfo=UTC), width)
    assert window.live


def test_history_is_counted_back_from_its_newest_post() -> None:
    window = resolve(Choice("*", "6h"), HISTORY, NOW)
    assert (window.start, window.end) == (datetime(2022, 10, 2, 12, 0, tzinfo=UTC), HISTORY.end)
    assert window.newest == datetime(2022, 10, 2, 17, 59, tzinfo=UTC)
    assert not window.live


def test_a_rate_is_measured_only_over_time_that_has_data() -> None:
    window = resolve(Choice("*", "7d"), HISTORY, NOW)
    assert window.start < HISTORY.start
    assert window.measured.start == HISTORY.start


@pytest.mark.parametrize(("known", "range"), [(None, "1h"), (LIVE, "1h"), (HISTORY, "7d")])
def test_the_default_range_shows_data(known: Span | None, range: str) -> None:
    assert default_range(known, NOW) == range


def test_the_default_range_of_years_of_history_is_everything() -> None:
    assert default_range(Span(datetime(2015, 1, 1, tzinfo=UTC), HISTORY.end), NOW) == "all"


def test_a_given_period_takes_the_ranges_place_and_carries_every_filter() -> None:
    start, end = (
        NOW.replace(hour=1, minute=7, second=0, microsecond=0),
        NOW.replace(hour=2, minute=0, second=0, microsecond=0),
    )
    choice = Choice("gta6", "7d", start, end, ("DE",), ("en", ""), ("x",), ("negative",), reposts=False)
    window = resolve(choice, LIVE, NOW)
    assert (window.start, window.end, window.width) == (start, end, timedelta(minutes=1))
    assert not window.live
    expected = Filter("gta6", start, end, ("DE",), ("en", ""), ("x",), ("negative",), False)
    assert window.filter == window.measured == expected


def test_days_begin_at_midnight_in_the_chosen_zone() -> None:
    window = resolve(Choice("*", "1y", zone="Asia/Kolkata"), LIVE, NOW)
    assert window.width == timedelta(days=1)
    assert (window.start.hour, window.start.minute) == (18, 30)
