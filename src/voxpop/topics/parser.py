"""Reads a query's text into its tree; every refusal points at the place and names the fix."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Final, get_args

from voxpop import gazetteer
from voxpop.topics.lexer import QueryError, Token, tokens
from voxpop.topics.query import (
    And,
    Cashtag,
    Country,
    From,
    Hashtag,
    Is,
    Kind,
    Lang,
    Mention,
    Not,
    Or,
    Query,
    Source,
    Words,
    all_of,
    any_of,
    selects,
)
from voxpop.topics.words import KINDS, NOT_WORD, fold, problem

DEEPEST: Final = 50
"""Groups and negations that may lie inside each other."""

_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_ALSO: Final = {
    "place_country": "country",
    "language": "lang",
    "author": "from",
    "user": "from",
    "by": "from",
    "network": "source",
    "site": "source",
    "kind": "is",
    "type": "is",
}
_SIGNS: Final = re.compile(r"[#@$＃＠＄]")
_HANDLE: Final = re.compile(r"[\w.@-]*\w")
_SYMBOL: Final = re.compile(r"[^\W\d_]\w*(?:\.\w+)?")


def parse(text: str) -> Query:
    """Read a query.

    AND (also by standing side by side) binds tighter than OR; a query that would match every post is refused.

    >>> parse('tesla ("model 3" OR #model3) -is:repost')
    And(operands=(Words(text='tesla'), Or(operands=(Words(text='model 3'), Hashtag(tag='model3'))), \
Not(operand=Is(kind='repost'))))
    >>> str(parse("a AND NOT (b OR c)"))
    'a -(b OR c)'

    Raises:
        QueryError: it is no query; names the column, what is wrong and the fix.
    """
    return _Parser(text).query()


class _Parser:
    """One reading by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._at = 0
        self._depth = 0
        # By identity, since equal parts may stand in two places; holding the parts keeps identities apart.
        self._places: dict[int, tuple[Query, int, int]] = {}

    def query(self) -> Query:
        if not self._tokens:
            raise QueryError(self._text, 0, 1, "there is nothing in it; write a word, a phrase or a #hashtag")
        found = self._or()
        left = self._peek()
        if left is not None:
            raise self._error(left, "this ) has no ( before it; take it out, or open a group")
        if not selects(found):
            _, start, end = self._places[id(_without(found))]
            raise QueryError(
                self._text, start, end, "this alone would match almost every post; add a word that posts must have"
            )
        return found

    def _or(self) -> Query:
        return self._joined(self._and, any_of, "OR")

    def _and(self) -> Query:
        return self._joined(self._unary, all_of, "AND")

    def _joined(self, part: Callable[[], Query], join: Callable[[list[Query]], Query], operator: str) -> Query:
        first = self._at
        operands = [part()]
        while (token := self._peek()) and self._goes_on(token, operator):
            if token.kind == operator:
                self._at += 1
            operands.append(part())
        return self._placed(join(operands), first)

    def _goes_on(self, token: Token, operator: str) -> bool:
        return token.kind == operator or (operator == "AND" and token.kind not in (")", "OR"))

    def _unary(self) -> Query:
        first = self._at
        token = self._peek()
        if token is not None and token.kind in ("-", "NOT"):
            self._at += 1
            self._deeper(token)
            found: Query = Not(self._unary())
            self._depth -= 1
        elif token is not None and token.kind == "(":
            self._at += 1
            self._deeper(token)
            found = self._group(token)
            self._depth -= 1
        else:
            found = self._leaf(token)
        return self._placed(found, first)

    def _group(self, opening: Token) -> Query:
        following = self._peek()
        if following is not None and following.kind == ")":
            raise QueryError(
                self._text, opening.start, following.end, "this group is empty; write a query in it, or take it out"
            )
        if following is None:
            raise self._error(opening, "this ( is never closed; write a query and ) after it, or take it out")
        found = self._or()
        if self._peek() is None:
            raise self._error(opening, "this ( is never closed; write ) where the group ends")
        self._at += 1
        return found

    def _leaf(self, token: Token | None) -> Query:
        if token is None or token.kind in (")", "AND", "OR"):
            raise self._dangling(token)
        self._at += 1
        if token.kind == "named":
            return self._attribute(token)
        text = token.text
        if token.kind == "word" and _SIGNS.match(text):
            return self._signed(token, text[0], text[1:])
        if token.kind == "quoted" and not text.strip():
            raise self._error(token, "this phrase is empty; write words between the quotation marks")
        if trouble := problem(text):
            raise self._error(token, f"this {trouble.removeprefix('which ')}")
        return Words(text)

    def _signed(self, token: Token, sign: str, text: str) -> Query:
        folded = fold(text)
        if sign in "#＃":
            if not folded or not all(KINDS[char] for char in folded):
                raise self._error(token, "no hashtag can be so; use letters, digits and underscores, or quote it")
            return Hashtag(text)
        if sign in "@＠":
            if not _HANDLE.fullmatch(text):
                raise self._error(token, "no handle can be so; write it as @name, or quote it")
            return Mention(text)
        if not _SYMBOL.fullmatch(text) or NOT_WORD in [KINDS[char] for char in folded.replace(".", "")]:
            raise self._error(token, "a cashtag begins with a letter, like $tsla; quote it to find the sign itself")
        return Cashtag(text)

    def _attribute(self, token: Token) -> Query:
        name, given = token.name.lower(), token.text.strip()
        if name not in _ATTRIBUTES:
            near = _ALSO.get(name) or next(iter(difflib.get_close_matches(name, _ATTRIBUTES, 1)), None)
            known = ", ".join(f"{each}:" for each in _ATTRIBUTES)
            meant = f"did you mean {near}:? Or quote" if near else f"there are {known}; quote"
            raise self._error(token, f"there is no operator {name}: {meant} it to find the text itself")
        made = _ATTRIBUTES[name](given)
        if isinstance(made, str):
            raise self._error(token, made)
        return made

    def _dangling(self, token: Token | None) -> QueryError:
        before = self._tokens[self._at - 1] if self._at else None
        if before is not None and before.kind in ("AND", "OR", "NOT", "-"):
            return self._error(before, f"{before.text} has nothing after it; write a query there, or take it out")
        assert token is not None, "the end is reached only after an operator or a group"
        if token.kind == ")":
            return self._error(token, "this ) has no ( before it; take it out, or open a group")
        return self._error(
            token, f"{token.text} has nothing before it; write a query there, or quote it to find the word"
        )

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(token, f"more than {DEEPEST} groups lie inside each other; take some apart")

    def _placed(self, query: Query, first: int) -> Query:
        self._places.setdefault(id(query), (query, self._tokens[first].start, self._tokens[self._at - 1].end))
        return query

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _error(self, token: Token, reason: str) -> QueryError:
        return QueryError(self._text, token.start, token.end, reason)


