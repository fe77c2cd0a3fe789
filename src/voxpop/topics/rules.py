"""Turns a query into rules of X's filtered stream or search, each below the limit and each able to stand alone.

What the rules deliver is matched again here, so a rule may deliver more than the query wants and must not deliver less.
The one exception is `country:`: X knows the place of a post, not of its author's profile; a note says so.
The grammar is that of https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from voxpop.errors import Terminal
from voxpop.topics.query import (
    And,
    Attribute,
    Cashtag,
    Country,
    From,
    Hashtag,
    Is,
    Mention,
    Not,
    Or,
    Query,
    Source,
    Words,
    value,
)
from voxpop.topics.topic import Topic
from voxpop.topics.words import KINDS, NOT_WORD, fold

STREAM_LIMIT: Final = 1024
SEARCH_LIMIT: Final = 512
MOST_RULES: Final = 1000
"""Rules that one stream holds."""

_NETWORK: Final = "x"
_HANDLE: Final = re.compile(r"[A-Za-z0-9_]{1,15}")
_OWN: Final = {
    Mention: _HANDLE,
    Hashtag: re.compile(r"\w*[^\W\d_]\w*"),
    Cashtag: re.compile(r"[A-Za-z]{1,6}(\.[A-Za-z]{1,2})?"),
}
_PLAIN: Final = re.compile(r"[^\W_]+")
_KINDS: Final = {"repost": "is:retweet", "reply": "is:reply", "quote": "is:quote"}
# X still sends and takes the codes that ISO 639 withdrew in 1989.
_LANGS: Final = {"id": "in", "he": "iw"}


@dataclass(frozen=True)
class Rule:
    """A rule as X takes it: `{"value": …, "tag": …}`; the tag is the topic's name."""

    value: str
    tag: str


