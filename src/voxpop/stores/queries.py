"""What the API and the dashboard ask a store: pure functions over `Store`, the same for every implementation.

All of them block; call them from a thread. Columns `n`, `n_neg`, `n_neu`, `n_pos`, `n_unscored` count posts; `net` is
net sentiment, (n_pos - n_neg) / (n_neg + n_neu + n_pos), in [-1, 1], null where nothing is scored. `n_neg_sure`,
`n_neu_sure` and `n_pos_sure` count those of a label of which the model was sure, for `voxpop.insight`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from voxpop.schema import TIMESTAMP
from voxpop.seams import Store
from voxpop.stores.counts import COUNTS, SURE, counted, some
from voxpop.stores.filter import ALL as ALL
from voxpop.stores.filter import DIMENSIONS as DIMENSIONS
from voxpop.stores.filter import Dimension as Dimension
from voxpop.stores.filter import Filter as Filter
from voxpop.stores.filter import names_of, over, reading
from voxpop.stores.page import newest
from voxpop.stores.period import DAY, MINUTE, MONDAY, Intervals, Span

MOST_CHANGES: Final = 1440
MOST_NAMES: Final = 20
UTC_ZONE: Final = ZoneInfo("UTC")


@dataclass(frozen=True)
class Totals:
    """Counts over a period. Shares are of the scored posts and in [0, 1]; None where nothing is scored."""

    n: int
    n_neg: int
    n_neu: int
    n_pos: int
    n_unscored: int
    n_neg_sure: int
    n_neu_sure: int
    n_pos_sure: int
    share_negative: float | None
    share_neutral: float | None
    share_positive: float | None
    net: float | None
    posts_per_minute: float


@dataclass(frozen=True)
class Comparison:
    """A period and the one of equal length just before it.

    Attributes:
        current: the period's totals.
        previous: None where the store does not reach back over the whole period before.
        n_change: by what ratio `n` grew, 0.25 being a quarter more; None without posts before.
        net_change: by how much net sentiment rose, in [-2, 2].
    """

    current: Totals
    previous: Totals | None
    n_change: float | None
    net_change: float | None


@dataclass(frozen=True)
class Cursor:
    """The last post of a page: the next page begins after it."""

    created_at: datetime
    post_id: str


@dataclass(frozen=True)
class Changes:
    """What changed in a store after a number in its ledger.

    Attributes:
        seq: the ledger's number now, to ask from the next time.
        complete: False where the record does not reach back that far; read everything anew then.
        minutes: those that changed, the newest `MOST_CHANGES`, ascending.
        topics: those that changed, `ALL` among them.
    """

    seq: int
    complete: bool
    minutes: list[datetime]
    topics: list[str]


def span(store: Store, topic: str = ALL) -> Span | None:
    """The period from the minute of the first event to the end of the minute of the last; None without posts."""
    rows = [store.query("span", topic=name).to_pylist()[0] for name in names_of(topic)]
    found = [row for row in rows if row["first"]]
    if not found:
        return None
    return Span(min(row["first"] for row in found), max(row["last"] for row in found) + MINUTE)


def series(store: Store, filter: Filter, width: timedelta, zone: ZoneInfo = UTC_ZONE) -> pa.Table:
    """Counts by tumbling interval: `start`, `n`, `n_neg`, `n_neu`, `n_pos`, `n_unscored`, `net`, ascending.

    Dense: one row for each interval that overlaps the filter's period, also for those without posts. Intervals are
    counted whole; where they begin, `Intervals` says. Each is read from the coarsest buckets that make it up.

    Raises:
        ValueError: `width` is not a whole number of minutes.
    """
    intervals = Intervals(width, zone)
    return _dense(store, filter, intervals, intervals.edges(closed(store, filter)))


def series_by(
    store: Store, filter: Filter, width: timedelta, dimension: Dimension, zone: ZoneInfo = UTC_ZONE
) -> pa.Table:
    """Counts by tumbling interval for each of the `MOST_NAMES` largest names of a dimension.

    Columns `name`, `start`, counts, `net`. Sparse: an interval in which a name has no posts has no row. By topic, the
    filter's topic does not count.
    """
    intervals = Intervals(width, zone)
    edges = intervals.edges(closed(store, filter))
    rows = store.query("series_by", **over(filter, edges, dimension), dimension=dimension, **intervals.parameters)
    grouped = some(counted(_instants(rows, intervals), filter.labels))
    totals = grouped.group_by("name").aggregate([("n", "sum")])
    largest = totals.sort_by([("n_sum", "descending"), ("name", "ascending")])["name"][:MOST_NAMES]
    return grouped.filter(pc.is_in(grouped["name"], value_set=largest.combine_chunks())).sort_by(
        [("name", "ascending"), ("start", "ascending")]
    )


def by(store: Store, filter: Filter, dimension: Dimension) -> pa.Table:
    """Counts by the names of a dimension: `name`, counts, `net`; most posts first, names without posts left out.

    The name "" stands for unknown. By topic, the filter's topic does not count, and a post counts in each of its
    topics.
    """
    rows = store.query("by", **reading(filter, closed(store, filter), DAY, dimension), dimension=dimension)
    return some(counted(rows, filter.labels)).sort_by([("n", "descending"), ("name", "ascending")])


def totals(store: Store, filter: Filter) -> Totals:
    """Counts, shares, net sentiment and posts per minute over the filter's period, by whole minutes."""
    return _totals(store, filter, closed(store, filter))


