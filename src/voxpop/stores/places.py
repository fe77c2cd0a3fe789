"""Posts by where they come from: by cell of the earth, and by how their place is known."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import h3
import pyarrow as pa

from voxpop.seams import Store
from voxpop.stores.counts import COUNTS, counted, some
from voxpop.stores.period import MINUTE, Span, aligned
from voxpop.stores.queries import Filter

FINEST: Final = 5
"""The resolution of the cells in a scored segment."""

ENOUGH: Final = 2_000
"""Posts of a sample by which a share is told."""


def cells(store: Store, filter: Filter, period: Span, resolution: int = FINEST) -> pa.Table:
    """Counts by H3 cell: `name`, counts, `net`; most posts first. Only posts with a point that is still kept have one.

    The filter's own times do not count. The trap: finer than `FINEST` there is nothing.
    """
    rows = _asked(store, "cells", filter, period)
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for row in rows.to_pylist():
        parent = sums[h3.cell_to_parent(row["name"], min(resolution, h3.get_resolution(row["name"])))]
        for name in COUNTS:
            parent[name] += row[name]
    columns = {name: pa.array([each[name] for each in sums.values()], pa.int64()) for name in COUNTS}
    return _sorted(pa.table({"name": pa.array(list(sums), pa.string()), **columns}), filter)


def coverage(store: Store, filter: Filter, period: Span) -> pa.Table:
    """Counts by what a post's place is known from: `name` (gps, place, profile, none), counts, `net`."""
    return _sorted(_asked(store, "coverage", filter, period), filter)


def gps_share(store: Store, filter: Filter, period: Span) -> float:
    """The share of the filter's posts whose place is a point of their own, in [0, 1]; 0 without posts.

    Where the posts that are kept apart for samples are `ENOUGH` it is their share, which misses it by about one
    percentage point at most: to count looks at each post of the period.
    """
    for name in ("coverage_drawn", "coverage"):
        rows = _sorted(_asked(store, name, filter, period), filter)
        known: dict[str, int] = dict(zip(rows["name"].to_pylist(), rows["n"].to_pylist(), strict=True))
        if sum(known.values()) >= ENOUGH:
            break
    return known.get("gps", 0) / max(1, sum(known.values()))


def _asked(store: Store, query: str, filter: Filter, period: Span) -> pa.Table:
    whole = aligned(period, MINUTE)
    period_of: dict[str, Any] = {"start": whole.start, "end": whole.end}
    return store.query(
        filter.statement(query), topic=filter.counted, **period_of, **filter.chosen, reposts=filter.reposts
    )


def _sorted(rows: pa.Table, filter: Filter) -> pa.Table:
    return some(counted(rows, filter.labels)).sort_by([("n", "descending"), ("name", "ascending")])
