"""Dates as exports write them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"\d{9,20}(\.\d{1,12})?")
_DAY_MONTH = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:,?[ T]+(\d{1,2}:\d{2}(?::\d{2})?) ?([AaPp][Mm])?)?")


def parse_date(value: object) -> datetime:
    """Read a date; the answer is in UTC.

    Understands ISO 8601 with `T` or a space, with or without a zone (without: UTC); Unix time in seconds,
    milliseconds, microseconds or nanoseconds, told apart by size; `03/12/2021, 15:47:03` and the like, with AM and
    PM; and the dates of e-mail and of Twitter's first API. The trap: `03/12/2021` is ambiguous. With slashes the month
    comes first, with dots and dashes the day does, except where that is impossible.

    >>> parse_date("2021-12-06 15:47:03")
    datetime.datetime(2021, 12, 6, 15, 47, 3, tzinfo=datetime.timezone.utc)
    >>> parse_date("12/06/2021, 15:47:03") == parse_date(1638805623000)
    True

    Raises:
        ValueError: this is no date, or not one between the years 1 and 9999.
    """
    try:
        if isinstance(value, datetime):
            return _utc(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _unix(value)
        if isinstance(value, str):
            return _text(value.strip())
    except (OverflowError, TypeError, IndexError, ValueError):
        pass
    raise ValueError(f"{str(value)[:60]!r} is not a date that can be read; ISO 8601 and Unix time can be")


def from_micros(micros: int) -> datetime:
    """Unix time in microseconds as UTC; raises `ValueError` outside the years 1 to 9999."""
    try:
        return EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise ValueError(f"{micros} microseconds is no time between the years 1 and 9999") from None


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _unix(value: int | float) -> datetime:
    if not math.isfinite(value) or value < 0:
        raise ValueError
    for limit, a_second in ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (1e20, 1_000_000_000)):
        if value < limit:
            # Whole numbers stay whole: a float has no room for microseconds since 1970.
            whole = value if isinstance(value, int) else round(value * 1_000_000)
            micros = whole * 1_000_000 // a_second if isinstance(value, int) else whole // a_second
            return from_micros(micros)
    raise ValueError


def _text(value: str) -> datetime:
    if _NUMBER.fullmatch(value):
        return _unix(float(value) if "." in value else int(value))
    try:
        return _utc(datetime.fromisoformat(value.removesuffix(" UTC")))
    except ValueError:
        pass
    if match := _DAY_MONTH.fullmatch(value):
        return _day_month(match)
    try:
        return _utc(datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y"))
    except ValueError:
        return _utc(parsedate_to_datetime(value))


def _day_month(match: re.Match[str]) -> datetime:
    first, mark, second, year, clock, half = match.groups()
    month, day = (int(first), int(second)) if mark == "/" else (int(second), int(first))
    if month > 12:
        month, day = day, month
    hour, minute, seconds, *_ = (int(part) for part in f"{clock or '0:00'}:0".split(":"))
    if half:
        hour = hour % 12 + 12 * (half.lower() == "pm")
    return datetime(int(year), month, day, hour, minute, seconds, tzinfo=UTC)
