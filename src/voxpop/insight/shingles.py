"""How alike texts are: short runs of characters, and signatures that agree as often as the runs do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voxpop.text import prepare
from voxpop.topics.words import fold

Hashes = npt.NDArray[np.uint64]

LENGTH: Final = 4
"""Characters of a shingle."""

BANDS, ROWS = 16, 3
"""Two texts are looked at together when all rows of any band agree: 88 of 100 pairs of likeness 0.5, 35 of 0.3."""

_REPLACED: Final = re.compile(r"(?<!\S)(?:@user|http)(?!\S)")
_WORDS: Final = re.compile(r"[^\W_]+")
_AT_ONCE: Final = 500
"""Texts whose signatures are made together: their shingles stay in a processor's cache."""
_BASE: Final = np.uint64(0x9E3779B97F4A7C15)
_SEED: Final = 20261129
_RANDOM: Final = np.random.default_rng(_SEED).integers(1, 2**63, (2, BANDS * ROWS), dtype=np.uint64)
_MASKS, _FACTORS = _RANDOM[0], _RANDOM[1] | np.uint64(1)


def bare(text: str) -> str:
    """A text as copies are compared: letters and digits of its words; links, mentions, signs and case do not count.

    >>> bare("RT @ana: WIN a  phone!!! https://t.co/a @bob")
    'win a phone'
    """
    return " ".join(_WORDS.findall(fold(_REPLACED.sub(" ", prepare(text)))))


@dataclass(frozen=True)
class Shingles:
    """The shingles of texts as hashes, one text after the other.

    Attributes:
        hashes: of all texts.
        starts: where each text's begin; every text has at least one.
    """

    hashes: Hashes
    starts: npt.NDArray[np.int64]

    def of(self, number: int) -> Hashes:
        """The distinct shingles of one text, ascending."""
        end = self.starts[number + 1] if number + 1 < self.starts.size else self.hashes.size
        return np.unique(self.hashes[self.starts[number] : end])

    def bands(self) -> Hashes:
        """A hash for each band of each text's MinHash signature, shape (texts, BANDS).

        The least of the permuted hashes of two sets is the same with the probability of their Jaccard likeness
        (Broder 1997); bands make likely pairs meet (Indyk and Motwani 1998). The same on every machine.
        """
        found = np.empty((self.starts.size, BANDS), dtype=np.uint64)
        for first in range(0, self.starts.size, _AT_ONCE):
            starts, after = self.starts[first : first + _AT_ONCE], self.starts[first + _AT_ONCE :]
            hashes = self.hashes[starts[0] : after[0] if after.size else None]
            _signed(hashes, starts - starts[0], found[first : first + _AT_ONCE])
        return found


def _signed(hashes: Hashes, starts: npt.NDArray[np.int64], out: Hashes) -> None:
    """Write the bands of some texts."""
    for band in range(BANDS):
        key = np.full(starts.size, band + 1, dtype=np.uint64)
        for row in range(band * ROWS, (band + 1) * ROWS):
            permuted = _mixed((hashes ^ _MASKS[row]) * _FACTORS[row])
            key = _mixed(key * _BASE ^ np.minimum.reduceat(permuted, starts))
        out[:, band] = key


def shingles(texts: Sequence[str]) -> Shingles:
    """The runs of `LENGTH` characters of texts of at least so many.

    Raises:
        ValueError: a text is shorter.
    """
    sizes = np.array([len(text) for text in texts], dtype=np.int64)
    if sizes.size and sizes.min() < LENGTH:
        raise ValueError(f"a text of less than {LENGTH} characters has no shingles; leave it out")
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    hashes = np.zeros(max(0, letters.size - LENGTH + 1), dtype=np.uint64)
    for place in range(LENGTH):
        hashes = hashes * _BASE + letters[place : place + hashes.size]
    ends = np.cumsum(sizes)
    # Runs that begin in a text's last characters go on in the next text.
    whole = np.ones(letters.size, dtype=bool)
    for back in range(1, LENGTH):
        whole[ends - back] = False
    kept = sizes - LENGTH + 1
    return Shingles(_mixed(hashes[whole[: hashes.size]]), np.cumsum(kept) - kept)


def likeness(one: Hashes, other: Hashes) -> float:
    """The Jaccard likeness of two sets of shingles: the share of either's that are both's."""
    both = np.intersect1d(one, other, assume_unique=True).size
    return both / (one.size + other.size - both)


def _mixed(hashes: Hashes) -> Hashes:
    """Spread the bits of hashes (the finaliser of SplitMix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(hashes ^ (hashes >> np.uint64(31)))
