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
# A piece of text in which none of what is taken out or told apart can be; most pieces are such.
_ODD: Final = r"(?i)[^\x00-\x7f]|[&@]|://|www\."
_UNSPACED_ARROW: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"

WRAPPERS: Final = frozenset({"t.co", "bit.ly", "buff.ly", "dlvr.it", "ow.ly", "tinyurl.com"})
"""Hosts that stand for any other, and so tell nothing."""


@dataclass(frozen=True)
class Things:
    """Which rows have which things; a row may have one several times.

    Attributes:
        rows: the places of the rows, ascending.
        codes: for each of `rows`, the place of a thing in `names`.
        names: the things, an array of text.
    """

    rows: Ints
    codes: Ints
    names: pa.Array

    def at(self, places: Ints, size: int) -> Things:
        """The things of those of `size` rows that are at `places`, in the order of `places`, each of which differs."""
        new = np.full(size, -1, dtype=np.int64)
        new[places] = np.arange(places.size)
        rows = new[self.rows]
        mask = rows >= 0
        order = ordered(rows[mask])
        return Things(rows[mask][order], self.codes[mask][order], self.names)


def ordered(keys: Ints) -> Ints:
    """The places of keys, none of which is negative, by key and then by place.

    >>> ordered(np.array([2, 0, 2, 1])).tolist()
    [1, 3, 0, 2]
    """
    bits = int(keys.size).bit_length()
    if not keys.size or int(keys.max()).bit_length() + bits > 63:
        return np.argsort(keys, kind="stable")
    # Numbers themselves are sorted several times as fast as their places.
    return np.asarray(np.sort((keys << bits) | np.arange(keys.size)) & ((1 << bits) - 1))


def values_of(column: pa.ChunkedArray) -> Things:
    """The values of a column as things, those that are null or "" left out."""
    encoded = _whole(column).dictionary_encode()
    names = encoded.dictionary
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    empty = pc.index(names, "").as_py()
    rows = np.flatnonzero((codes >= 0) & (codes != empty)) if empty >= 0 else np.flatnonzero(codes >= 0)
    return Things(rows, codes[rows], names)


def words_of(texts: pa.ChunkedArray, least: int = 1) -> dict[str, Things]:
    """The `word`s, `hashtag`s and `host`s of texts; a word is a word, an emoji, or two words in a row.

    Case and width of letters do not count, mentions and links are no words, and neither are the ends that a repost on X
    cuts off. Between the two words of a pair there is nothing but spaces or signs. What occurs less than `least` times
    may be left out. Total on any text, and the time is linear in their length: what is done to pieces of text is done
    to each distinct one once.

    >>> found = words_of(pa.chunked_array([["RT @ana: The ferry's late 😡 #Ferry https://www.example.org/x"]]))
    >>> found["word"].names.to_pylist()
    ['the', "ferry's", 'late', '😡', "the ferry's", "ferry's late", 'late 😡']
    >>> found["hashtag"].names.to_pylist(), found["host"].names.to_pylist()
    (['#ferry'], ['example.org'])
    """
    pieces = pc.utf8_split_whitespace(_whole(_uncut(pc.fill_null(texts, ""))))
    rows = pc.list_parent_indices(pieces).to_numpy(zero_copy_only=False).astype(np.int64)
    encoded = pc.list_flatten(pieces).dictionary_encode()
    at = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    is_odd = pc.match_substring_regex(encoded.dictionary, _ODD)
    odd = _folded(encoded.dictionary.filter(is_odd))
    lowered = pc.utf8_lower(encoded.dictionary.filter(pc.invert(is_odd)))
    bare = _put_together(is_odd, _bare(odd), _words_apart(lowered))
    tokens = _expanded(rows, at, pc.utf8_split_whitespace(bare))
    is_tag = pc.starts_with(tokens.names, "#").to_numpy(zero_copy_only=False)
    # Splitting at white space leaves "" where a text begins or ends with it.
    blank = pc.is_in(tokens.names, value_set=pa.array(["", "#"])).to_numpy(zero_copy_only=False)
    words, tags = _kept(tokens, ~is_tag & ~blank), _kept(tokens, is_tag & ~blank)
    things = {"word": _joined(_often(words, least), _pairs(words, least)), "hashtag": tags}
    return {**things, "host": _hosts(rows, at, _hosts_of(is_odd, odd))}


