"""What to listen for: a `Topic` names the words, and a `Matcher` finds the topics of a text."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ahocorasick_rs import AhoCorasick

from voxpop.errors import Terminal

_RULES: Final = "1"
"""Version of the matching rules, part of every digest. Raise it with every change that alters a match."""

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_LONGEST_SLUG: Final = 64
# NFKC would spell the trade mark signs out, and "Tesla™" would read "teslatm".
_TRADE_MARK: Final = re.compile("[\u2120\u2122]")
_INVISIBLE: Final = re.compile("[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")
# Scripts written without spaces (Thai to Khmer, Han, kana) or with particles joined to the word (Hangul).
_UNSPACED: Final = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF)),
    *((0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)
_NOT_WORD, _WORD, _JOINED = range(3)


@dataclass(frozen=True)
class Topic:
    """What to listen for; a post is on the topic when any of its terms occurs in the text.

    Case, width (`ＧＴＡ６`) and invisible characters do not matter. The trap: a hashtag listed here does not match the
    plain word, while a keyword does match its hashtag.

    Attributes:
        name: slug of lower-case letters, digits and hyphens, at most 64 characters; the key everywhere.
        title: what people see.
        keywords: whole words without white space: "tesla" is in "Tesla's" and "#tesla", not in "teslas". Chinese,
            Japanese, Korean and Thai need no space around a word; emoji and signs ("$tsla") match anywhere.
        phrases: whole words in sequence, any white space between.
        hashtags: whole tags, with or without the `#`.

    Raises:
        Terminal: the topic cannot be matched as it is written; names the topic and the fix.
    """

    name: str
    title: str
    keywords: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or len(self.name) > _LONGEST_SLUG or not _SLUG.match(self.name):
            raise Terminal(
                f"Topic name {self.name!r} is not a slug; use lower-case letters, digits and single hyphens, "
                f"at most {_LONGEST_SLUG} characters, like 'pixel-fold'."
            )
        if not isinstance(self.title, str) or not self.title.strip():
            raise Terminal(f"Topic {self.name!r} has no title; give the name people should see.")
        for kind in ("keywords", "phrases", "hashtags"):
            object.__setattr__(self, kind, self._checked(kind))
        if not self.keywords + self.phrases + self.hashtags:
            raise Terminal(f"Topic {self.name!r} has nothing to match; add a keyword, a phrase or a hashtag.")

    def _checked(self, kind: str) -> tuple[str, ...]:
        given = getattr(self, kind)
        if not isinstance(given, (list, tuple, set, frozenset)):
            raise Terminal(f"Topic {self.name!r}: {kind} is {given!r}; write a list of texts.")
        terms = tuple(sorted(given, key=str)) if isinstance(given, (set, frozenset)) else tuple(given)
        for term in terms:
            if problem := _problem(kind, term):
                raise Terminal(f"Topic {self.name!r}: {kind} has {term!r}, {problem}.")
        return terms

    def _patterns(self) -> set[str]:
        tags = {"#" + fold(tag).removeprefix("#") for tag in self.hashtags}
        return {fold(term) for term in self.keywords + self.phrases} | tags


def fold(text: str) -> str:
    r"""Return the form in which texts and terms are compared: NFKC, case-folded, on one line.

    Invisible characters go and white space collapses to single spaces. Total on any `str`, lone surrogates included;
    positions in the answer are not positions in `text`.

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


