"""Who has what: things of posts counted once for each author, and things that the same authors have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from voxpop.insight.terms import Things, ordered
from voxpop.metrics import Ints

ALIKE: Final = 0.5
"""Two things are one driver when as large a share of the voices that have either has both."""

_LOOKED_AT: Final = 8


@dataclass(frozen=True)
class Voices:
    """The things of two groups of posts, each once for each voice of a group.

    Attributes:
        rows: a post in which the voice has the thing.
        codes: the thing, for each of `rows`.
        speakers: the voice, for each of `rows`.
        second: whether it is of the second group, for each of `rows`.
        size: how many things there are.
        sides: how many voices each group has, with a thing or without any.
    """

    rows: Ints
    codes: Ints
    speakers: Ints
    second: npt.NDArray[np.bool_]
    size: int
    sides: tuple[int, int]

    @cached_property
    def counts(self) -> tuple[Ints, Ints]:
        """How many voices of each group have each thing."""
        one, other = (np.bincount(self.codes[self.second == side], minlength=self.size) for side in (False, True))
        return one.astype(np.int64), other.astype(np.int64)

    def rows_of(self, code: int, side: int) -> Ints:
        """A post of each voice of a group (0 or 1) that has the thing."""
        return np.asarray(self.rows[(self.codes == code) & (self.second == bool(side))])

    def together(self, ranked: Ints, side: int, most: int) -> list[list[int]]:
        """The things in their order, at most so many, each with those after it that mostly the same voices have.

        Voices are those of the group `side`. A thing stands with the first that it is alike.
        """
        looked_at = ranked[: most * _LOOKED_AT]
        mask = np.isin(self.codes, looked_at) & (self.second == bool(side))
        codes, speakers = self.codes[mask], self.speakers[mask]
        having = {int(code): speakers[codes == code] for code in looked_at}
        groups: list[list[int]] = []
        for code, voices in having.items():
            same = next((group for group in groups if _alike(voices, having[group[0]])), None)
            if same is not None:
                same.append(code)
            else:
                groups.append([code])
        return groups[:most]


def once(things: Things, speakers: Ints, second: npt.NDArray[np.bool_]) -> Voices:
    """Count each thing once for each voice: `speakers` and `second` have the voice and the group of each row."""
    which = speakers[things.rows] * 2 + second[things.rows]
    keys = which * max(1, len(things.names)) + things.codes
    order = ordered(keys)
    first = np.sort(order[np.diff(keys[order], prepend=-1) > 0])
    rows, codes = things.rows[first], things.codes[first]
    one, other = (int(np.count_nonzero(np.bincount(speakers[side]))) for side in (~second, second))
    return Voices(rows, codes, speakers[rows], second[rows], len(things.names), (one, other))


def _alike(one: Ints, other: Ints) -> bool:
    small, large = sorted((one.size, other.size))
    if small < ALIKE * large:
        return False
    both = np.intersect1d(one, other, assume_unique=True).size
    return both >= ALIKE * (one.size + other.size - both)
