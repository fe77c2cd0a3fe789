"""A classifier that errs in a known way, and windows of posts that it answered."""

from __future__ import annotations

import numpy as np

from voxpop.insight.cells import CELLS
from voxpop.insight.correction import WEIGHT, Correction
from voxpop.metrics import Floats

LIKELIHOOD = np.array(
    [[0.29, 0.12, 0.03], [0.49, 0.06, 0.01], [0.15, 0.34, 0.13],
     [0.02, 0.31, 0.04], [0.04, 0.11, 0.21], [0.01, 0.06, 0.58]]
)  # fmt: skip
"""The probability of each cell given the true class."""
BALANCE = np.array([0.2, 0.4, 0.4])


def correction(posts: int = 2000, spread: float | None = None, dice: np.random.Generator | None = None) -> Correction:
    """One made of so many labelled posts: as many of each cell as expected, or drawn."""
    expected = LIKELIHOOD * BALANCE
    counts = np.round(posts * expected) if dice is None else dice.multinomial(posts, expected.ravel())
    apart = None if spread is None else np.full(3, spread)
    return Correction(counts.reshape(CELLS, 3).astype(np.float64), apart, WEIGHT, 100, "")


def windows(shares: Floats, posts: int, dice: np.random.Generator, likelihood: Floats = LIKELIHOOD) -> Floats:
    """Posts by cell of windows with the given true shares, shape (windows, CELLS)."""
    return np.stack([dice.multinomial(posts, likelihood @ each) for each in shares]).astype(np.float64)