@dataclass(frozen=True)
class Compiled:
    """The rules whose OR delivers a topic's posts, and what a reader must know of the difference."""

    rules: tuple[Rule, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Literal:
    """A leaf as X writes it; `alone` tells whether X takes it without another one beside it."""

    text: str
    alone: bool


@dataclass(frozen=True)
class _All:
    parts: tuple[_Node, ...]


@dataclass(frozen=True)
class _Any:
    parts: tuple[_Node, ...]


_Node = _Literal | _All | _Any
_TRUE: Final = _All(())
_FALSE: Final = _Any(())


def compile_rules(topic: Topic, limit: int = STREAM_LIMIT) -> Compiled:
    """The topic's rules for X, none longer than `limit` characters.

    >>> compile_rules(Topic.read("t", "T", '(tesla OR "model 3") lang:en -(is:repost OR #ad)')).rules[0].value
    '(tesla OR "model 3") lang:en -is:retweet -#ad'

    Raises:
        Terminal: X has no rule for it; names the part and why.
    """
    notes: list[str] = []
    tree = _translated(topic.query, True, notes)
    if tree == _FALSE:
        return Compiled((), (*notes, "no post of X can match it, so there is no rule"))
    if (part := _unable(tree)) is not None:
        raise Terminal(
            f"Topic {topic.name!r}: X has no rule for {_written(part) or 'every post'} alone; put a word, a #hashtag, "
            "an @mention, from: or country: beside it."
        )
    values = list(islice(_split(tree, limit), MOST_RULES + 1))
    if len(values) > MOST_RULES:
        raise Terminal(f"Topic {topic.name!r} needs more rules than the {MOST_RULES:,} that X holds; make it shorter.")
    return Compiled(tuple(Rule(value, topic.name) for value in values), tuple(dict.fromkeys(notes)))


def _translated(query: Query, wanted: bool, notes: list[str]) -> _Node:
    """The query for posts of X, with negations at the leaves (De Morgan) and constants folded."""
    if isinstance(query, Not):
        return _translated(query.operand, not wanted, notes)
    if isinstance(query, And | Or):
        parts = [_translated(operand, wanted, notes) for operand in query.operands]
        return _all(parts) if isinstance(query, And) == wanted else _any(parts)
    if isinstance(query, Attribute):
        return _attribute(query, wanted, notes)
    text, exact = _text(query)
    if not exact and not wanted:
        notes.append(f"-{query} is left to Voxpop, since X reads signs in words differently")
        return _TRUE
    if not exact:
        notes.append(f"X drops the signs of {query} and may deliver more; Voxpop matches again")
    return _Literal(text if wanted else f"-{text}", wanted)


def _attribute(query: Attribute, wanted: bool, notes: list[str]) -> _Node:
    if isinstance(query, Source):
        return _TRUE if (query.name == _NETWORK) == wanted else _FALSE
    if isinstance(query, From):
        if not _HANDLE.fullmatch(query.handle):
            return _FALSE if wanted else _TRUE
        return _Literal(f"from:{query.handle}" if wanted else f"-from:{query.handle}", wanted)
    if isinstance(query, Country):
        notes.append("country: is place_country: on X, which few posts have; those known by their profile are not sent")
        return _Literal(f"{'' if wanted else '-'}place_country:{query.code}", wanted)
    if isinstance(query, Is):
        if query.kind == "original":
            kinds: list[_Node] = [_Literal(f"{'-' if wanted else ''}{known}", False) for known in _KINDS.values()]
            return _all(kinds) if wanted else _any(kinds)
        return _Literal(f"{'' if wanted else '-'}{_KINDS[query.kind]}", False)
    return _Literal(f"{'' if wanted else '-'}lang:{_LANGS.get(query.code, query.code)}", False)


def _text(query: Words | Hashtag | Mention | Cashtag) -> tuple[str, bool]:
    """A text leaf as X writes it, and whether X reads it as Voxpop does."""
    text = value(query)
    if isinstance(query, Words):
        plain = _PLAIN.fullmatch(text) is not None and text not in ("AND", "OR", "NOT")
        signs = any(KINDS[char] == NOT_WORD and char.isascii() and char != " " for char in fold(text))
        return (text if plain else f'"{text.replace(chr(34), " ")}"'), not signs
    # X knows no such handle, hashtag or cashtag, and reads it as words.
    return (str(query), True) if _OWN[type(query)].fullmatch(text) else (f'"{query}"', False)


def _all(parts: Sequence[_Node]) -> _Node:
    """All of the parts; a group with a negation in it is multiplied out, as X has none."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, _All) else (part,))]
    if _FALSE in flat:
        return _FALSE
    flat = list(dict.fromkeys(flat))
    for at, part in enumerate(flat):
        if len(flat) > 1 and isinstance(part, _Any) and any(not _asks(one) for one in part.parts):
            rest = flat[:at] + flat[at + 1 :]
            return _bounded(_any([_all([*rest, one]) for one in part.parts]))
    return flat[0] if len(flat) == 1 else _All(tuple(flat))


def _any(parts: Sequence[_Node]) -> _Node:
    flat = [one for part in parts for one in (part.parts if isinstance(part, _Any) else (part,))]
    if _TRUE in flat:
        return _TRUE
    flat = list(dict.fromkeys(flat))
    return flat[0] if len(flat) == 1 else _Any(tuple(flat))


def _bounded(node: _Node) -> _Node:
    if isinstance(node, _Any) and len(node.parts) > MOST_RULES:
        raise Terminal(
            f"X has no negated groups, and without them this is more than {MOST_RULES:,} alternatives; leave some out."
        )
    return node


def _asks(node: _Node) -> bool:
    """Tell whether every way to match the node has something that a post must have."""
    return _holds(node, lambda literal: not literal.text.startswith("-"))


def _stands(node: _Node) -> bool:
    return _holds(node, lambda literal: literal.alone)


def _holds(node: _Node, test: Callable[[_Literal], bool]) -> bool:
    if isinstance(node, _Literal):
        return test(node)
    return (any if isinstance(node, _All) else all)(_holds(part, test) for part in node.parts)


def _unable(node: _Node) -> _Node | None:
    """The part for which X has no rule, or None."""
    if isinstance(node, _Any):
        return next((part for part in node.parts if not _stands(part)), None)
    return None if _stands(node) else node


def _written(node: _Node) -> str:
    if isinstance(node, _Literal):
        return node.text
    if isinstance(node, _All):
        return " ".join(f"({_written(part)})" if isinstance(part, _Any) else _written(part) for part in node.parts)
    return " OR ".join(f"({_written(part)})" if isinstance(part, _All) else _written(part) for part in node.parts)


def _split(node: _Node, limit: int) -> Iterator[str]:
    """Rules for the node: itself where it fits, else its alternatives, packed. Lazy, for there can be very many."""
    if len(_written(node)) <= limit:
        yield _written(node)
        return
    if isinstance(node, _Any):
        yield from _packed(node, limit)
        return
    groups = [part for part in node.parts if isinstance(part, _Any)] if isinstance(node, _All) else []
    if not isinstance(node, _All) or not groups:
        text = _written(node)
        raise Terminal(
            f"{text[:60]}… has {len(text):,} characters where X takes {limit:,} in one rule, and no OR to split it at; "
            "make it shorter."
        )
    longest = max(groups, key=lambda group: len(_written(group)))
    middle = len(longest.parts) // 2
    for half in (_any(longest.parts[:middle]), _any(longest.parts[middle:])):
        yield from _split(_all([half if part is longest else part for part in node.parts]), limit)


def _packed(node: _Any, limit: int) -> Iterator[str]:
    held: list[_Node] = []
    for part in node.parts:
        if len(_written(part)) > limit:
            yield from _split(part, limit)
        elif held and len(_written(_any([*held, part]))) > limit:
            yield _written(_any(held))
            held = [part]
        else:
            held.append(part)
    if held:
        yield _written(_any(held))
