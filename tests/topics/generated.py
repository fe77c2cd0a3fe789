"""Queries and posts from a seed, over few words, so that they meet."""

from __future__ import annotations

from random import Random
from typing import Any

from voxpop.topics.query import (
    And,
    Attribute,
    Cashtag,
    Country,
    From,
    Hashtag,
    Is,
    Lang,
    Mention,
    Not,
    Or,
    Query,
    Source,
    Text,
    Words,
    selects,
)

TEXTS: tuple[Text, ...] = (
    *map(Words, ("ab", "ba", "Ab ba", "東京", "カ", "🚗", "é", "straße", "OR")),
    *map(Hashtag, ("ab", "ba")),
    *map(Mention, ("ab", "ana")),
    Cashtag("ab"),
)
ATTRIBUTES: tuple[Attribute, ...] = (
    *(Is(kind) for kind in ("repost", "reply", "quote", "original")),
    *map(Lang, ("en", "id")),
    *map(Country, ("US", "DE")),
    *map(From, ("ab", "ana")),
    *map(Source, ("x", "bluesky")),
)
PIECES = (
    *("ab", "ba", "AB", "abx", "#ab", "#ba", "#abba", "@ab", "@ab.cd", "@ana", "$ab", "$abx", "東京", "東京カ", "🚗"),
    *("é", "e", "STRASSE", "or", "x", "-", "."),
)


def query(random: Random, depth: int = 3) -> Query:
    """A query that asks for something."""
    while True:
        made = _node(random, depth)
        if selects(made):
            return made


def post(random: Random) -> tuple[str, dict[str, Any]]:
    """A text and the columns of its post."""
    text = "".join(random.choice(PIECES) + random.choice((" ", " ", "")) for _ in range(random.randint(0, 6)))
    columns = {
        "lang": random.choice(("en", "id", "de", None)),
        "country": random.choice(("US", "DE", None)),
        "author": random.choice(("AB", "ana", "ana.cd", None)),
        "kind": random.choice(("original", "repost", "reply", "quote")),
        "source": random.choice(("x", "bluesky")),
    }
    return text, columns


def _node(random: Random, depth: int) -> Query:
    kind = random.random()
    if depth == 0 or kind < 0.25:
        return random.choice(TEXTS if random.random() < 0.75 else ATTRIBUTES)
    if kind < 0.45:
        return Not(_node(random, depth - 1))
    operands = tuple(_node(random, depth - 1) for _ in range(random.randint(2, 3)))
    return And(operands) if kind < 0.7 else Or(operands)
