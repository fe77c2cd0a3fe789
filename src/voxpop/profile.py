"""The country of a profile location, as people write them; offline, and silent where it is in doubt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain as joined
from typing import Final

from voxpop import cities, gazetteer
from voxpop.gazetteer import UNKNOWN, Reading
from voxpop.votes import agreed

LONGEST: Final = 200
"""Longer texts are not read."""
BY_CITY: Final = "a city that means one country"
"""`Read.why` where no country, state or flag says so."""
_LONGEST_CODE: Final = 5
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}|\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
_DASH: Final = re.compile(r"\s-+|-+\s")
_ZIP: Final = re.compile(r"\s\d{5}(?:-\d{4})?$")
_DOTS: Final = re.compile(r"\.\.+")
_CONJUNCTIONS: Final = frozenset("and or to via y e et und now".split())
# Before the name of a country these make a sentence, a title or an origin rather than an address.
_PROSE: Final = frozenset(
    """a air against almost american any anywhere at bank behind between bless born but by dreaming everywhere ex
    expat fan follow for former formerly free from fuck god hate her hey his hotel i im is it leaving left like little
    looking love loves loving made make miss mr mrs my near never new no not off only our out outside over planet
    save she somewhere stop support team than that their they this university visit was we with without you
    your""".split()
)
_SENTENCE: Final = _PROSE - {"little", "new"}
_PREFIXES: Final = frozenset(
    "beautiful central downtown east eastern greater in midtown north northern south southern sunny the upstate uptown "
    "west western".split()
)
# State codes that are words somewhere: only in capitals, or after a city that is known.
_WORDS: Final = frozenset("al co de hi id in la ma me mo oh ok on or pa".split())
# State codes that in capitals mean nothing else: neither a country's code nor a word, another city or a comic.
_ALONE: Final = frozenset("fl nj ny tx".split())


@dataclass(frozen=True)
class Read:
    """What was read: the country or None, why, and the readings in chains from the small to the large."""

    country: str | None
    why: str
    chains: tuple[tuple[Reading, ...], ...] = ()


def read(text: str | None) -> Read:
    """Read the country off a free-text location, as ISO 3166-1 alpha-2; None when in any doubt.

    Reads flags, names of countries, states and provinces, "City, ST", and cities that mean one place. Different
    countries in one text, a name that could be two ("Georgia"), and a two-letter code alone give None (but not NY, NJ,
    TX and FL in capitals): a wrong country is worse than none. Total on any `str`, linear in its length; texts over
    200 characters are not read. What it does not know is that "Paris" can be a joke.

    >>> [read(text).country for text in ("Austin, TX", "London, ON", "🇧🇷", "日本", "Georgia", "Earth", "UK/Spain")]
    ['US', 'CA', 'BR', 'JP', None, None, None]
    """
    if not text or not text.strip():
        return Read(None, "no text")
    return _resolve(text) if len(text) <= LONGEST else Read(None, f"longer than {LONGEST} characters")


@dataclass(frozen=True)
class _Word:
    raw: str
    plain: str


def _resolve(text: str) -> Read:
    flags = {_flag(match[0]) for match in _FLAG.finditer(text)} & gazetteer.countries()
    chains = tuple(tuple(chain) for chain in _chains(_FLAG.sub("|", text)))
    meant = [agreed(chain) for chain in chains]
    hints = [reading.every for chain in chains for reading in chain if reading.kind == "hint"]
    meant += [frozenset({flag}) for flag in flags]
    certain = {next(iter(countries)) for countries in meant if countries is not None and len(countries) == 1}
    if len(certain) > 1:
        return Read(None, "names more than one country")
    if not certain:
        return Read(
            None, "could be in more than one country" if _in_doubt(meant, chains) else "no name that says where"
        )
    # What could be in a few countries must allow the answer; what has no reading is no objection.
    country = certain.pop()
    if not all(countries is None or country in countries for countries in meant + hints):
        return Read(None, "contradicts itself")
    return Read(country, "a flag" if flags else _why(chains, country), chains)


def _in_doubt(meant: list[frozenset[str] | None], chains: tuple[tuple[Reading, ...], ...]) -> bool:
    return any(countries is not None for countries in meant) or any(len(known.every) > 1 for known in joined(*chains))


def _why(chains: tuple[tuple[Reading, ...], ...], country: str) -> str:
    kinds = {reading.kind for reading in joined(*chains) if country in reading.every}
    if "country" in kinds:
        return "the name of a country"
    return "a state or province" if kinds & {"region", "code"} else BY_CITY


def _flag(flag: str) -> str:
    base = 0x1F1E6 if flag[0] != "\U0001f3f4" else 0xE0061
    return "".join(chr(ord(sign) - base + ord("A")) for sign in flag.lstrip("\U0001f3f4")[:2])


@lru_cache(maxsize=4096)
def _sign(char: str) -> str:
    if char in ".'’ʻ`-":
        return char
    if char in "‐‑‒–—―−":
        return " - "
    if char in ",،、，":
        return ","
    if char in "&+":
        return " and "
    if char in "#_" or char.isspace():
        return " "
    return char if unicodedata.category(char)[0] in "LMN" else "|"


def _chains(text: str) -> Iterator[list[Reading]]:
    """Cut a text into chains of readings, each from the small to the large, as in "town, state, country"."""
    text = "".join(map(_sign, unicodedata.normalize("NFKC", _DOTS.sub("|", text))))
    for segment in text.split("|"):
        chain: list[Reading] = []
        for before, part in _parts(segment):
            if before == "or":
                yield chain
                chain = []
            chain += _read(part, before, chain)
        yield chain


def _parts(segment: str) -> Iterator[tuple[str, list[_Word]]]:
    before = ""
    for comma_part in segment.split(","):
        for part in _DASH.split(comma_part):
            words = _words(_ZIP.sub("", part.rstrip()))
            if not words:
                continue
            for piece in [words] if _whole(words) else _pieces(words):
                yield before, piece
                before = "or"
            before = "-"
        before = ","


def _words(part: str) -> list[_Word]:
    pairs = ((raw.replace(".", ""), gazetteer.plain(raw)) for raw in part.replace("-", " ").split())
    return [_Word(raw, plain) for raw, plain in pairs if plain]


def _pieces(words: list[_Word]) -> Iterator[list[_Word]]:
    piece: list[_Word] = []
    for word in words:
        # In capitals "OR" and the like may be a state.
        if word.plain in _CONJUNCTIONS and not (word.raw.isupper() and word.plain in gazetteer.names()):
            if piece:
                yield piece
            piece = []
        else:
            piece.append(word)
    if piece:
        yield piece


def _key(words: list[_Word]) -> str:
    return " ".join(word.plain for word in words)


def _name(words: list[_Word]) -> Reading | None:
    reading = gazetteer.names().get(_key(words))
    if reading is None or reading.kind == "code" or reading.kind == "town":
        return None
    return None if words[-1].plain == "us" and words[-1].raw != "US" else reading


def _whole(words: list[_Word]) -> Reading | None:
    """The reading of words that stand alone: there a city of GeoNames counts, too, which among others may be a word."""
    known = gazetteer.names().get(_key(words))
    found = None if known else cities.reading(_key(words))
    return found if found and found.kind == "city" else _name(words)


def _read(words: list[_Word], before: str, chain: list[Reading]) -> list[Reading]:
    if reading := _whole(words):
        return [reading]
    if len(words) == 1 and words[0].plain in _ALONE and words[0].raw.isupper():
        return [gazetteer.names()[words[0].plain]]
    code = gazetteer.names().get(words[0].plain) if len(words) == 1 and before in (",", "-") else None
    if code and code.kind == "code":
        head = chain[-1] if chain else UNKNOWN
        return [code if _is_code(words[0], head, before) else UNKNOWN]
    return _cover(words) or [*_hints(words), *(_suffix(words) or [_town(words)])]


def _hints(words: list[_Word]) -> Iterator[Reading]:
    # A city or country among words that are not read says little, and yet may contradict: "far from Paris, Tokyo".
    for word in words[:-1] if _suffix(words) else words:
        reading = _name([word])
        if reading and reading.kind in ("city", "country") and len(reading.first) == 1:
            yield Reading("hint", every=reading.every)


def _town(words: list[_Word]) -> Reading:
    reading = gazetteer.names().get(_key(words))
    if reading:
        return reading if reading.kind == "town" else Reading("name", name=reading.name)
    if len(words) <= 4 and all(word.plain.isalpha() and word.plain not in _SENTENCE for word in words):
        found = cities.reading(_key(words))
        return Reading("name", found.every, found.every, found.name) if found else Reading("name")
    return UNKNOWN


def _is_code(word: _Word, head: Reading, before: str) -> bool:
    if not word.raw.isascii() or len(word.raw) > _LONGEST_CODE:
        return False
    if head.kind in ("city", "region", "country", "town", "code"):
        return True
    # Unread as a name, the head could be the end of a sentence: "catch me, ok". A dash is how Brazil writes states.
    first = gazetteer.names()[word.plain].first
    written = word.raw.isupper() or word.plain not in _WORDS or bool(first & head.every)
    brazilian = first == {"BR"}
    return head.kind == "name" and written and (before != "-" or brazilian)


def _cover(words: list[_Word]) -> list[Reading]:
    """Read all the words as names that follow each other; [] when one is left over."""
    readings: list[Reading] = []
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + 5), start, -1):
            reading = _name(words[start:end]) or (_last_code(words, start, end) if readings else None)
            if reading:
                readings.append(reading)
                start = end
                break
        else:
            return []
    return readings


def _last_code(words: list[_Word], start: int, end: int) -> Reading | None:
    code = gazetteer.names().get(words[start].plain)
    fits = end == start + 1 == len(words) and code is not None and code.kind == "code" and words[start].raw.isascii()
    return code if fits else None


def _suffix(words: list[_Word]) -> list[Reading]:
    """Read the country or state that ends the words, when what comes before it can be the name of a place."""
    for start in range(max(1, len(words) - 5), len(words)):
        head, tail = words[:start], words[start:]
        reading = _name(tail)
        if reading and all(word.plain in _PREFIXES for word in head):
            return [reading]
        if reading and reading.kind != "city" and _is_address(head):
            return [Reading("unknown", name=_key(head)), reading]
    code = gazetteer.names().get(words[-1].plain)
    if code is None or code.kind != "code" or len(words) == 1:
        return []
    shouted = all(word.raw.isupper() for word in words) and words[-1].plain in _WORDS
    town = _town(words[:-1])
    capitals = words[-1].raw.isupper() and not shouted and not any(word.plain in ("in", "the") for word in words[:-1])
    return [town, code] if town.kind == "town" or (town.kind == "name" and capitals) else []


def _is_address(head: list[_Word]) -> bool:
    if len(head) >= 2 and [head[0].plain, head[1].plain] == ["somewhere", "in"]:
        head = head[2:]
    ended = not head or head[-1].plain not in ("de", "del", "la")
    return ended and len(head) <= 4 and all(word.plain not in _PROSE for word in head)
