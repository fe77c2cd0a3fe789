"""Where in a post the words are that put it on a topic: for people who look at what a query catches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import regex

from voxpop.topics.matcher import EDGES
from voxpop.topics.query import And, Not, Or, Query, Text
from voxpop.topics.topic import Topic, pattern
from voxpop.topics.words import Edge, fold, stands_alone

Passage = tuple[int, int]

_GRAPHEME: Final = regex.compile(r"\X")
_TRADE_MARKS: Final = "\u2120\u2122"


def passages(topic: Topic, text: str) -> list[Passage]:
    """Where `text` says what the query asks for: begin and end in code points, in order, none touching another.

    Only terms that a post must or may have are found, not those it must not have, nor operators such as `lang:`.
    A match of them alone is no match of the query. Total; where folding moves characters so that their places cannot
    be told, which takes marks that grow together across what people see as one character, the answer is empty.

    >>> passages(Topic.read("t", "T", 'tesla OR "model 3" -ford'), "My TESLA, a Model  3 and no Ford")
    [(3, 8), (12, 20)]
    """
    folded, places = _folded(text)
    if folded != fold(text):
        return []
    found = sorted(_terms(topic.query, True, folded))
    joined: list[Passage] = []
    for start, end in found:
        begin, finish = places[start][0], places[end - 1][1]
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(finish, joined[-1][1]))
        else:
            joined.append((begin, finish))
    return joined


def _terms(query: Query, wanted: bool, folded: str) -> Iterator[Passage]:
    if isinstance(query, Not):
        yield from _terms(query.operand, not wanted, folded)
    elif isinstance(query, And | Or):
        for operand in query.operands:
            yield from _terms(operand, wanted, folded)
    elif wanted and isinstance(query, Text):
        yield from _places(folded, pattern(query), EDGES[type(query)])


def _places(folded: str, term: str, edge: Edge) -> Iterator[Passage]:
    at = folded.find(term)
    while at >= 0:
        if stands_alone(folded, at, at + len(term), edge):
            yield at, at + len(term)
        at = folded.find(term, at + 1)


def _folded(text: str) -> tuple[str, list[Passage]]:
    """The folded text, and for each of its characters where what became of it stands in `text`."""
    out: list[str] = []
    places: list[Passage] = []
    for match in _GRAPHEME.finditer(text):
        seen = match[0]
        piece = fold(seen)
        if not piece and (seen.isspace() or seen[0] in _TRADE_MARKS):
            piece = " " if out and out[-1] != " " else ""
        out += piece
        places += [match.span()] * len(piece)
    if out and out[-1] == " ":
        del out[-1], places[-1]
    return "".join(out), places
