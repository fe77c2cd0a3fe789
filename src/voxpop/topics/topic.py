"""A topic: the name, the title and the query of what to listen for."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from voxpop.errors import Terminal
from voxpop.topics.parser import parse
from voxpop.topics.query import (
    And,
    Cashtag,
    Hashtag,
    Mention,
    Not,
    Or,
    Query,
    Words,
    any_of,
    leaves,
    selects,
    value,
)
from voxpop.topics.words import KINDS, fold, problem

RULES: Final = "2"
"""Version of the matching rules, part of every digest. Raise it with every change that alters a match."""

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_LONGEST_SLUG: Final = 64
_LONGEST_TITLE: Final = 200


@dataclass(frozen=True)
class Topic:
    """What to listen for.

    >>> Topic.read("gta6", "GTA 6", 'gta6 OR "gta vi"').query
    Or(operands=(Words(text='gta6'), Words(text='gta vi')))

    Attributes:
        name: slug of lower-case letters, digits and hyphens, at most 64 characters; the key everywhere.
        title: what people see.
        query: which posts are on the topic.

    Raises:
        Terminal: name, title or query cannot be; names the topic and the fix.
    """

    name: str
    title: str
    query: Query

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or len(self.name) > _LONGEST_SLUG or not _SLUG.match(self.name):
            raise Terminal(
                f"Topic name {self.name!r} is not a slug; use lower-case letters, digits and single hyphens, "
                f"at most {_LONGEST_SLUG} characters, like 'pixel-fold'."
            )
        if not isinstance(self.title, str) or not self.title.strip() or len(self.title) > _LONGEST_TITLE:
            raise Terminal(f"Topic {self.name!r} has no title of 1 to {_LONGEST_TITLE} characters; give one to show.")
        if not selects(self.query):
            raise Terminal(f"Topic {self.name!r} would match almost every post; add a word that posts must have.")
        for leaf in leaves(self.query):
            if isinstance(leaf, Words) and (trouble := problem(leaf.text)):
                raise Terminal(f"Topic {self.name!r}: the query has {leaf.text!r}, {trouble}.")

    @classmethod
    def read(cls, name: str, title: str, query: str) -> Topic:
        """The topic of a query's text.

        Raises:
            QueryError: the query cannot be read.
            Terminal: name or title cannot be.
        """
        return cls(name, title, parse(query))

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that stand for what is matched.

        The order of operands, spelling that folds away and the title do not change it.
        """
        definition = json.dumps([RULES, self.name, _compared(self.query)])
        return hashlib.blake2b(definition.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Terms:
    """Lists of terms, any of which makes a post on topic: the short way to write an OR.

    Attributes:
        keywords: single words, emoji or signs ("$tsla").
        phrases: words in sequence.
        hashtags: whole tags, with or without the `#`.
    """

    keywords: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()

    def query(self, name: str) -> Query:
        """The query that matches any of the terms; `name` is the topic's, for errors.

        Raises:
            Terminal: a term is in the wrong list, or there is none.
        """
        for which in ("keywords", "phrases", "hashtags"):
            for term in getattr(self, which):
                if trouble := _misplaced(which, term):
                    raise Terminal(f"Topic {name!r}: {which} has {term!r}, {trouble}.")
        found: list[Query] = [Words(term) for term in (*self.keywords, *self.phrases)]
        found += [Hashtag(tag.strip().lstrip("#＃")) for tag in self.hashtags]
        if not found:
            raise Terminal(f"Topic {name!r} has nothing to match; add a query, a keyword, a phrase or a hashtag.")
        return any_of(found)


def pattern(leaf: Words | Hashtag | Mention | Cashtag) -> str:
    """What the leaf looks for in a folded text, with its sign."""
    sign = {Words: "", Hashtag: "#", Mention: "@", Cashtag: "$"}[type(leaf)]
    return sign + fold(value(leaf))


def _compared(query: Query) -> list[Any]:
    if isinstance(query, Not):
        return ["Not", _compared(query.operand)]
    if isinstance(query, And | Or):
        operands = {json.dumps(_compared(operand)): _compared(operand) for operand in query.operands}
        kept = [operands[key] for key in sorted(operands)]
        return kept[0] if len(kept) == 1 else [type(query).__name__, *kept]
    text = pattern(query) if isinstance(query, Words | Hashtag | Mention | Cashtag) else value(query)
    return [type(query).__name__, text]


def _misplaced(which: str, term: str) -> str | None:
    folded = fold(term)
    if which == "hashtags":
        tag = folded.removeprefix("#")
        return (
            None
            if tag and all(KINDS[char] for char in tag)
            else "which no hashtag can be; use letters, digits and underscores"
        )
    if trouble := problem(term):
        return trouble
    if which == "keywords" and " " in folded:
        return "which is more than one word; move it to phrases"
    if which == "keywords" and folded.startswith("#"):
        return "which is a hashtag; move it to hashtags"
    return None
