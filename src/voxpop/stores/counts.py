"""From a statement's counts by label to the columns that everybody reads."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

COUNTS: Final[dict[str, str]] = {
    "n_neg": "negative",
    "n_neu": "neutral",
    "n_pos": "positive",
    "n_unscored": "unscored",
}
"""Columns of counts and the label that each one counts."""

SURE: Final[dict[str, str]] = {"n_neg_sure": "negative", "n_neu_sure": "neutral", "n_pos_sure": "positive"}
"""Columns that count those posts of a label of which the model was sure (parts/sure.sql)."""

COUNTED: Final = ("n", *COUNTS, *SURE)
"""Every count of a bucket."""


def counted(rows: pa.Table, labels: tuple[str, ...]) -> pa.Table:
    """Add `n` and `net` to counts, of which only the chosen labels are left."""
    kinds = {**COUNTS, **{name: label for name, label in SURE.items() if name in rows.column_names}}
    keys = [name for name in rows.column_names if name not in kinds]
    zero = pa.chunked_array([pa.repeat(pa.scalar(0, pa.int64()), rows.num_rows)])
    counts = {name: rows[name] if not labels or label in labels else zero for name, label in kinds.items()}
    scored = pc.add(pc.add(counts["n_neg"], counts["n_neu"]), counts["n_pos"])
    lean = pc.subtract(counts["n_pos"], counts["n_neg"]).cast(pa.float64())
    known = pc.if_else(pc.equal(scored, 0), pa.scalar(None, pa.float64()), scored.cast(pa.float64()))
    columns = {name: rows[name] for name in keys}
    return pa.table({**columns, "n": pc.add(scored, counts["n_unscored"]), **counts, "net": pc.divide(lean, known)})


def some(rows: pa.Table) -> pa.Table:
    """The rows of `counted` that count any post."""
    return rows.filter(pc.greater(rows["n"], 0))
