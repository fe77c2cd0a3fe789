"""Which column of a table is which field, by mapping or by well-known names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from voxpop.errors import Terminal
from voxpop.sources.formats.context import FIELDS

_KNOWN: dict[str, str] = {
    "text": "text fulltext tweet rawcontent content body message originaltweet tweettext tweetcontent post posttext "
    "postcontent comment commenttext selftext",
    "created_at": "createdat datecreated datetime date timestamp tweetat tweetcreated tweetcreatedat postedat "
    "publishedat posteddate postdate tweetdate created createdutc time indexedat",
    "id": "id idstr tweetid postid statusid messageid commentid uri",
    "author": "authorusername username author user handle screenname userscreenname authorhandle userhandle account",
    "author_id": "authorid userid did authordid",
    "lang": "lang language langs",
    "url": "url permalink link tweeturl posturl",
    "location": "location userlocation profilelocation authorlocation",
    "country": "country countrycode placecountry",
    "lat": "lat latitude",
    "lon": "lon lng long longitude",
}
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
