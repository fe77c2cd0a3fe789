"""Dates as exports write them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Literal

Order = Literal["any", "by-mark", "day-first", "month-first"]
"""What comes first in `03/12/2026`: by its mark, the month before `/` and the day before `.` and `-`, or as said. `any`
is by its mark, or the other way where that is impossible; the others refuse such a date."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_SECONDS = 1e8
"""Of 1973. What is less is no time of a post; a spreadsheet's number of days is."""
_NUMBER = re.compile(r"\d{9,20}(\.\d{1,12})?")
_CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?"
    r"(?: ?([AaPp])\.?[Mm]\b\.?)?(?: ?(Z\b|[ECMP][SD]T\b|(?:UTC|GMT)?(?:[+-]\d{2}:?\d{2}|\b)))?"
    r"(?: ?\([^()]*\))?(?![\d:])"
)
_TWITTER = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{2}):(\d{2}):(\d{2}) \+0000 (\d{4})")
"""Dates of the X API v1.1, known first because its archives have a hundred million of them."""
_HALF = re.compile(r"\d ?[AaPp]\.?[Mm]\b")
_FILLING = re.compile(r"[,·]|\bat\b|^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?(?=[\s,])", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)? (\d{4})")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? ([A-Za-z]{3,9})\.? (\d{4})")
_HOURS_BEHIND = {"E": 5, "C": 6, "M": 7, "P": 8}
_MONTHS = "january february march april may june july august september october november december".split()


class WrongOrderError(ValueError):
    """A date of which day and month cannot be in the order that its file has."""


def parse_date(value: object, order: Order = "any", zone: tzinfo = UTC) -> datetime:
    """Read a date; the answer is in UTC.

    Understands ISO 8601 with `T` or a space, with or without a zone (without: `zone`); Unix time in seconds,
    milliseconds, microseconds or nanoseconds, told apart by size; `03/12/2021, 15:47:03` and the like, with AM and
    PM; English names of months; and the dates of e-mail and of Twitter's first API. The trap: `03/12/2021` is
    ambiguous, so say the `order` where it is known.

    >>> parse_date("2021-12-06 15:47:03")
    datetime.datetime(2021, 12, 6, 15, 47, 3, tzinfo=datetime.timezone.utc)
    >>> parse_date("12/06/2021, 15:47:03") == parse_date("6 Dec 2021 3:47:03 PM") == parse_date(1638805623000)
    True

    Raises:
        ValueError: this is no date, not one between the years 1 and 9999, or `WrongOrderError`, not one in this order.
    """
    try:
        if isinstance(value, datetime):
            return _utc(value, zone)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _unix(value)
        if isinstance(value, str):
            return _text(" ".join(value.split()), order, zone)
    except WrongOrderError:
        raise
    except (OverflowError, TypeError, IndexError, ValueError):
        pass
    raise ValueError(f"{str(value)[:60]!r} is not a date that can be read; ISO 8601 and Unix time can be")


def order_of(values: Iterable[object]) -> Order:
    """The order of day and month in the dates of a file, by those that can be read in one way alone.

    >>> order_of(["03/12/2026", "19/11/2026"]), order_of(["03/12/2026"])
    ('day-first', 'by-mark')
    """
    firsts = set()
    for value in values:
        found = _NUMERIC.fullmatch(_day_of(value)[0]) if isinstance(value, str) and len(value) < 64 else None
        if found and (int(found[1]) > 12) != (int(found[3]) > 12):
            firsts.add(int(found[1]) > 12)
    if len(firsts) > 1:
        return "any"
    return "by-mark" if not firsts else "day-first" if firsts.pop() else "month-first"


def from_micros(micros: int) -> datetime:
    """Unix time in microseconds as UTC; raises `ValueError` outside the years 1 to 9999."""
    try:
        return EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise ValueError(f"{micros} microseconds is no time between the years 1 and 9999") from None


def _utc(value: datetime, zone: tzinfo) -> datetime:
    # Of the two times that an hour has when clocks are set back, the first is meant.
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def _unix(value: int | float) -> datetime:
    if not math.isfinite(value) or value < EARLIEST_SECONDS:
        raise ValueError
    for limit, a_second in ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (1e20, 1_000_000_000)):
        if value < limit:
            # Whole numbers stay whole: a float has no room for microseconds since 1970.
            whole = value if isinstance(value, int) else round(value * 1_000_000)
            micros = whole * 1_000_000 // a_second if isinstance(value, int) else whole // a_second
            return from_micros(micros)
    raise ValueError


