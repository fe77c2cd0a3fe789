"""Corrected shares of what a store holds: over a period, over time and by group."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from voxpop.insight import views
from voxpop.insight.cells import counted_cells
from voxpop.insight.correction import Correction
from voxpop.insight.prevalence import Posterior, estimate, follow
from voxpop.metrics import Floats
from voxpop.scorers.scores import LABELS
from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.counts import COUNTED
from voxpop.stores.period import Intervals
from voxpop.stores.queries import ALL, Dimension, Filter

QUANTITIES: Final = (*LABELS, "net")
"""What each row has, with the ends of its interval as `<quantity>_low` and `<quantity>_high`."""


def total(store: Store, filter: Filter, correction: Correction | None) -> pa.Table:
    """The shares over the filter's whole period: one row of the columns that `table` gives."""
    counts = _counts(store, filter)
    found = estimate(correction, counted_cells(counts), around(store, filter, correction))
    return table(counts, found, correction is not None)


def series(store: Store, filter: Filter, intervals: Intervals, correction: Correction | None) -> pa.Table:
    """The shares by tumbling interval, dense, as `queries.series` counts them: `start`, then the columns of `table`.

    The level is that of the whole period, the movement each interval's own; see `voxpop.insight.prevalence.follow`.
    """
    rows = queries.series(store, replace(filter, labels=()), intervals.width, intervals.zone)
    found = follow(correction, counted_cells(rows), around(store, filter, correction))
    return table(rows, found, correction is not None, "start")


def by(store: Store, filter: Filter, dimension: Dimension, correction: Correction | None) -> pa.Table:
    """The shares by the names of a dimension, most posts first: `name`, then the columns of `table`.

    A name with few posts leans on the shares of all that the filter selects; by topic, its topic does not count.
    """
    rows, posterior = by_name(store, filter, dimension, correction)
    return table(rows, posterior, correction is not None, "name")


def by_name(
    store: Store, filter: Filter, dimension: Dimension, correction: Correction | None
) -> tuple[pa.Table, Posterior]:
    """The counts by the names of a dimension, and the posterior of their shares."""
    of_topics = dimension == "topic"
    whole = replace(filter, topic=ALL if of_topics else filter.topic, labels=())
    rows = queries.by(store, whole, dimension)
    if of_topics and filter.towards:
        middle = around(store, filter, correction)
    else:
        cells = counted_cells(_counts(views.whole(store) if of_topics else store, whole))
        # Of tone, what is around would be one more question to the store; towards a topic it is known without asking.
        leaning = around(store, whole, correction) if filter.towards else None
        middle = estimate(correction, cells, leaning).shares[0] if correction and cells.any() else None
    return rows, estimate(correction, counted_cells(rows), middle)


def around(store: Store, filter: Filter, correction: Correction | None) -> Floats | None:
    """The shares on which a topic's lean: those of all posts, on topic or not; None for all posts themselves.

    All posts say nothing of a topic, so what posts say of it leans on what labelled posts said of others, where the
    correction is of such. Of a view (`voxpop.insight.views`) they are of every post, also of those that do not count
    in it.
    """
    if filter.towards:
        return correction.middle if correction else None
    if filter.topic == ALL or correction is None:
        return None
    cells = counted_cells(_counts(views.whole(store), replace(filter, topic=ALL)))
    return np.asarray(estimate(correction, cells).shares[0]) if cells.any() else None


def table(rows: pa.Table, posterior: Posterior, corrected: bool, *keys: str) -> pa.Table:
    """Shares beside counts: keys, `n`, `n_scored`, each of `QUANTITIES` with its interval, and `counted_…` of each.

    Shares are of the scored posts, and null where there are none. Those that are not corrected are those counted. An
    interval holds its share.
    """
    counts = counted_cells(rows).reshape(rows.num_rows, len(LABELS), 2).sum(axis=2)
    scored = counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        counted = counts / scored[:, None]
    counted = np.column_stack([counted, counted[:, 2] - counted[:, 0]])
    middle = np.column_stack([posterior.shares, posterior.net]) if corrected else counted
    low, high = posterior.intervals()
    low, high = np.fmin(low, middle), np.fmax(high, middle)
    columns = {key: rows[key] for key in keys} | {"n": rows["n"], "n_scored": pa.array(scored.astype(np.int64))}
    for at, name in enumerate(QUANTITIES):
        ends = {name: middle, f"{name}_low": low, f"{name}_high": high, f"counted_{name}": counted}
        columns |= {key: pa.array(values[:, at], pa.float64(), from_pandas=True) for key, values in ends.items()}
    return pa.table(columns)


def _counts(store: Store, filter: Filter) -> pa.Table:
    found = queries.totals(store, replace(filter, labels=()))
    return pa.table({name: pa.array([getattr(found, name)], pa.int64()) for name in COUNTED})
