"""The pieces of a query's text, and the error that points at one of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from voxpop.errors import Terminal
from voxpop.topics.query import OPERATORS

LONGEST: Final = 20_000
"""Characters of the longest query that is read."""

_QUOTES: Final = {'"': '"', "“": "”"}
_ESCAPE: Final = re.compile(r"\\([\"\\])")
_RUN: Final = re.compile(r'[^\s()"“”]+')
_NAMED: Final = re.compile(r"([A-Za-z_]+):(.*)", re.DOTALL)
_SHOWN: Final = 60


class QueryError(Terminal):
    """A query that cannot be read; its text names the fix and shows the place.

    Attributes:
        reason: the text without the picture of the place.
        column: where, counted in characters from 1.
        length: how many characters are meant.
    """

    def __init__(self, query: str, start: int, end: int, reason: str) -> None:
        self.reason = reason
        self.column = start + 1
        self.length = max(1, end - start)
        super().__init__(f"the query cannot be read at column {self.column}: {reason}\n{_picture(query, start, end)}")


@dataclass(frozen=True)
class Token:
    """A piece of a query; `text` is without quotes, `name` is that of an operator such as `lang`."""

    kind: Literal["(", ")", "-", "AND", "OR", "NOT", "quoted", "word", "named"]
    text: str
    start: int
    end: int
    name: str = ""


def tokens(query: str) -> Iterator[Token]:
    """Cut a query into tokens.

    Raises:
        QueryError: a quotation mark is not closed, a `-` stands alone, or the query is too long.
    """
    if len(query) > LONGEST:
        raise QueryError(
            query, LONGEST, LONGEST + 1, f"it is longer than {LONGEST:,} characters; make two topics of it"
        )
    at = 0
    while at < len(query):
        if query[at].isspace():
            at += 1
            continue
        token = _token(query, at)
        at = token.end
        yield token


def _token(query: str, at: int) -> Token:
    char = query[at]
    if char in "()":
        return Token("(" if char == "(" else ")", char, at, at + 1)
    if char in _QUOTES:
        return _quoted(query, at)
    if char == "-":
        if query[at + 1 : at + 2].strip() in ("", ")"):
            raise QueryError(query, at, at + 1, "- stands right before what it leaves out; write it as -word")
        return Token("-", char, at, at + 1)
    return _run(query, at)


def _run(query: str, at: int) -> Token:
    """What goes on to the next space, parenthesis or quotation mark: a word, an operator, or `name:value`."""
    found = _RUN.match(query, at)
    if found is None:
        raise QueryError(query, at, at + 1, "this quotation mark was never opened; take it out")
    run, end = found[0], found.end()
    if run in OPERATORS:
        return Token("AND" if run == "AND" else "OR" if run == "OR" else "NOT", run, at, end)
    named = _NAMED.fullmatch(run)
    if named is None:
        return Token("word", run, at, end)
    if not named[2] and query[end : end + 1] in _QUOTES and end < len(query):
        quoted = _quoted(query, end)
        return Token("named", quoted.text, at, quoted.end, named[1])
    return Token("named", named[2], at, end, named[1])


def _quoted(query: str, at: int) -> Token:
    closing = _QUOTES[query[at]]
    end = at + 1
    while end < len(query) and query[end] != closing:
        end += 2 if query[end] == "\\" and query[end + 1 : end + 2] in ("\\", '"') else 1
    if end >= len(query):
        raise QueryError(query, at, at + 1, f"this quotation mark is never closed; write {closing} after the phrase")
    if query[end + 1 : end + 2] == "~":
        raise QueryError(
            query, end + 1, end + 2, "words near each other cannot be asked for; take out ~ and its number"
        )
    return Token("quoted", _ESCAPE.sub(r"\1", query[at + 1 : end]), at, end + 1)


def _picture(query: str, start: int, end: int) -> str:
    """The query's line and a caret below the place; of a long one, what is near the place."""
    first = max(0, start - _SHOWN)
    line = "".join(_visible(char) for char in query[first : start + _SHOWN])
    before = sum(_width(char) for char in line[: start - first])
    marked = sum(_width(char) for char in line[start - first : end - first])
    return f"  {line}\n  {' ' * before}{'^' * max(1, marked)}"


def _visible(char: str) -> str:
    return " " if char.isspace() else "\ufffd" if unicodedata.category(char) in ("Cc", "Cs") else char


def _width(char: str) -> int:
    """Columns that a terminal gives a character."""
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
