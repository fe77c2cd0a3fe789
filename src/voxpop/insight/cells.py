"""Cells: a post's label, and whether the model was sure of it; all that a bucket keeps of probabilities."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from voxpop.metrics import Floats, Ints
from voxpop.stores.counts import COUNTS, SURE

CELLS: Final = 6
"""Two for each label in the order of `LABELS`: first the posts that the model was not sure of, then the others."""

BOUNDARY: Final = 0.75
"""The probability of the label from which the model counts as sure; parts/sure.sql has the same."""

_LABELLED: Final = tuple(name for name, label in COUNTS.items() if label != "unscored")


def cells_of(probabilities: Floats) -> Ints:
    """The cell of each row of (posts, 3) probabilities, of which none is missing.

    >>> cells_of(np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])).tolist()
    [0, 5]
    """
    return np.asarray(2 * probabilities.argmax(axis=1) + (probabilities.max(axis=1) >= BOUNDARY), dtype=np.int64)


def counted_cells(rows: pa.Table) -> Floats:
    """The number of posts in each cell, shape (rows, CELLS), from the columns `n_neg`, `n_neg_sure` and so on."""
    every = np.stack([rows[name].to_numpy() for name in _LABELLED], axis=1).astype(np.float64)
    sure = np.stack([rows[name].to_numpy() for name in SURE], axis=1).astype(np.float64)
    return np.stack([every - sure, sure], axis=2).reshape(len(every), CELLS)
