"""Which column of a table is which field, by mapping or by well-known names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from voxpop.errors import Terminal
from voxpop.sources.formats.context import FIELDS

_KNOWN: dict[str, str] = {
    "text": "fulltext text tweet rawcontent content body message originaltweet tweettext tweetcontent post posttext "
    "postcontent comment commenttext textoriginal textdisplay selftext hitsentence",
    "created_at": "createdat datecreated datetime date timestamp tweetat tweetcreated tweetcreatedat postedat "
    "publishedat published posteddate postdate postcreated tweetdate created createdutc createdtime time indexedat",
    "id": "idstr id tweetid postid statusid messageid commentid uri",
    "author": "authorusername userusername username author user handle screenname userscreenname authorhandle "
    "userhandle authordisplayname account",
    "author_id": "authorid useridstr userid did authordid",
    "lang": "lang language langs",
    "url": "url permalink link tweeturl posturl",
    "location": "location userlocation profilelocation authorlocation",
    "country": "country countrycode placecountry",
    "lat": "lat latitude",
    "lon": "lon lng long longitude",
}
CLOCKS = {"time", "timeofday", "clock", "hour", "posttime", "tweettime"}
"""Well-known names of columns with the time of day, as `plain` writes them."""
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp]\.?[Mm]\.?)?")
KNOWN: dict[str, tuple[str, ...]] = {ours: tuple(names.split()) for ours, names in _KNOWN.items()}
"""Well-known names of columns by field, best first, as `plain` writes them."""


def plain(column: str) -> str:
    """A column's name for comparison: lower case, letters and digits only.

    >>> plain("Date Created")
    'datecreated'
    """
    return "".join(letter for letter in column.casefold() if letter.isalnum())


def guess(columns: Iterable[str]) -> dict[str, str]:
    """From our fields to the columns whose names are well known; fields without one are absent."""
    names: dict[str, str] = {}
    for column in columns:
        names.setdefault(plain(column), column)
    found = ((ours, next((names[name] for name in known if name in names), None)) for ours, known in KNOWN.items())
    return {ours: column for ours, column in found if column is not None}


def choose(columns: Iterable[str], mapping: Mapping[str, str], origin: str) -> dict[str, str]:
    """Join the given mapping with guesses for the rest.

    Raises:
        Terminal: a mapped column does not exist, or there is no text; the message names the columns and the fix.
    """
    there = [column for column in columns if column]
    listed = ", ".join(repr(column[:60]) for column in there[:30]) or "none"
    for ours, column in mapping.items():
        if column not in there and column.partition(".")[0] not in there:
            raise Terminal(f"{origin} has no column {column!r}; its columns are {listed}: use --map {ours}=COLUMN")
    taken = set(mapping.values())
    chosen = {**guess(column for column in there if column not in taken), **mapping}
    if "text" not in chosen:
        raise Terminal(
            f"no column of {origin} has a known name for the text; its columns are {listed}: use --map text=COLUMN"
        )
    return chosen


def check(mapping: Mapping[str, str]) -> None:
    """Raise `Terminal` unless every mapped name is one of ours."""
    for ours in mapping:
        if ours not in FIELDS:
            raise Terminal(f"--map knows no field {ours!r}; use one of {', '.join(FIELDS)}")


def cell(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column, which in JSON may be `user.name`; None where there is none."""
    if column in row:
        return row[column]
    found: Any = row
    for part in column.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def apart(names: Sequence[str]) -> tuple[str, ...]:
    """The names of columns, of which a second `text` is `text.1`, as pandas has it.

    >>> apart(["text", "label", "text"])
    ('text', 'label', 'text.1')
    """
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        found.append(f"{name}.{seen[name]}" if seen[name] and name else name)
        seen[name] += 1
    return tuple(found)


def unambiguous(names: Sequence[str], chosen: Mapping[str, str], mapping: Mapping[str, str], origin: str) -> None:
    """Raise `Terminal` where a chosen column has the name of another, unless the mapping says which is meant."""
    for ours, column in chosen.items():
        if names.count(column) > 1 and ours not in mapping:
            raise Terminal(f"{origin} has two columns {column!r}: use --map {ours}={column} or --map {ours}={column}.1")


def with_ids(
    chosen: Mapping[str, str], rows: Sequence[Mapping[str, Any]], mapping: Mapping[str, str]
) -> dict[str, str]:
    """The chosen columns without that of ids where it counts the rows of a file's beginning from 0 or 1.

    The next file's would do so, too, and its posts would be taken for those of this one. A mapping is believed.

    >>> with_ids({"id": "n", "text": "t"}, [{"n": 0, "t": "a"}, {"n": 1, "t": "b"}], {})
    {'text': 't'}
    """
    if "id" not in chosen or "id" in mapping or len(rows) < 2:
        return dict(chosen)
    found = [str(cell(row, chosen["id"])).removesuffix(".0") for row in rows]
    counted = any(found == [str(number) for number in range(start, start + len(rows))] for start in (0, 1))
    return {ours: column for ours, column in chosen.items() if not (counted and ours == "id")}


def with_clock(
    chosen: Mapping[str, str], rows: Sequence[Mapping[str, Any]], mapping: Mapping[str, str]
) -> dict[str, str]:
    """The chosen columns with `clock`, where days stand in the column of dates and the time of day in one of its own.

    >>> with_clock({"created_at": "Date"}, [{"Date": "2026-11-19", "Time": "17:00"}], {})
    {'created_at': 'Date', 'clock': 'Time'}
    """
    if "created_at" not in chosen or "created_at" in mapping or not rows:
        return dict(chosen)
    beside = next((name for name in rows[0] if plain(name) in CLOCKS and name not in chosen.values()), None)
    if beside is None or any(":" in str(cell(row, chosen["created_at"])) for row in rows):
        return dict(chosen)
    times = [str(row.get(beside) or "").strip() for row in rows]
    return {**chosen, "clock": beside} if all(map(_CLOCK.fullmatch, times)) else dict(chosen)
