"""The columns that every scorer returns, and how probabilities become a label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from voxpop.schema import SCORES

LABELS: Final = ("negative", "neutral", "positive")
"""The classes, in the order of every array of probabilities."""

UNSCORED: Final = "unscored"
"""The label of a post that holds nothing to score."""

__all__ = ["LABELS", "SCORES", "UNSCORED", "decoded_texts", "scores"]


def scores(rows: int, scored: Sequence[int], probabilities: npt.NDArray[np.float32]) -> pa.RecordBatch:
    """Return a `SCORES` batch of `rows` rows in which row `scored[i]` has `probabilities[i]`, the others none.

    `probabilities` is `(len(scored), 3)` in the order of `LABELS`, each row summing to 1. The label is the most
    probable class, the first of equals; the polarity, in [-1, 1], is p_positive - p_negative.
    """
    full = np.zeros((rows, len(LABELS)), dtype=np.float32)
    known = np.zeros(rows, dtype=bool)
    at = np.asarray(scored, dtype=np.intp)
    full[at], known[at] = probabilities, True
    names = np.array([*LABELS, UNSCORED], dtype=object)
    labels = names[np.where(known, full.argmax(axis=1), len(LABELS))]
    columns = [full[:, 0], full[:, 1], full[:, 2], full[:, 2] - full[:, 0]]
    arrays: list[pa.Array] = [
        pa.array(labels, pa.string()),
        *(pa.array(column, pa.float32(), mask=~known) for column in columns),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCORES)


def decoded_texts(column: pa.Array) -> Iterator[str | None]:
    """Yield the texts of a string column, whatever its bytes: those that are no UTF-8 become U+FFFD.

    Arrow does not check what it is given: a column of hostile text can hold bytes on which its own conversion raises.
    """
    for raw in column.cast(pa.binary()).to_pylist():
        yield None if raw is None else raw.decode("utf-8", "replace")