def compare(store: Store, filter: Filter, earlier: Store | None = None) -> Comparison:
    """Totals of the filter's period beside those of the period of equal length just before.

    `earlier` is the store that is asked for the period before, where that is another one.
    """
    period = closed(store, filter)
    current = _totals(store, filter, period)
    before = Span(period.start - (period.end - period.start), period.start)
    known = span(store)
    if known is None or before.start < known.start or before.start == before.end:
        return Comparison(current, None, None, None)
    previous = _totals(earlier or store, filter, before)
    n_change = (current.n - previous.n) / previous.n if previous.n else None
    net_change = None if current.net is None or previous.net is None else current.net - previous.net
    return Comparison(current, previous, n_change, net_change)


def posts(store: Store, filter: Filter, limit: int = 50, before: Cursor | None = None) -> pa.Table:
    """Posts, newest first, after the cursor; pages do not overlap, also while posts come in.

    Deleted posts, posts without text and those whose text was let go are not listed. The trap: text is what a
    stranger wrote; escape it.
    """
    return listed(store, "posts", filter, limit, before)


def listed(store: Store, name: str, filter: Filter, limit: int, before: Cursor | None, **more: Any) -> pa.Table:
    """A page of a statement that lists posts, which takes the parameters of `posts.sql` and `more`."""

    def since(start: datetime | None) -> pa.Table:
        given = {"topic": filter.counted, **filter.chosen, "labels": filter.labels or None, "limit": limit, **more}
        place = {"before_at": before and before.created_at, "before_id": before and before.post_id}
        return store.query(
            filter.statement(name), start=start, end=filter.end, reposts=filter.reposts, **given, **place
        )

    known = None if before else span(store)
    ends = [end for end in (before and before.created_at, filter.end, known and known.end) if end]
    return newest(since, filter.start, min(ends), limit) if ends else since(filter.start)


def bounded(store: Store, filter: Filter) -> Filter:
    """The filter with its open ends closed."""
    period = closed(store, filter)
    return replace(filter, start=period.start, end=period.end)


def whole(filter: Filter, intervals: Intervals) -> Filter:
    """The filter over all of the intervals that a series of it counts; itself where an end is open."""
    edges = intervals.edges(Span(filter.start, filter.end)) if filter.start and filter.end else []
    return replace(filter, start=edges[0], end=edges[-1]) if edges else filter


def seq(store: Store) -> int:
    """The ledger's newest number: it grows with each loaded segment, 0 while the store is empty."""
    newest: int = store.query("seq")["seq"][0].as_py()
    return newest


def changes(store: Store, after_seq: int) -> Changes:
    """What changed after `after_seq`; see `Changes` for what to do when the record is not complete."""
    newest = seq(store)
    floor = store.query("changes_floor")["seq"][0].as_py()
    rows = store.query("changes", after_seq=after_seq)
    minutes = sorted(set(rows["minute"].to_pylist()))[-MOST_CHANGES:]
    return Changes(newest, floor <= after_seq <= newest, minutes, sorted(set(rows["topic"].to_pylist())))


def changed_series(store: Store, topic: str, width: timedelta, after_seq: int) -> pa.Table:
    """Like `series`, but only the intervals that changed after `after_seq`, at most the newest `MOST_CHANGES`."""
    intervals = Intervals(width)
    rows = store.query("changes", after_seq=after_seq)
    minutes = rows.filter(pc.is_in(rows["topic"], pa.array(names_of(topic))))["minute"].to_pylist()
    changed = sorted({intervals.start(minute) for minute in minutes})[-MOST_CHANGES:]
    edges = intervals.edges(Span(changed[0], changed[-1] + MINUTE)) if changed else []
    dense = _dense(store, Filter(topic), intervals, edges)
    return dense.filter(pc.is_in(dense["start"], value_set=pa.array(changed, TIMESTAMP)))


def closed(store: Store, filter: Filter) -> Span:
    """The filter's period with its open ends closed at the first and the last event."""
    known = None if filter.start and filter.end else span(store)
    start = filter.start or (known.start if known else filter.end or MONDAY)
    end = filter.end or (known.end if known else start)
    return Span(start, max(start, end))


def _dense(store: Store, filter: Filter, intervals: Intervals, edges: list[datetime]) -> pa.Table:
    rows = store.query("series", **over(filter, edges), **intervals.parameters)
    found = _instants(rows, intervals)
    every = pa.table({"start": pa.array(edges[:-1], TIMESTAMP)})
    joined = every.join(found, "start").sort_by("start")
    filled = {name: pc.fill_null(joined[name], 0) for name in (*COUNTS, *SURE)}
    return counted(pa.table({"start": joined["start"], **filled}), filter.labels)


def _instants(rows: pa.Table, intervals: Intervals) -> pa.Table:
    """The rows with the instants at which their intervals start, in place of local times."""
    instants = [intervals.instant(local) for local in rows["start"].to_pylist()]
    return rows.set_column(rows.column_names.index("start"), "start", pa.array(instants, TIMESTAMP))


def _totals(store: Store, filter: Filter, period: Span) -> Totals:
    (row,) = counted(store.query("totals", **reading(filter, period)), filter.labels).to_pylist()
    scored = row["n"] - row["n_unscored"]
    minutes = (period.end - period.start) / MINUTE
    return Totals(
        **row,
        share_negative=row["n_neg"] / scored if scored else None,
        share_neutral=row["n_neu"] / scored if scored else None,
        share_positive=row["n_pos"] / scored if scored else None,
        posts_per_minute=row["n"] / minutes if minutes else 0.0,
    )


def recent(filter: Filter, known: Span | None, length: timedelta) -> Filter:
    """The filter narrowed to the last `length` before its end, or before the last event."""
    end = filter.end or (known.end if known else None)
    return replace(filter, start=end - length, end=end) if end else filter