def _without(query: Query) -> Query:
    """The part by which a query asks for nothing."""
    if isinstance(query, Or):
        return _without(next(operand for operand in query.operands if not selects(operand)))
    return query.operands[0] if isinstance(query, And) else query


def _is(given: str) -> Query | str:
    wanted = {"retweet": "repost", "quoted": "quote"}.get(given.lower(), given.lower())
    for known in _KINDS:
        if known == given.lower():
            return Is(known)
    near = difflib.get_close_matches(wanted, _KINDS, 1)
    meant = f"did you mean is:{near[0]}?" if near else "use one of those"
    return f"is: knows {', '.join(_KINDS)}; {meant}"


def _lang(given: str) -> Query | str:
    if len(given) == 2 and given.isascii() and given.isalpha():
        return Lang(given.lower())
    return "lang: takes a language's two letters of ISO 639-1, such as lang:en"


def _country(given: str) -> Query | str:
    if given.upper() in gazetteer.countries():
        return Country(given.upper())
    read = gazetteer.names().get(gazetteer.plain(given), gazetteer.UNKNOWN)
    meant = f"did you mean country:{next(iter(read.first))}?" if len(read.first) == 1 else "such as country:US"
    return f"country: takes a country's two letters of ISO 3166-1; {meant}"


def _from(given: str) -> Query | str:
    handle = given.removeprefix("@")
    return From(handle) if _HANDLE.fullmatch(handle) else "from: takes a handle, such as from:nasa"


def _source(given: str) -> Query | str:
    if not given or problem(given):
        return "source: takes a source's name, such as source:bluesky"
    return Source(given)


_ATTRIBUTES: Final[dict[str, Callable[[str], Query | str]]] = {
    "lang": _lang,
    "country": _country,
    "from": _from,
    "is": _is,
    "source": _source,
}
