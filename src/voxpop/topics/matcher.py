"""Finds the topics of posts: all terms of all topics in one pass over each text, then the queries they may decide."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from ahocorasick_rs import AhoCorasick

from voxpop.errors import Terminal
from voxpop.topics.query import (
    COLUMNS,
    And,
    Attribute,
    Cashtag,
    Column,
    Hashtag,
    Mention,
    Not,
    Or,
    Query,
    Text,
    Words,
    leaves,
    value,
)
from voxpop.topics.topic import Topic, pattern
from voxpop.topics.words import KINDS, WORD, Edge, fold, stands_alone, tidy

Columns = Mapping[Column, Sequence[str | None]]
"""For each column that queries can look at, one value per post; an absent column is unknown throughout."""

EDGES: Final = {Words: Edge.WORD, Hashtag: Edge.TAG, Mention: Edge.MENTION, Cashtag: Edge.CASHTAG}
"""What may stand beside each kind of term."""
_ORDER: Final[tuple[Column, ...]] = ("lang", "country", "author", "kind", "source")
_Row = tuple[str, ...]
_Test = Callable[[set[int], _Row], bool]


class Matcher:
    r"""Finds the topics of posts, all terms of all topics in one pass over each text (Aho and Corasick 1975).

    Linear in the length of the text plus the number of hits; a query is evaluated only where one of the terms it needs
    occurs, or on every post where it needs none (`lang:en source:bluesky`). Immutable and safe to share between
    threads.

    >>> matcher = Matcher([Topic.read("gta6", "GTA 6", 'gta6 OR "gta vi" -lang:de')])
    >>> matcher.match(["GTA\nVI soon", "#GTA6!", "notgta6x", None])
    [['gta6'], ['gta6'], [], []]
    >>> matcher.match(["GTA VI"], {"lang": ["de"]})
    [[]]

    Attributes:
        topics: as given.
        columns: the columns that the queries look at; others need not be given to `match`.
        digests: for each topic's name what stands for its query.
        digest: 16 hexadecimal digits that stand for all that is matched, whatever the order of the topics.

    Raises:
        Terminal: two topics have one name.
    """

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.topics: tuple[Topic, ...] = tuple(topics)
        names = sorted(topic.name for topic in self.topics)
        for name, following in zip(names, names[1:], strict=False):
            if name == following:
                raise Terminal(f"Two topics have the name {name!r}; rename one or join their queries.")
        every = [leaf for topic in self.topics for leaf in leaves(topic.query)]
        self.columns = frozenset(COLUMNS[type(leaf)] for leaf in every if isinstance(leaf, Attribute))
        self.digests: dict[str, str] = {topic.name: topic.digest for topic in self.topics}
        self.digest: str = hashlib.blake2b("".join(sorted(self.digests.values())).encode(), digest_size=8).hexdigest()
        self._terms = _Terms(leaf for leaf in every if isinstance(leaf, Text))
        self._owners: dict[int, list[str]] = {}
        self._triggered: dict[int, list[str]] = {}
        self._always: list[str] = []
        self._tests: dict[str, _Test] = {}
        for topic in self.topics:
            self._take(topic)

    def __reduce__(self) -> tuple[type[Matcher], tuple[tuple[Topic, ...]]]:
        return Matcher, (self.topics,)

    def match(self, texts: Sequence[str | None], columns: Columns | None = None) -> list[list[str]]:
        """Answer the sorted names of the topics of each post, [] for a text of None; one list per text, in order."""
        rows = self._rows(columns or {}, len(texts))
        return [
            [] if text is None else self._names(fold(text), row)
            for text, row in zip(texts, rows, strict=True)
        ]  # fmt: skip

    def _names(self, text: str, row: _Row) -> list[str]:
        terms = self._terms.found(text)
        if not terms and not self._always:
            return []
        names: set[str] = set()
        wanted: set[str] = set(self._always)
        for term in terms:
            names.update(self._owners.get(term, ()))
            wanted.update(self._triggered.get(term, ()))
        names.update(name for name in wanted if self._tests[name](terms, row))
        return sorted(names)

    def _rows(self, columns: Columns, count: int) -> Iterable[_Row]:
        if not self.columns:
            return [("",) * len(_ORDER)] * count
        unknown = [""] * count
        known = [
            [_compared(name, value) for value in columns[name]] if name in columns and name in self.columns else unknown
            for name in _ORDER
        ]
        return zip(*known, strict=True)

    def _take(self, topic: Topic) -> None:
        """Put a topic where its terms find it: an OR of terms needs no evaluation at all."""
        operands = topic.query.operands if isinstance(topic.query, Or) else (topic.query,)
        if all(isinstance(operand, Text) for operand in operands):
            for leaf in leaves(topic.query):
                assert isinstance(leaf, Text)
                self._owners.setdefault(self._terms.number(leaf), []).append(topic.name)
            return
        self._tests[topic.name] = self._test(topic.query)
        needed = _needed(topic.query, True)
        if needed is None:
            self._always.append(topic.name)
            return
        for leaf in needed:
            self._triggered.setdefault(self._terms.number(leaf), []).append(topic.name)

    def _test(self, query: Query) -> _Test:
        if isinstance(query, Not):
            inner = self._test(query.operand)
            return lambda terms, row: not inner(terms, row)
        if isinstance(query, And | Or):
            tests = [self._test(operand) for operand in query.operands]
            if isinstance(query, And):
                return lambda terms, row: all(test(terms, row) for test in tests)
            return lambda terms, row: any(test(terms, row) for test in tests)
        if isinstance(query, Text):
            number = self._terms.number(query)
            return lambda terms, row: number in terms
        at = _ORDER.index(COLUMNS[type(query)])
        wanted = _compared(_ORDER[at], value(query))
        return lambda terms, row: row[at] == wanted


class _Terms:
    """The terms of all topics, numbered, and the automaton that finds them."""

    def __init__(self, found: Iterable[Text]) -> None:
        self._numbers: dict[tuple[str, Edge], int] = {}
        patterns: dict[str, list[tuple[Edge, int]]] = {}
        for leaf in found:
            key = pattern(leaf), EDGES[type(leaf)]
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers)
                patterns.setdefault(key[0], []).append((key[1], self._numbers[key]))
        self._readings = list(patterns.values())
        # Nearly every pattern is one plain term, and needs no more than a look at the character on either side.
        self._plain = [_plain(known, readings) for known, readings in patterns.items()]
        self._search = AhoCorasick(list(patterns)).find_matches_as_indexes

    def number(self, leaf: Text) -> int:
        return self._numbers[pattern(leaf), EDGES[type(leaf)]]

    def found(self, text: str) -> set[int]:
        """The numbers of the terms that stand in a folded text."""
        found: set[int] = set()
        hits = self._search(text, overlapping=True)
        if not hits:
            return found
        text, plain, kinds = f" {text} ", self._plain, KINDS
        for which, start, end in hits:
            number, opens, closes = plain[which]
            if number < 0:
                found.update(self._standing(which, text, start + 1, end + 1))
            elif not (opens and kinds[text[start]] == WORD) and not (closes and kinds[text[end + 1]] == WORD):
                found.add(number)
        return found

    def _standing(self, which: int, text: str, start: int, end: int) -> Iterable[int]:
        return (number for edge, number in self._readings[which] if stands_alone(text, start, end, edge))


def _plain(known: str, readings: list[tuple[Edge, int]]) -> tuple[int, bool, bool]:
    """A plain term's number, and whether it begins and ends with a character of a word; -1 for any other pattern."""
    (edge, number), *others = readings
    if others or edge is not Edge.WORD or known[0] == "#":
        return -1, False, False
    return number, KINDS[known[0]] == WORD, KINDS[known[-1]] == WORD


def _needed(query: Query, wanted: bool) -> frozenset[Text] | None:
    """Terms of which at least one occurs wherever the query (or its negation) matches; None where none need occur."""
    if isinstance(query, Not):
        return _needed(query.operand, not wanted)
    if isinstance(query, And | Or):
        parts = [_needed(operand, wanted) for operand in query.operands]
        given = [part for part in parts if part is not None]
        if isinstance(query, And) == wanted:
            return min(given, key=len, default=None)
        return frozenset().union(*given) if len(given) == len(parts) else None
    return frozenset([query]) if wanted and isinstance(query, Text) else None


def _compared(column: Column, value: str | None) -> str:
    """A column's value as it is compared; "" for unknown, which equals nothing that can be asked for."""
    if value is None or column in ("lang", "kind"):
        return value or ""
    return value.upper() if column == "country" else tidy(value).casefold()
