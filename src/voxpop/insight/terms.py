"""What posts are made of: words and emoji, pairs of words, hashtags and the hosts of links, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from voxpop.metrics import Ints

# What a repost on X begins with is no word of who reposts, and what it cuts off at the end is half a word.
_REPOST: Final = r"^(?:RT @\w{1,50}:? ?)+"
_CUT: Final = r"\S*…$"
_ENTITY: Final = r"&(?:amp|lt|gt|quot|nbsp|#39|#x27);"
_LINK: Final = r"(?:https?://|\bwww\.)\S*"
_HOST: Final = r"(?:https?://|\bwww\.)(?:www\.)?(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)"
_MENTION: Final = r"@[\w.@-]+"
_INVISIBLE: Final = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]"
_FLAG: Final = "[\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
_EMOJI: Final = r"(\p{So})"
_NOT_WORD: Final = r"[^\p{L}\p{M}\p{N}\p{So}_#']+|'(?:\s|$)|(?:^|\s)'"
# Scripts that write no spaces: a pair of characters stands for a word there.
_UNSPACED: Final = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+", regex.VERSION1
)
_UNSPACED_ARROW: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"

WRAPPERS: Final = frozenset({"t.co", "bit.ly", "buff.ly", "dlvr.it", "ow.ly", "tinyurl.com"})
"""Hosts that stand for any other, and so tell nothing."""


@dataclass(frozen=True)
class Things:
    """Which rows have which things; a row may have one several times.

    Attributes:
        rows: the places of the rows, ascending.
        codes: for each of `rows`, the place of a thing in `names`.
        names: the things.
    """

    rows: Ints
    codes: Ints
    names: list[str]


def values_of(column: pa.ChunkedArray) -> Things:
    """The values of a column as things, those that are null or "" left out."""
    encoded = _whole(column).dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    names = [str(name) for name in encoded.dictionary.to_pylist()]
    empty = {place for place, name in enumerate(names) if not name} | {-1}
    rows = np.flatnonzero(~np.isin(codes, list(empty)))
    return Things(rows, codes[rows], names)


def words_of(texts: pa.ChunkedArray, least: int = 1) -> dict[str, Things]:
    """The `word`s, `hashtag`s and `host`s of texts; a word is a word, an emoji, or two words in a row.

    Case and width of letters do not count, mentions and links are no words, and neither are the ends that a repost on X
    cuts off. Between the two words of a pair there is nothing but spaces or signs. What occurs less than `least` times
    may be left out. Total on any text, and the time is linear in their length: what is done to pieces of text is done
    to each distinct one once.

    >>> found = words_of(pa.chunked_array([["RT @ana: The ferry's late 😡 #Ferry https://www.example.org/x"]]))
    >>> found["word"].names, found["hashtag"].names, found["host"].names
    (['the', "ferry's", 'late', '😡', "the ferry's", "ferry's late", 'late 😡'], ['#ferry'], ['example.org'])
    """
    texts = pc.replace_substring_regex(pc.fill_null(texts, ""), _REPOST, "")
    pieces = pc.utf8_split_whitespace(_whole(pc.replace_substring_regex(texts, _CUT, "")))
    rows = pc.list_parent_indices(pieces).to_numpy(zero_copy_only=False).astype(np.int64)
    encoded = pc.list_flatten(pieces).dictionary_encode()
    at = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    folded = _folded(encoded.dictionary)
    tokens = _expanded(rows, at, pc.utf8_split_whitespace(_bare(folded)))
    is_tag = np.array([name.startswith("#") for name in tokens.names], dtype=bool)
    # Splitting at white space leaves "" where a text begins or ends with it.
    blank = np.array([name in ("", "#") for name in tokens.names], dtype=bool)
    words, tags = _kept(tokens, ~is_tag & ~blank), _kept(tokens, is_tag & ~blank)
    things = {"word": _joined(_often(words, least), _pairs(words, least)), "hashtag": tags}
    return {**things, "host": _hosts(rows, at, folded)}


def _folded(pieces: pa.Array) -> pa.Array:
    decoded = pc.replace_substring_regex(pieces, _ENTITY, " ")
    cleaned = pc.replace_substring_regex(decoded, _INVISIBLE, "")
    return pc.replace_substring(pc.utf8_lower(pc.utf8_normalize(cleaned, "NFKC")), "’", "'")


def _bare(folded: pa.Array) -> pa.Array:
    """Folded pieces of text with spaces between their words, and without anything else."""
    bare = pc.replace_substring_regex(folded, _LINK, " ")
    bare = pc.replace_substring_regex(bare, _MENTION, " ")
    bare = pc.replace_substring_regex(pc.replace_substring_regex(bare, _FLAG, ""), _NOT_WORD, " ")
    bare = pc.replace_substring_regex(pc.replace_substring(bare, "#", " #"), _EMOJI, r" \1 ")
    unspaced = pc.match_substring_regex(bare, _UNSPACED_ARROW)
    if not pc.any(unspaced).as_py():
        return bare
    split = [_UNSPACED.sub(_characters, text) for text in bare.filter(unspaced).to_pylist()]
    return pc.replace_with_mask(bare, unspaced, pa.array(split, pa.string()))


def _characters(found: regex.Match[str]) -> str:
    run = found[0]
    pairs = " ".join(run[place : place + 2] for place in range(max(1, len(run) - 1)))
    return f"{pairs} " if found.start() and found.string[found.start() - 1] == "#" else f" {pairs} "


def _expanded(rows: Ints, at: Ints, lists: pa.Array) -> Things:
    """The elements of the list of each occurrence, in order."""
    encoded = pc.list_flatten(lists).dictionary_encode()
    flat = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    offsets = lists.offsets.to_numpy().astype(np.int64) - lists.offsets[0].as_py()
    sizes = np.diff(offsets)[at]
    ends = np.cumsum(sizes)
    inner = np.arange(ends[-1] if ends.size else 0) - np.repeat(ends - sizes, sizes)
    return Things(np.repeat(rows, sizes), flat[np.repeat(offsets[at], sizes) + inner], encoded.dictionary.to_pylist())


def _kept(things: Things, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Things:
    """Those of the things that are wanted, numbered anew."""
    numbers = np.cumsum(wanted) - 1
    mask = wanted[things.codes] if things.codes.size else np.zeros(0, dtype=bool)
    names = [name for name, kept in zip(things.names, wanted, strict=True) if kept]
    return Things(things.rows[mask], numbers[things.codes[mask]], names)


def _often(things: Things, least: int) -> Things:
    """The things that occur so often; what is rare is most of them, and need not be carried on."""
    return _kept(things, np.bincount(things.codes, minlength=len(things.names)) >= least)


def _pairs(words: Things, least: int) -> Things:
    """The pairs of neighbours among words, of which those that are rare in themselves make none."""
    often = np.bincount(words.codes, minlength=len(words.names)) >= least
    together = (words.rows[1:] == words.rows[:-1]) & often[words.codes[1:]] & often[words.codes[:-1]]
    size = max(1, len(words.names))
    both = pa.array(words.codes[:-1][together] * size + words.codes[1:][together]).dictionary_encode()
    numbers = both.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    found = both.dictionary.to_numpy()
    kept = np.bincount(numbers, minlength=found.size) >= least
    first, second = np.divmod(found[kept], size)
    names = [f"{words.names[one]} {words.names[two]}" for one, two in zip(first, second, strict=True)]
    mask = kept[numbers]
    return Things(words.rows[1:][together][mask], (np.cumsum(kept) - 1)[numbers[mask]], names)


def _joined(one: Things, other: Things) -> Things:
    order = np.argsort(np.concatenate([one.rows, other.rows]), kind="stable")
    codes = np.concatenate([one.codes, other.codes + len(one.names)])
    return Things(np.concatenate([one.rows, other.rows])[order], codes[order], one.names + other.names)


def _hosts(rows: Ints, at: Ints, folded: pa.Array) -> Things:
    linked = pc.match_substring_regex(folded, _LINK).to_numpy(zero_copy_only=False)
    found = pc.struct_field(pc.extract_regex(folded, _HOST), [0])
    hosts = [
        None if host in WRAPPERS or not seen else host for host, seen in zip(found.to_pylist(), linked, strict=True)
    ]
    things = values_of(pa.chunked_array([pa.array(hosts, pa.string()).take(pa.array(at))]))
    return Things(rows[things.rows], things.codes, things.names)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
