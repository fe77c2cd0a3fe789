from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.sources.formats.dates import Order, WrongOrderError, from_micros, order_of, parse_date

DAY = datetime(2026, 11, 19, tzinfo=UTC)
TIME = datetime(2026, 11, 19, 5, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-19T05:06:07Z", TIME),
        ("2026-11-19 05:06:07+00:00", TIME),
        ("2026-11-19 05:06:07", TIME),
        ("2026-11-19 05:06:07 UTC", TIME),
        ("2026-11-19T06:06:07.000+01:00", TIME),
        ("2026-11-19", DAY),
        ("20261119", DAY),
        (DAY.date(), DAY),
        ("11/19/2026, 05:06:07", TIME),
        ("19/11/2026 05:06:07", TIME),
        ("11/19/2026 5:06 PM", DAY.replace(hour=17, minute=6)),
        ("11/19/2026 12:06 AM", DAY.replace(minute=6)),
        ("03/12/2026", datetime(2026, 3, 12, tzinfo=UTC)),
        ("03-12-2026", datetime(2026, 12, 3, tzinfo=UTC)),
        ("03.12.2026", datetime(2026, 12, 3, tzinfo=UTC)),
        ("11/19/26 17:06", DAY.replace(hour=17, minute=6)),
        ("2026/11/19 05:06:07", TIME),
        ("2026-11-19 5:06 PM", DAY.replace(hour=17, minute=6)),
        ("Nov 19, 2026", DAY),
        ("19 Nov. 2026", DAY),
        ("Sept 3, 2026", datetime(2026, 9, 3, tzinfo=UTC)),
        ("November 19, 2026 5:06 PM", DAY.replace(hour=17, minute=6)),
        ("Thursday, November 19th, 2026 at 12:06 a.m.", DAY.replace(minute=6)),
        ("5:06 PM · Nov 19, 2026", DAY.replace(hour=17, minute=6)),
        ("Thu Nov 19 2026 06:06:07 GMT+0100 (Central European Standard Time)", TIME),
        ("2026/11/19 01:36:07.25 -0330", TIME + timedelta(milliseconds=250)),
        ("Thu Nov 19 05:06:07 2026", TIME),
        ("Wed Nov 18 21:06:07 PST 2026", TIME),
        ("2026-11-19 00:06:07 EST", TIME),
        ("Thu, 19 Nov 2026 01:06:07 EDT", TIME),
        ("Thu Nov 19 05:06:07 +0000 2026", TIME),
        ("Thu, 19 Nov 2026 05:06:07 GMT", TIME),
        (1_795_064_767, TIME),
        ("1795064767", TIME),
        ("1795064767.0", TIME),
        (1_795_064_767_000, TIME),
        (1_795_064_767_000_000, TIME),
        (1_795_064_767_000_000_000, TIME),
        (1_795_064_767.5, TIME + timedelta(milliseconds=500)),
        (TIME.replace(tzinfo=None), TIME),
        (TIME.astimezone(timezone(timedelta(hours=9))), TIME),
    ],
)
def test_a_date_is_read_as_written(written: object, meant: datetime) -> None:
    found = parse_date(written)
    assert found == meant
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "written",
    [
        *("", "yesterday", None, True, -1, float("nan"), 10**30, "99/99/2026", "2026-02-30", [], "1e9"),
        # A spreadsheet's number of days, a year of two digits that may be the day, a month of another language.
        *(46_345, 46_345.5, "46345", "20-11-19", "19 Novembre 2026", "13:06 AM 1/2/2026", "Nov 31, 2026", "5:06 PM"),
    ],
)
def test_what_is_no_date_is_refused_with_its_text(written: object) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date(written)


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-07-01 12:00", 10),
        ("2026-12-01 12:00", 11),
        ("01.07.2026, 12:00", 10),
        ("July 1, 2026 12:00 PM", 10),
        ("2026-07-01", 22),
        ("1 July 2026", 22),
        ("2026-07-01 12:00 UTC", 12),
        ("2026-07-01T12:00:00Z", 12),
        ("July 1, 2026 12:00 PM EDT", 16),
        ("Wed Jul 01 12:00:00 +0000 2026", 12),
        (datetime(2026, 7, 1, 12).replace(tzinfo=None), 10),  # noqa: DTZ001
    ],
)
def test_a_date_without_a_zone_is_of_the_zone_that_is_said(written: object, hour: int) -> None:
    assert parse_date(written, zone=ZoneInfo("Europe/Berlin")).hour == hour


@pytest.mark.parametrize(
    ("order", "slashes", "dots"),
    [("any", 3, 12), ("by-mark", 3, 12), ("day-first", 12, 12), ("month-first", 3, 3)],
)
def test_an_order_says_what_comes_first(order: Order, slashes: int, dots: int) -> None:
    assert parse_date("03/12/2026 5:06", order).month == slashes
    assert parse_date("03.12.2026", order).month == dots


def test_a_date_that_cannot_be_in_the_order_is_refused_with_what_to_do() -> None:
    for order, written, fix in (
        ("by-mark", "19/11/2026", "day-first"),
        ("month-first", "19/11/2026", "day-first"),
        ("by-mark", "11.19.2026", "month-first"),
        ("day-first", "11/19/2026", "month-first"),
    ):
        with pytest.raises(WrongOrderError, match=f"--dates {fix}"):
            parse_date(written, order)  # type: ignore[arg-type]
        assert parse_date(written) == DAY


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ([], "by-mark"),
        (["03/12/2026", "2026-11-19", None, 7, "x" * 100], "by-mark"),
        (["03/12/2026", "19/11/2026, 5:06 PM"], "day-first"),
        (["03.12.26", "11.19.26"], "month-first"),
        (["19/11/2026", "11/19/2026"], "any"),
    ],
)
def test_the_order_of_a_file_is_that_of_the_dates_that_can_be_read_in_one_way(
    values: list[object], order: Order
) -> None:
    assert order_of(values) == order


@given(
    st.one_of(
        st.text(), st.integers(), st.floats(), st.from_regex(r"\d{1,2}/\d{1,2}/\d{4}( \d\d:\d\d)?", fullmatch=True)
    )
)
def test_only_a_value_error_is_ever_raised(written: object) -> None:
    try:
        assert parse_date(written).tzinfo is not None
    except ValueError:
        pass


@given(
    st.datetimes(TIME.replace(year=2001, tzinfo=None), TIME.replace(year=2068, tzinfo=None)),
    st.sampled_from(
        ["%d/%m/%Y %H:%M", "%d.%m.%y, %I:%M %p", "%d-%m-%Y %H:%M:%S", "%d %B %Y %I:%M%p", "%Y/%m/%d %H:%M"]
    ),
)
def test_what_is_written_day_first_is_read_so(when: datetime, shape: str) -> None:
    assert parse_date(when.strftime(shape), "day-first") == datetime.strptime(when.strftime(shape), shape).replace(
        tzinfo=UTC
    )


@given(st.integers(0, 10**16))
def test_microseconds_are_exact(micros: int) -> None:
    assert (from_micros(micros) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) == micros


def test_microseconds_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="between the years"):
        from_micros(10**20)
