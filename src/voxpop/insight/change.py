"""What changed between two windows of a store: the counts, who talks and how, and the drivers with examples."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from voxpop.insight.drivers import Driver, drivers_and_pushes
from voxpop.insight.mix import Mix, Tally, decompose
from voxpop.insight.sample import SIZE, Sample, draw
from voxpop.insight.views import Builder, seen
from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.queries import Dimension, Filter, Totals

COUNTED: Final[tuple[Dimension, ...]] = ("country", "lang", "source")
"""Groups whose posts the store counts, so that their mix is exact; that of kinds of posts is of the sample."""


@dataclass(frozen=True)
class Window:
    """One of two windows: what was asked for, what the store counts in it, and the sample that was read."""

    filter: Filter
    totals: Totals
    sample: Sample


@dataclass(frozen=True)
class Change:
    """What changed from one window to another.

    Attributes:
        now: the window that is explained.
        before: the window it is set against.
        mixes: the change of net sentiment by country, lang, source and kind; empty where a window has no scored post.
        drivers: what the window has more and less of than the one before; examples are places in either sample.
        pushes: what its positive posts have more and less of than its negative ones; examples are places in its sample.
    """

    now: Window
    before: Window
    mixes: dict[str, Mix]
    drivers: list[Driver]
    pushes: list[Driver]

    @property
    def net_change(self) -> float | None:
        """By how much net sentiment rose, in [-2, 2]; None where a window has no scored post."""
        nets = self.now.totals.net, self.before.totals.net
        return None if nets[0] is None or nets[1] is None else nets[0] - nets[1]

    def examples(self, driver: Driver) -> pa.Table:
        """The posts behind one of `drivers`, newest first, with the columns of the sample."""
        window = self.now if driver.log_odds > 0 else self.before
        return window.sample.posts.take(driver.examples)

    def push_examples(self, driver: Driver) -> pa.Table:
        """The posts behind one of `pushes`, newest first: positive ones where it pushes up, else negative ones."""
        label = "positive" if driver.log_odds > 0 else "negative"
        posts = self.now.sample.posts
        return posts.filter(pc.equal(posts["label"], label)).take(driver.examples)


def change(store: Store | Builder, now: Filter, before: Filter, size: int = SIZE) -> Change:
    """What changed between two closed windows; they may overlap, or be the same window of two topics.

    Counts are those of whole minutes, and exact; drivers are found in a sample of about `size` posts of each window,
    so that it takes as long over a year as over a day once both have more posts than that.

    Raises:
        ValueError: a window has an open end.
    """
    pairs = [(seen(store, filter), filter) for filter in (now, before)]
    with ThreadPoolExecutor(2) as pool:
        # The groups' counts are read while the words of the samples are looked at.
        reading = [pool.submit(_window, *pair, size) for pair in pairs]
        counting = [[pool.submit(_counted, *pair, name) for pair in reversed(pairs)] for name in COUNTED]
        windows = [read.result() for read in reading]
        posts = [window.sample.posts for window in windows]
        told = drivers_and_pushes(*posts)
        mixes = {
            name: decompose(*(group.result() for group in groups))
            for name, groups in zip(COUNTED, counting, strict=True)
        }
    kinds = decompose(*(_kinds(each) for each in reversed(posts)))
    found = {str(name): mix for name, mix in (*mixes.items(), ("kind", kinds)) if mix}
    return Change(windows[0], windows[1], found, *told)


def _window(store: Store, filter: Filter, size: int) -> Window:
    totals = queries.totals(store, filter)
    return Window(filter, totals, draw(store, filter, size, totals.n))


def earlier(filter: Filter) -> Filter:
    """The window of equal length just before a closed one.

    Raises:
        ValueError: an end is open.
    """
    if filter.start is None or filter.end is None:
        raise ValueError("an open period has none before it; give the filter a start and an end")
    return replace(filter, start=filter.start - (filter.end - filter.start), end=filter.start)


def other(now: Filter, topic: str, period: tuple[datetime | None, datetime | None]) -> Filter:
    """The window that `now` is set against: the period given, else the same one of another topic, else the one before.

    >>> hour = Filter("tesla", datetime(2026, 11, 19, 9), datetime(2026, 11, 19, 10))
    >>> other(hour, "gta6", (None, None)).topic, other(hour, "tesla", (None, None)).start.hour
    ('gta6', 8)

    Raises:
        ValueError: an end of `now` is open.
    """
    start, end = period
    if start and end:
        return replace(now, topic=topic, start=start, end=end)
    return replace(now, topic=topic) if topic != now.topic else earlier(now)


def _counted(store: Store, filter: Filter, dimension: Dimension) -> dict[str, Tally]:
    rows = queries.by(store, filter, dimension).to_pylist()
    return {row["name"]: Tally(row["n_neg"] + row["n_neu"] + row["n_pos"], row["n_pos"] - row["n_neg"]) for row in rows}


def _kinds(posts: pa.Table) -> dict[str, Tally]:
    scored = posts.filter(pc.not_equal(posts["label"], "unscored"))
    lean = pc.subtract(
        pc.cast(pc.equal(scored["label"], "positive"), pa.int64()),
        pc.cast(pc.equal(scored["label"], "negative"), pa.int64()),
    )
    rows = (
        pa.table({"kind": scored["kind"], "lean": lean})
        .group_by("kind")
        .aggregate([("lean", "sum"), ("lean", "count")])
    )
    return {row["kind"]: Tally(row["lean_count"], row["lean_sum"]) for row in rows.to_pylist()}
