"""The naive reading of a query: every term looked for at every place, every operator as the documentation says."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from voxpop.topics import fold
from voxpop.topics.query import COLUMNS, And, Cashtag, Hashtag, Mention, Not, Or, Query, Words, value


def matches(query: Query, text: str, columns: Mapping[str, str | None] | None = None) -> bool:
    """Tell whether a post with this text and these columns is on topic."""
    if isinstance(query, Not):
        return not matches(query.operand, text, columns)
    if isinstance(query, And):
        return all([matches(operand, text, columns) for operand in query.operands])
    if isinstance(query, Or):
        return any([matches(operand, text, columns) for operand in query.operands])
    if isinstance(query, Words | Hashtag | Mention | Cashtag):
        return occurs(query, fold(text))
    found = (columns or {}).get(COLUMNS[type(query)])
    return found is not None and found.casefold() == value(query).casefold()


def occurs(leaf: Words | Hashtag | Mention | Cashtag, text: str) -> bool:
    term = {Words: "", Hashtag: "#", Mention: "@", Cashtag: "$"}[type(leaf)] + fold(value(leaf))
    for start in range(len(text) - len(term) + 1):
        end = start + len(term)
        if text[start:end] == term and stands(leaf, term, (text[:start], text[end:])):
            return True
    return False


def stands(leaf: Query, term: str, around: tuple[str, str]) -> bool:
    before, after = letter(around[0][-1:]), letter(around[1][:1])
    if isinstance(leaf, Mention) and around[1][:1] in (".", "@") and letter(around[1][1:2]) == "word":
        return False
    if isinstance(leaf, Hashtag) or (isinstance(leaf, Words) and term[0] == "#"):
        return before != "word" and after == "other"
    if isinstance(leaf, Mention | Cashtag):
        return before != "word" and after != "word"
    return [before, letter(term[0])] != ["word"] * 2 and [letter(term[-1]), after] != ["word"] * 2


def letter(char: str) -> str:
    if not char:
        return "other"
    if unicodedata.name(char, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL")):
        return "joined"
    return "word" if char == "_" or unicodedata.category(char) in {"Ll", "Lo", "Nd", "Mn", "Mc"} else "other"
