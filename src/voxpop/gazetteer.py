"""The gazetteer: names of countries, states and large cities, and what each can mean."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

PLACES: Final = "3"
"""Version of what a place becomes: part of every `model_id`, so that a change of rule or name is applied to history."""

_LETTERS: Final = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d"} | dict.fromkeys(".'’ʻ`")
)


@dataclass(frozen=True)
class Reading:
    """What one name can mean: `first` without context, `every` when a state or a country beside it decides.

    `name` is the name as `plain` gives it, "" where it is no known one.
    """

    kind: str
    first: frozenset[str] = frozenset()
    every: frozenset[str] = frozenset()
    name: str = ""


UNKNOWN: Final = Reading("unknown")


@lru_cache(maxsize=16384)
def plain(text: str) -> str:
    """A name as it is compared: no case, no accents, no punctuation inside words."""
    if text.isascii():
        return " ".join(text.lower().translate(_LETTERS).replace("-", " ").split())
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    text = "".join(char for char in text if unicodedata.category(char) != "Mn")
    return " ".join(unicodedata.normalize("NFC", text).translate(_LETTERS).replace("-", " ").split())


@cache
def names() -> dict[str, Reading]:
    """Every name, as `plain` gives it, and its readings."""
    kinds: dict[str, str] = {}
    first: dict[str, set[str]] = {}
    every: dict[str, set[str]] = {}
    for line in files("voxpop").joinpath("gazetteer.tsv").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        kind, country, known = line.split("\t")
        for name in map(plain, known.split("|")):
            every.setdefault(name, set()).add(country)
            if kind != "also":
                kinds.setdefault(name, kind)
                first.setdefault(name, set()).add(country)
    return {
        name: Reading(kinds.get(name, "city"), frozenset(first.get(name, ())), frozenset(every[name]), name)
        for name in every
    }


@cache
def countries() -> frozenset[str]:
    """Every country the gazetteer knows, ISO 3166-1 alpha-2 (and XK for Kosovo)."""
    lines = files("voxpop").joinpath("gazetteer.tsv").read_text("utf-8").splitlines()
    return frozenset(line.split("\t")[1] for line in lines if line.startswith("country\t"))
