from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.sources.formats.dates import from_micros, parse_date

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
        ("11/19/2026, 05:06:07", TIME),
        ("19/11/2026 05:06:07", TIME),
        ("11/19/2026 5:06 PM", DAY.replace(hour=17, minute=6)),
        ("11/19/2026 12:06 AM", DAY.replace(minute=6)),
        ("03/12/2026", datetime(2026, 3, 12, tzinfo=UTC)),
        ("03-12-2026", datetime(2026, 12, 3, tzinfo=UTC)),
        ("03.12.2026", datetime(2026, 12, 3, tzinfo=UTC)),
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
    "written", ["", "yesterday", None, True, -1, float("nan"), 10**30, "99/99/2026", "2026-02-30", [], "1e9"]
)
def test_what_is_no_date_is_refused_with_its_text(written: object) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date(written)


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


@given(st.integers(0, 10**16))
def test_microseconds_are_exact(micros: int) -> None:
    assert (from_micros(micros) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) == micros


def test_microseconds_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="between the years"):
        from_micros(10**20)
