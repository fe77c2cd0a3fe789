from __future__ import annotations

import numpy as np
import pyarrow as pa

from voxpop.insight.cells import BOUNDARY, counted_cells
from voxpop.stores.sql import statement


def test_cells_are_read_off_the_columns_of_a_bucket() -> None:
    names = ("n_neg", "n_neu", "n_pos", "n_neg_sure", "n_neu_sure", "n_pos_sure")
    rows = pa.table({name: [value] for name, value in zip(names, (5, 6, 7, 1, 2, 3), strict=True)})
    assert np.array_equal(counted_cells(rows), [[4, 1, 4, 2, 4, 3]])


def test_the_store_means_the_same_by_sure() -> None:
    assert f">= {BOUNDARY}" in statement("fold").text