class Matcher:
    r"""Finds the topics of texts, all terms of all topics in one pass over each text (Aho and Corasick 1975).

    Linear in the length of the text plus the number of hits. Immutable and safe to share between threads.

    >>> matcher = Matcher([Topic("gta6", "GTA 6", keywords=("gta6",), phrases=("gta vi",))])
    >>> matcher.match(["GTA\nVI soon", "#GTA6!", "notgta6x", None])
    [['gta6'], ['gta6'], [], []]

    Attributes:
        topics: as given.
        digest: 16 hexadecimal digits that stand for what is matched: names and terms as they are compared. The order
            of topics and terms, spelling that folds away and titles do not change it.

    Raises:
        Terminal: two topics have one name.
    """

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.topics: tuple[Topic, ...] = tuple(topics)
        names = sorted(topic.name for topic in self.topics)
        for name, following in zip(names, names[1:], strict=False):
            if name == following:
                raise Terminal(f"Two topics have the name {name!r}; rename one or join their terms.")
        owners: dict[str, list[str]] = {}
        for topic in self.topics:
            for pattern in topic._patterns():
                owners.setdefault(pattern, []).append(topic.name)
        self._owners = list(owners.values())
        self._search = AhoCorasick(list(owners)).find_matches_as_indexes
        self.digest: str = _digest(self.topics)

    def __reduce__(self) -> tuple[type[Matcher], tuple[tuple[Topic, ...]]]:
        return Matcher, (self.topics,)

    def match(self, texts: Sequence[str | None]) -> list[list[str]]:
        """Answer the sorted names of the topics of each text, [] for None; one list per text, in order."""
        return [[] if text is None else self._names(fold(text)) for text in texts]

    def _names(self, text: str) -> list[str]:
        hits = self._search(text, overlapping=True)
        if not hits:
            return []
        found: set[str] = set()
        for pattern, start, end in hits:
            owners = self._owners[pattern]
            if not found.issuperset(owners) and _stands_alone(text, start, end):
                found.update(owners)
        return sorted(found)


def _problem(kind: str, term: object) -> str | None:
    if not isinstance(term, str):
        return "which is not a text; put it in quotes"
    folded = fold(term)
    if "\ufffd" in folded:
        return "which is damaged text; type it again"
    if kind == "hashtags":
        tag = folded.removeprefix("#")
        return None if tag and all(map(_kind, tag)) else "which no hashtag can be; use letters, digits and underscores"
    if not any(unicodedata.category(char)[0] in "LNS" for char in folded):
        return "which has no letter, digit or sign; take it out"
    if kind == "keywords" and " " in folded:
        return "which is more than one word; move it to phrases"
    if kind == "keywords" and folded.startswith("#"):
        return "which is a hashtag; move it to hashtags"
    return None


@lru_cache(maxsize=65536)
def _kind(char: str) -> int:
    if any(first <= ord(char) <= last for first, last in _UNSPACED):
        return _JOINED
    # Vowel signs of Indic scripts are marks and belong to the word; the enclosing mark of a keycap emoji does not.
    return _WORD if char == "_" or char.isalnum() or unicodedata.category(char) in ("Mn", "Mc") else _NOT_WORD


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = _kind(text[start - 1]) if start else _NOT_WORD
    after = _kind(text[end]) if end < len(text) else _NOT_WORD
    if text[start] == "#":
        # A tag runs to the last word character, whatever its script.
        return before != _WORD and after == _NOT_WORD
    return not (before == _WORD == _kind(text[start])) and not (after == _WORD == _kind(text[end - 1]))


def _digest(topics: Iterable[Topic]) -> str:
    definitions = sorted((topic.name, sorted(topic._patterns())) for topic in topics)
    return hashlib.blake2b(json.dumps([_RULES, definitions]).encode(), digest_size=8).hexdigest()


PRESETS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        Topic(
            "gta6",
            "GTA 6",
            keywords=("gta6", "gta-6", "gtavi", "gta-vi", "grandtheftauto6", "grandtheftautovi"),
            phrases=("gta 6", "gta vi", "gta six", "grand theft auto 6", "grand theft auto vi", "grand theft auto six"),
            hashtags=("gta6trailer", "gtavitrailer", "gta6leak", "gta6leaks"),
        ),
        Topic(
            "tesla",
            "Tesla",
            keywords=("tesla", "teslas", "tsla", "cybertruck", "cybertrucks", "テスラ", "特斯拉", "테슬라"),
            phrases=("model 3", "model y"),
            hashtags=("teslamotors", "model3", "modely", "teslamodel3", "teslamodely"),
        ),
        Topic(
            "pixel-fold",
            "Pixel Fold",
            keywords=("pixelfold", "pixel-fold", "pixel9profold", "pixel10profold"),
            phrases=("pixel fold", "pixel 9 fold", "pixel 9 pro fold", "pixel 10 fold", "pixel 10 pro fold"),
            hashtags=("googlepixelfold",),
        ),
    )
}
"""Topics ready to use, by name. They favour recall: "model 3" and the name of Nikola Tesla are on topic."""
