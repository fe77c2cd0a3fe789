"""A query as a tree: what a topic's posts must say and be, printable as text that reads back to the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from voxpop.topics.words import tidy

Kind = Literal["repost", "reply", "quote", "original"]
Column = Literal["lang", "country", "author", "kind", "source"]

OPERATORS: Final = ("AND", "OR", "NOT")
"""Operators are upper case; in lower case they are words like any other."""

_BARE: Final = re.compile(r"[^\s()\"“”:#@$-][^\s()\"“”:]*")


@dataclass(frozen=True)
class Words:
    """A word, an emoji or a phrase: found whole, in sequence, any white space between, in any case and width."""

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", tidy(self.text))

    def __str__(self) -> str:
        return _quoted(self.text)


@dataclass(frozen=True)
class Hashtag:
    """A whole hashtag; `tag` is without its sign. It does not match the plain word."""

    tag: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "tag", tidy(self.tag))

    def __str__(self) -> str:
        return f"#{self.tag}"


@dataclass(frozen=True)
class Mention:
    """Somebody named in the text; `handle` is without its sign, and whole: `@ana` is not in `@ana.bsky.social`."""

    handle: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "handle", tidy(self.handle))

    def __str__(self) -> str:
        return f"@{self.handle}"


@dataclass(frozen=True)
class Cashtag:
    """A stock's symbol; `symbol` is without its sign. It does not match the plain word."""

    symbol: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "symbol", tidy(self.symbol))

    def __str__(self) -> str:
        return f"${self.symbol}"


@dataclass(frozen=True)
class Is:
    """A post's kind; a post has exactly one."""

    kind: Kind

    def __str__(self) -> str:
        return f"is:{self.kind}"


@dataclass(frozen=True)
class From:
    """The author's handle, without the `@`, in any case."""

    handle: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "handle", tidy(self.handle).casefold())

    def __str__(self) -> str:
        return f"from:{_quoted(self.handle)}"


@dataclass(frozen=True)
class Lang:
    """The language, ISO 639-1 in lower case; a post of unknown language has none."""

    code: str

    def __str__(self) -> str:
        return f"lang:{self.code}"


@dataclass(frozen=True)
class Country:
    """The country, ISO 3166-1 alpha-2 in upper case; a post from nobody knows where has none."""

    code: str

    def __str__(self) -> str:
        return f"country:{self.code}"


@dataclass(frozen=True)
class Source:
    """The source's name, in any case: `x`, `bluesky`, or what `--network` called a file's."""

    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", tidy(self.name).casefold())

    def __str__(self) -> str:
        return f"source:{_quoted(self.name)}"


@dataclass(frozen=True)
class Not:
    """What the operand does not match."""

    operand: Query

    def __str__(self) -> str:
        bare = not isinstance(self.operand, And | Or | Not)
        return f"-{self.operand}" if bare else f"-({self.operand})"


@dataclass(frozen=True)
class And:
    """What all operands match, at least two; an `And` inside an `And` is one with it.

    >>> str(And((Words("a"), And((Words("b"), Not(Words("c")))))))
    'a b -c'
    """

    operands: tuple[Query, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "operands", _flat(And, self.operands))

    def __str__(self) -> str:
        return " ".join(f"({one})" if isinstance(one, Or) else str(one) for one in self.operands)


@dataclass(frozen=True)
class Or:
    """What any operand matches, at least two; an `Or` inside an `Or` is one with it.

    >>> str(Or((And((Words("model 3"), Lang("en"))), Hashtag("tesla"))))
    '"model 3" lang:en OR #tesla'
    """

    operands: tuple[Query, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "operands", _flat(Or, self.operands))

    def __str__(self) -> str:
        return " OR ".join(map(str, self.operands))


Text = Words | Hashtag | Mention | Cashtag
"""Leaves that look for something in the text."""

Attribute = Is | From | Lang | Country | Source
"""Leaves that look at a column of the post."""

Query = Text | Attribute | Not | And | Or

COLUMNS: Final[dict[type[Attribute], Column]] = {
    Is: "kind",
    From: "author",
    Lang: "lang",
    Country: "country",
    Source: "source",
}
"""The column that each attribute looks at."""


def all_of(operands: list[Query]) -> Query:
    """The `And` of the operands, or the only one."""
    return operands[0] if len(operands) == 1 else And(tuple(operands))


def any_of(operands: list[Query]) -> Query:
    """The `Or` of the operands, or the only one."""
    return operands[0] if len(operands) == 1 else Or(tuple(operands))


def leaves(query: Query) -> Iterator[Text | Attribute]:
    """Every leaf of the tree, from left to right."""
    if isinstance(query, Not):
        yield from leaves(query.operand)
    elif isinstance(query, And | Or):
        for operand in query.operands:
            yield from leaves(operand)
    else:
        yield query


def value(leaf: Text | Attribute) -> str:
    """What a leaf looks for, without sign or operator."""
    return str(next(iter(vars(leaf).values())))


def selects(query: Query, wanted: bool = True) -> bool:
    """Tell whether the query, or its negation, asks for something, instead of only leaving something out.

    >>> selects(Or((Words("a"), Not(Words("b"))))), selects(And((Words("a"), Not(Words("b")))))
    (False, True)
    """
    if isinstance(query, Not):
        return selects(query.operand, not wanted)
    if isinstance(query, And | Or):
        decide = any if isinstance(query, And) == wanted else all
        return decide(selects(operand, wanted) for operand in query.operands)
    return wanted


def _flat(kind: type[And | Or], operands: tuple[Query, ...]) -> tuple[Query, ...]:
    flat: list[Query] = []
    for operand in operands:
        flat += operand.operands if isinstance(operand, And | Or) and isinstance(operand, kind) else (operand,)
    if len(flat) < 2:
        raise ValueError(f"{kind.__name__} joins two queries or more")
    return tuple(flat)


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text) and text not in OPERATORS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
