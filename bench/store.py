"""Chart queries and loading over long histories, on one store or two, in one run.

    make bench-store ARGS='--posts 1000000 10000000 --store postgresql://user@host/scratch'

A history is a year of buckets as so many posts make them, and the newest posts themselves; invented, with topics,
countries and languages as uneven as real ones. Each size replaces what the store held: **give no store that you need.**
Queries are those of dashboard and API, asked one after the other; a table has their median and 95th percentile in
milliseconds for each size, so that what grows with the history shows.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import SecretStr

from bench.history import END, KEPT, MODEL, TOPICS, history, segments
from voxpop.address import Address
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.folding import Folded
from voxpop.stores.period import DAY, HOUR, MINUTE
from voxpop.stores.queries import Filter

YEAR = Filter("games", END - 365 * DAY, END)
MONTH = Filter("games", END - 30 * DAY - timedelta(minutes=17), END - timedelta(minutes=17))
LAST = Filter("games", END - DAY, END)
BOTH = "cars,games"
EVERY = Filter(start=END - DAY, end=END)
QUERIES: dict[str, Callable[[Any], object]] = {
    "24 h by minute, one topic": lambda store: queries.series(store, LAST, MINUTE),
    "24 h by minute, two topics": lambda store: queries.series(store, replace(LAST, topic=BOTH), MINUTE),
    "24 h by minute, all posts": lambda store: queries.series(store, EVERY, MINUTE),
    "24 h against the day before": lambda store: queries.compare(store, LAST),
    "24 h by country": lambda store: queries.by(store, LAST, "country"),
    "30 days by hour": lambda store: queries.series(store, MONTH, HOUR),
    "30 days by country": lambda store: queries.by(store, MONTH, "country"),
    "a year by day": lambda store: queries.series(store, YEAR, DAY),
    "a year by day, two topics": lambda store: queries.series(store, replace(YEAR, topic=BOTH), DAY),
    "a year by week, by topic": lambda store: queries.series_by(store, YEAR, 7 * DAY, "topic"),
    "a year by day, one country": lambda store: queries.series(
        store, Filter("games", YEAR.start, END, countries=("DE",)), DAY
    ),
    "a year by country": lambda store: queries.by(store, YEAR, "country"),
    "a year's totals": lambda store: queries.totals(store, YEAR),
    "a year's totals, two topics, one country": lambda store: queries.totals(
        store, replace(YEAR, topic=BOTH, countries=("DE",))
    ),
    "the span": lambda store: queries.span(store),
    "50 posts, one topic": lambda store: queries.posts(store, Filter("games")),
    "50 posts, two topics": lambda store: queries.posts(store, Filter(BOTH)),
    "50 posts of a country": lambda store: queries.posts(store, Filter("games", countries=("DE",))),
}


@contextmanager
def opened(address: str, directory: Path) -> Iterator[Any]:
    """The store at an address, or a DuckDB file in the directory."""
    if address == "duckdb":
        store: Any = DuckDBStore.open(directory / "bench.duckdb", TOPICS)
    else:
        from voxpop.stores.postgres import Access, PostgresStore

        store = PostgresStore.open(Access(Address(SecretStr(address))), TOPICS)
    try:
        yield store
    finally:
        store.close()


def timed(ask: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds; the first answer does not count."""
    ask()
    took = []
    for _ in range(times):
        begun = perf_counter()
        ask()
        took.append((perf_counter() - begun) * 1000)
    return float(np.median(took)), float(np.percentile(took, 95))


def loading(store: Any, count: int) -> float:
    """Posts a second that loading of new segments takes in."""
    begun, posts = perf_counter(), 0
    for segment, batch in segments(count):
        store.load(segment, batch)
        posts += batch.num_rows
    return posts / (perf_counter() - begun)


def measure(address: str, sizes: list[int], given: argparse.Namespace) -> None:
    found: dict[str, list[str]] = {name: [] for name in [*QUERIES, "taking in, s", "loading, posts/s"]}
    with tempfile.TemporaryDirectory(dir=given.scratch) as directory, opened(address, Path(directory)) as store:
        for posts in sizes:
            folded = Folded(Path(directory) / f"history-{posts}")
            history(posts, folded)
            begun = perf_counter()
            store.replace(folded, entries(), MODEL)
            found["taking in, s"].append(f"{perf_counter() - begun:.1f}")
            for name, ask in QUERIES.items():
                median, late = timed(lambda ask=ask: ask(store), given.times)  # type: ignore[misc]
                found[name].append(f"{median:.1f} / {late:.1f}")
            found["loading, posts/s"].append(f"{loading(store, given.segments):,.0f}")
    name = "DuckDB" if address == "duckdb" else "PostgreSQL"
    print(f"\n{name}, {given.times} times each, median / 95th percentile in ms; {KEPT:,} posts kept\n")
    print("| |" + "".join(f" {posts:,} posts |" for posts in sizes))
    print("|---|" + "---|" * len(sizes))
    for what, cells in found.items():
        print(f"| {what} |" + "".join(f" {cell} |" for cell in cells))


def entries() -> pa.Table:
    """A ledger with one segment."""
    newest = pa.array([datetime.now(UTC)], pa.timestamp("us", tz="UTC"))
    return pa.table({"day": ["2026-01-01"], "offset": [0], "rows": [1], "newest_received": newest})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--store", nargs="+", default=["duckdb"], help="duckdb, or the address of a scratch database")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--segments", type=int, default=60, help="segments of 4,096 posts to load")
    parser.add_argument("--scratch", type=Path, default=None, help="where DuckDB's file and the history go")
    given = parser.parse_args()
    if given.scratch:
        given.scratch.mkdir(parents=True, exist_ok=True)
    for address in given.store:
        measure(address, given.posts, given)


if __name__ == "__main__":
    main()
