"""Emoji as words, for models whose vocabulary holds none: to such a model hearts and an angry face are one sign."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

SPELLING: Final = "1"
"""Version of `spelled`. Raise it with every change that alters an output: it is part of a `model_id`."""

_MOST_REPEATS: Final = 2
_JOINER: Final = "\u200d"
# What only varies the emoji before it: its colour of skin, its presentation, the sex that a joined sign gives it.
_VARIATION: Final = "[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\u20e3]*(?:\u200d[\u2640\u2642]\ufe0f?)?"
_FLAG: Final = "[\U0001f1e6-\U0001f1ff]{2}"


def spelled(text: str) -> str:
    r"""Return `text` with its emoji as English words, each once or, where it is repeated, twice.

    The words are the emoji's Unicode name, shortened, so that they say what people mean by it. Colours of skin and sex
    are left out, flags are all `flag`. Signs that the table does not know stay. Idempotent, linear, total on any `str`;
    text without emoji comes back as it was. Use it on prepared text.

    >>> spelled("so good \U0001f602\U0001f602\U0001f602\U0001f602 \U0001f621")
    'so good tears of joy tears of joy angry'
    """
    pattern, words, begins = _known()
    # The pattern tries its signs one after the other at each character, which took a seventh of scoring.
    if begins.isdisjoint(text) or not pattern.search(text):
        return text
    return " ".join(pattern.sub(lambda found: _words(found, words), text).replace(_JOINER, " ").split())


def _words(found: re.Match[str], words: dict[str, str]) -> str:
    sign = found["sign"]
    name = words.get(sign, "flag")
    repeats = min(_MOST_REPEATS, found[0].count(sign))
    return f" {' '.join([name] * repeats)} "


@lru_cache(maxsize=1)
def _known() -> tuple[re.Pattern[str], dict[str, str], frozenset[str]]:
    """What finds emoji, the words of each, and the characters with which one can begin."""
    lines = (files("voxpop") / "emoji.tsv").read_text(encoding="utf-8").splitlines()
    words = dict(line.split("\t") for line in lines)
    signs = "".join(map(re.escape, words))
    # A run of one sign is one match, so that its repeats are counted in one place.
    pattern = re.compile(f"(?P<sign>[{signs}]|{_FLAG}){_VARIATION}(?:\\s*(?P=sign){_VARIATION})*")
    return pattern, words, frozenset(words) | frozenset(map(chr, range(0x1F1E6, 0x1F200)))