def _uncut(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(pc.replace_substring_regex(texts, _REPOST, ""), _CUT, "")


def _folded(pieces: pa.Array) -> pa.Array:
    decoded = pc.replace_substring_regex(pieces, _ENTITY, " ")
    cleaned = pc.replace_substring_regex(decoded, _INVISIBLE, "")
    return pc.replace_substring(pc.utf8_lower(pc.utf8_normalize(cleaned, "NFKC")), "’", "'")


def _bare(folded: pa.Array) -> pa.Array:
    """Folded pieces of text with spaces between their words, and without anything else."""
    bare = pc.replace_substring_regex(folded, _LINK, " ")
    bare = pc.replace_substring_regex(bare, _MENTION, " ")
    bare = _words_apart(pc.replace_substring_regex(bare, _FLAG, ""))
    bare = pc.replace_substring_regex(bare, _EMOJI, r" \1 ")
    unspaced = pc.match_substring_regex(bare, _UNSPACED_ARROW)
    if not pc.any(unspaced).as_py():
        return bare
    split = [_UNSPACED.sub(_characters, text) for text in bare.filter(unspaced).to_pylist()]
    return pc.replace_with_mask(bare, unspaced, pa.array(split, pa.string()))


def _words_apart(pieces: pa.Array) -> pa.Array:
    return pc.replace_substring(pc.replace_substring_regex(pieces, _NOT_WORD, " "), "#", " #")


def _put_together(mask: pa.Array, where: pa.Array, elsewhere: pa.Array) -> pa.Array:
    both = pa.concat_arrays([where, elsewhere])
    first = mask.to_numpy(zero_copy_only=False)
    return both.take(pa.array(np.where(first, np.cumsum(first) - 1, len(where) + np.cumsum(~first) - 1)))


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
    return Things(np.repeat(rows, sizes), flat[np.repeat(offsets[at], sizes) + inner], encoded.dictionary)


def _kept(things: Things, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Things:
    """Those of the things that are wanted, numbered anew."""
    numbers = np.cumsum(wanted) - 1
    mask = wanted[things.codes] if things.codes.size else np.zeros(0, dtype=bool)
    return Things(things.rows[mask], numbers[things.codes[mask]], things.names.filter(pa.array(wanted)))


def _often(things: Things, least: int) -> Things:
    """The things that occur so often; what is rare is most of them, and need not be carried on."""
    return _kept(things, np.bincount(things.codes, minlength=len(things.names)) >= least)


def _pairs(words: Things, least: int) -> Things:
    """The pairs of neighbours among words, of which those that are rare in themselves make none."""
    often = np.bincount(words.codes, minlength=len(words.names)) >= least
    together = (words.rows[1:] == words.rows[:-1]) & often[words.codes[1:]] & often[words.codes[:-1]]
    size = max(1, len(words.names))
    keys, rows = words.codes[:-1][together] * size + words.codes[1:][together], words.rows[1:][together]
    order = ordered(keys)
    begins = np.flatnonzero(np.diff(keys[order], prepend=-1))
    counts = np.diff(np.append(begins, keys.size))
    # Pairs are numbered in the order of first appearance.
    kept = begins[counts >= least]
    kept = kept[np.argsort(order[kept])]
    numbers = np.full(keys.size, -1, dtype=np.int64)
    sizes = counts[np.searchsorted(begins, kept)]
    inner = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    numbers[order[np.repeat(kept, sizes) + inner]] = np.repeat(np.arange(kept.size), sizes)
    first, second = (words.names.take(pa.array(codes)) for codes in np.divmod(keys[order[kept]], size))
    mask = numbers >= 0
    return Things(rows[mask], numbers[mask], pc.binary_join_element_wise(first, second, " "))


def _joined(one: Things, other: Things) -> Things:
    rows = np.concatenate([one.rows, other.rows])
    order, codes = ordered(rows), np.concatenate([one.codes, other.codes + len(one.names)])
    return Things(rows[order], codes[order], pa.concat_arrays([one.names, other.names]))


def _hosts_of(is_odd: pa.Array, odd: pa.Array) -> pa.Array:
    """The host of each piece of text, of which only the odd ones can have one."""
    linked = pc.match_substring_regex(odd, _LINK)
    found = pc.struct_field(pc.extract_regex(odd, _HOST), [0])
    told = pc.and_(linked, pc.invert(pc.is_in(found, value_set=pa.array(sorted(WRAPPERS)))))
    hosts = pc.if_else(told, found, pa.scalar(None, pa.string()))
    return pc.replace_with_mask(pa.nulls(len(is_odd), pa.string()), is_odd, hosts)


def _hosts(rows: Ints, at: Ints, hosts: pa.Array) -> Things:
    things = values_of(pa.chunked_array([hosts.take(pa.array(at))]))
    return Things(rows[things.rows], things.codes, things.names)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
