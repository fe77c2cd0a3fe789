"""What a scorer sees of a post: `prepare` turns raw text into the form the model was trained on."""

import html
import html.entities
import re
import unicodedata
from typing import Final

PREPARATION: Final = "1"
"""Version of `prepare`. Raise it with every change that alters an output: it is part of every `model_id`."""

_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30})\Z")
_LONGEST_ENTITY: Final = 32
# Controls that are not white space, zero-width spaces, direction marks: invisible, and they split words apart.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
# Combining marks count as part of a link or handle: a mark left behind would compose with the `p` of `http`.
_URL: Final = re.compile(r"(?:https?://|\bwww\.)[!-~\u0300-\u036f]+", re.IGNORECASE)
_HANDLE: Final = r"[\w\u0300-\u036f]+(?:\.[a-z0-9]+(?:-[a-z0-9]+)*(?![\w\u0300-\u036f-]))*"
_MENTION: Final = re.compile(rf"(?<![\w@])@{_HANDLE}(?:@{_HANDLE})*")
_REPOST: Final = re.compile(r"(?:RT @user ?: ?)+")
_PLACEHOLDERS: Final = frozenset({"@user", "http"})


def prepare(text: str) -> str:
    r"""Return the form of `text` that the model reads: on one line, in NFC, people and links replaced.

    HTML entities are decoded, mentions become `@user` and links `http` (TweetEval's convention: Barbieri et al. 2020),
    a leading `RT @name:` goes, invisible characters go, white space collapses. Total on any `str`, lone surrogates
    included, idempotent, and linear in the length of the text. It forgets who was mentioned: never show its output.

    >>> prepare("RT @ana: Tom &amp; I  love this \u2764 https://t.co/xyz cc @bob@mas.to")
    'Tom & I love this ❤ http cc @user'
    """
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    if "&" in text:
        text = unicodedata.normalize("NFC", _unescape(text))
    text = " ".join(text.split())
    text = _MENTION.sub("@user", _URL.sub("http", text))
    repost = _REPOST.match(text)
    return text[repost.end() :] if repost else text


def is_blank(prepared: str) -> bool:
    """Tell whether a prepared text holds nothing to score: no word, sign or emoji beside mentions and links.

    >>> is_blank(prepare("@ana https://t.co/xyz")), is_blank(prepare(":)"))
    (True, False)
    """
    return all(word in _PLACEHOLDERS for word in prepared.split())


def _unescape(text: str) -> str:
    # An entity can decode to a piece of another (`&amp;lt;`), and decoding to a fixed point pass by pass takes
    # quadratic time on `&amp;amp;amp;…`. One pass that looks back from each `;` reaches the same fixed point.
    head, *rest = text.split(";")
    kept = list(head)
    for piece in rest:
        _close_entity(kept)
        kept.extend(piece)
    return "".join(kept)


def _close_entity(kept: list[str]) -> None:
    pending = [";"]
    while pending:
        char = pending.pop()
        if char == ";" and (found := _last_entity(kept)):
            name, decoded = found
            del kept[len(kept) - len(name) :]
            pending.extend(reversed(decoded))
        else:
            kept.append(char)


def _last_entity(kept: list[str]) -> tuple[str, str] | None:
    tail = "".join(kept[-_LONGEST_ENTITY:])
    match = _ENTITY.match(tail, tail.rfind("&")) if "&" in tail else None
    if match is None:
        return None
    entity = match[0]
    numeric = entity.startswith("&#")
    decoded = html.unescape(entity + ";") if numeric else html.entities.html5.get(entity[1:] + ";")
    return None if decoded is None else (entity, unicodedata.normalize("NFC", _INVISIBLE.sub("", decoded)))
