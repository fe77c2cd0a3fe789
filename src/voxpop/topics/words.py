"""How texts and terms are compared: folding, kinds of characters, and where a term stands alone."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import Final

# NFKC would spell the trade mark signs out, and "Tesla™" would read "teslatm".
_TRADE_MARK: Final = re.compile("[\u2120\u2122]")
_INVISIBLE: Final = re.compile("[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")
# Scripts written without spaces (Thai to Khmer, Han, kana) or with particles joined to the word (Hangul).
_UNSPACED: Final = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF)),
    *((0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)
NOT_WORD, WORD, JOINED = range(3)
"""Kinds of characters: a sign or space, a letter or digit, and a letter of a script that joins its words."""


class Edge(Enum):
    """What may stand beside a term in a text."""

    WORD = "word"
    TAG = "tag"
    MENTION = "mention"
    CASHTAG = "cashtag"


def fold(text: str) -> str:
    r"""Return the form in which texts and terms are compared: NFKC, case-folded, on one line.

    Invisible characters go and white space collapses to single spaces; accents stay. Total on any `str`, lone
    surrogates included; positions in the answer are not positions in `text`.

    >>> fold("Ｔｅｓｌａ™\tMODEL 3")
    'tesla model 3'
    """
    if text.isascii():
        text = text.lower()
    else:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        text = _INVISIBLE.sub("", _TRADE_MARK.sub(" ", text))
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.split())


def tidy(text: str) -> str:
    r"""Return a term as it is kept and shown: NFC, on one line, case and width as written.

    >>> tidy(" Pokémon \n GO ")
    'Pokémon GO'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


class _Kinds(dict[str, int]):
    """The kind of each character, found once; looking a known one up calls no Python."""

    def __missing__(self, char: str) -> int:
        if any(first <= ord(char) <= last for first, last in _UNSPACED):
            found = JOINED
        elif char == "_" or char.isalnum() or unicodedata.category(char) in ("Mn", "Mc"):
            # Vowel signs of Indic scripts are marks and belong to the word; the enclosing mark of a keycap emoji does
            # not.
            found = WORD
        else:
            found = NOT_WORD
        self[char] = found
        return found


KINDS: Final = _Kinds()
"""The kind of one character: `NOT_WORD`, `WORD` or `JOINED`; total, so never ask whether a character is in it."""


def stands_alone(text: str, start: int, end: int, edge: Edge = Edge.WORD) -> bool:
    """Tell whether `text[start:end]` of a folded text is a whole term, and no part of a longer one.

    >>> stands_alone("my teslas", 3, 8), stands_alone("特斯拉汽车", 0, 3)
    (False, True)
    """
    before = KINDS[text[start - 1]] if start else NOT_WORD
    after = KINDS[text[end]] if end < len(text) else NOT_WORD
    if edge is Edge.WORD and text[start] != "#":
        return not (before == WORD == KINDS[text[start]]) and not (after == WORD == KINDS[text[end - 1]])
    if edge is Edge.MENTION:
        return before != WORD != after and not _handle_goes_on(text, end)
    # A tag runs to the last word character, whatever its script; a cashtag is Latin and ends where that does.
    return before != WORD and (after != WORD if edge is Edge.CASHTAG else after == NOT_WORD)


def problem(text: object) -> str | None:
    """What keeps a term from being found in any text, or None where nothing does."""
    if not isinstance(text, str):
        return "which is not a text; put it in quotes"
    folded = fold(text)
    if "\ufffd" in folded:
        return "which is damaged text; type it again"
    if not any(unicodedata.category(char)[0] in "LNS" for char in folded):
        return "which has no letter, digit or sign; take it out"
    return None


def _handle_goes_on(text: str, end: int) -> bool:
    """Bluesky's and the fediverse's handles go on after a dot or an `@`; a sentence's dot has no letter after it."""
    return end + 1 < len(text) and text[end] in ".@" and KINDS[text[end + 1]] == WORD