def _text(value: str, order: Order, zone: tzinfo) -> datetime:
    if _NUMBER.fullmatch(value):
        return _unix(float(value) if "." in value else int(value))
    try:
        if value.endswith(" UTC"):
            return _utc(datetime.fromisoformat(value.removesuffix(" UTC")), UTC)
        return _utc(datetime.fromisoformat(value), zone)
    except ValueError:
        pass
    if found := _TWITTER.fullmatch(value):
        day_of_month, hour, minute, second, year = map(int, found.group(2, 3, 4, 5, 6))
        return datetime(year, _month(found[1]), day_of_month, hour, minute, second, tzinfo=UTC)
    day, clock = _day_of(value)
    if calendar := _date(day, order, value):
        return _at(calendar, clock, zone)
    if _HALF.search(value):
        # The next one would read "5:00 PM" as five in the morning.
        raise ValueError
    return _utc(parsedate_to_datetime(value), zone)


def _day_of(value: str) -> tuple[str, re.Match[str] | None]:
    """The day without the time and what stands between them, and the time."""
    clock = _CLOCK.search(value)
    day = f"{value[: clock.start()]} {value[clock.end() :]}" if clock else value
    return " ".join(_FILLING.sub(" ", day.strip()).split()).removesuffix("T"), clock


def _date(day: str, order: Order, value: str) -> tuple[int, int, int] | None:
    """Year, month and day."""
    if found := _YEAR_FIRST.fullmatch(day):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _NUMERIC.fullmatch(day):
        return _numeric(found, order, value)
    if found := _MONTH_DAY.fullmatch(day):
        return int(found[3]), _month(found[1]), int(found[2])
    if found := _DAY_MONTH.fullmatch(day):
        return int(found[3]), _month(found[2]), int(found[1])
    return None


def _numeric(found: re.Match[str], order: Order, value: str) -> tuple[int, int, int]:
    first, mark, second, year = int(found[1]), found[2], int(found[3]), int(found[4])
    if year < 100:
        # 20-11-19 may be of 2020 as well.
        if mark == "-":
            raise ValueError
        year += 2000
    is_day_first = mark != "/" if order in ("any", "by-mark") else order == "day-first"
    day, month = (first, second) if is_day_first else (second, first)
    if month > 12 >= day:
        if order != "any":
            other = "month-first" if is_day_first else "day-first"
            raise WrongOrderError(
                f"of {value[:60]!r} the {other.partition('-')[0]} comes first, and not of the dates before; read the "
                f"file with --dates {other}, or dates = {other!r} in its source, into a new --data"
            )
        day, month = month, day
    return year, month, day


def _month(name: str) -> int:
    # "Sept" is a beginning of its month, as are "Jun" and "June".
    for number, month in enumerate(_MONTHS, 1):
        if month.startswith(name.lower()):
            return number
    raise ValueError


def _at(calendar: tuple[int, int, int], clock: re.Match[str] | None, zone: tzinfo) -> datetime:
    if clock is None:
        return _utc(datetime(*calendar, tzinfo=zone), zone)
    hour, minute, second = (int(part or 0) for part in clock.group(1, 2, 3))
    micros = int((clock[4] or "0").ljust(6, "0"))
    if half := (clock[5] or "").lower():
        if hour > 12 and half == "a":
            raise ValueError
        hour = hour % 12 + 12 * (half == "p") if hour <= 12 else hour
    return datetime(*calendar, hour, minute, second, micros, tzinfo=_zone(clock[6]) or zone).astimezone(UTC)


def _zone(written: str | None) -> tzinfo | None:
    """The zone that is written, if there is one."""
    if not written:
        return None
    if written[0] in _HOURS_BEHIND:
        # RFC 822, and summer time is an hour less.
        return timezone(-timedelta(hours=_HOURS_BEHIND[written[0]] - (written[1] == "D")))
    ahead = re.search(r"([+-])(\d{2}):?(\d{2})", written)
    if ahead is None:
        return UTC
    found = timedelta(hours=int(ahead[2]), minutes=int(ahead[3]))
    return timezone(-found if ahead[1] == "-" else found)
