"""What a reader of the dashboard waits for, and what one who keeps it open costs; beside a page made with Streamlit.

    make bench-dashboard ARGS='--posts 1000000 10000000 --minutes 2'

A store of a year of invented posts is opened by a server on one core; headless Chromium, and the clients that stand
for many readers, have the others. Times are the page's own: from navigation until the first volumes of the chart are
drawn (a first visit, and another with what the browser kept), and from a click on a topic until numbers and chart are
of it. The page of Streamlit asks the same queries of the same store, and draws less. An update is what a second of
posts changes; what it costs is the processor time of the server while a page is open, less that while none is, over
the updates. Viewers are in time if the numbers are there a second after the update. Long tasks are those over 50 ms
while the chart of a day of 100,000 posts is zoomed, moved and filtered. `--minutes 60` is the full run of the heap.

Each figure is printed as soon as it is known, and one table of them all at the end. What fails is named with its reason
and the rest goes on, with a server and a browser of its own; the status is 1 then. `--prepare` only makes the stores.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import Browser

from bench.history import MODEL, TOPICS, history
from bench.store import entries
from bench.viewing import browser as chrome
from bench.viewing import process, viewers
from bench.viewing.browser import OURS, PEER, Kind
from bench.viewing.process import Measured
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.folding import Folded

DAY = 100_000
RATE = 60
FRESH = 12 * 3600.0
"""Seconds that a store is taken again for; one that is older has too little of the last 24 hours."""
BUDGET = 60.0
"""Seconds after which no further round is begun, nor a further change of the filter."""
LONGEST = 240.0
"""Seconds, beside those it is told to take, after which a part has failed."""

Rows = Iterator[tuple[str, str]]
Part = Callable[[Browser, Measured, argparse.Namespace], Rows]


@dataclass
class Column:
    """One page over one store: its parts, which open it each, and what was found."""

    name: str
    served: Callable[[], AbstractContextManager[Measured]]
    parts: list[Part]
    found: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def made(directory: Path, posts: int) -> Path:
    """A store of a year of so many posts that ends now; one that is there and fresh is taken."""
    path = directory / f"dashboard-{posts}.duckdb"
    if path.exists() and time.time() - path.stat().st_mtime < FRESH:
        return path
    print(f"making a store of {posts:,} posts ...", file=sys.stderr)
    # Under another name: what is left of one that was cut short is not taken for a store.
    with tempfile.TemporaryDirectory(dir=directory, prefix="made-") as scratch:
        folded = Folded(Path(scratch) / "history")
        history(posts, folded, datetime.now(UTC).replace(second=0, microsecond=0))
        store = DuckDBStore.open(Path(scratch) / path.name, TOPICS)
        store.replace(folded, entries(), MODEL)
        store.close()
        (Path(scratch) / path.name).replace(path)
    return path


def first_chart(kind: Kind) -> Part:
    """From navigation to the first chart."""

    def part(browser: Browser, served: Measured, given: argparse.Namespace) -> Rows:
        new, again = chrome.first_chart(browser, served.url, kind, given.rounds, BUDGET)
        yield "first chart, first visit, ms", f"{median(new):,.0f}"
        yield "first chart, next visit, ms", f"{median(again):,.0f}"

    return part


def filter_changes(kind: Kind) -> Part:
    """Changes of the filter."""

    def part(browser: Browser, served: Measured, given: argparse.Namespace) -> Rows:
        with chrome.context(browser) as visitor:
            took = chrome.filter_changes(chrome.opened(visitor, served.url, kind), kind, given.changes, BUDGET)
        late = [float(np.percentile(took, at)) for at in (50, 95)]
        yield "filter change, p50 / p95, ms", f"{late[0]:,.0f} / {late[1]:,.0f}"

    return part


def following(browser: Browser, served: Measured, given: argparse.Namespace) -> Rows:
    """What an open page costs the server, and what it grows to."""
    served.tell(f"load {RATE}")
    alone = spent(served, given.seconds)
    with chrome.context(browser) as visitor:
        page = chrome.opened(visitor, served.url, OURS)
        one = spent(served, given.seconds)
        yield "server's CPU for an update and viewer, ms", f"{1000 * (one - alone):,.1f}"
        yield f"JS heap, MB: begin, end, per hour ({given.minutes:g} min)", _grown(chrome.heap(page, given.minutes))
    served.tell("load 0")


def crowded(browser: Browser, served: Measured, given: argparse.Namespace) -> Rows:
    """How many the server can do."""
    served.tell(f"load {RATE}")
    begun, first = time.monotonic(), served.cpu()
    # In a thread of its own, for Playwright has this one's event loop.
    with ThreadPoolExecutor(1) as pool:
        watching = viewers.watch(served.url, chrome.SEARCH, given.viewers, given.seconds)
        seen = pool.submit(asyncio.run, watching).result()
    busy = (served.cpu() - first) / (time.monotonic() - begun)
    served.tell("load 0")
    late = np.percentile(seen.answered or [np.inf], 95)
    many = f"{given.viewers} viewers"
    yield f"{many}: updates answered in a second", f"{100 * seen.in_time:.1f} %"
    yield f"{many}: p95 until an answer, s; core in use", f"{late:.2f}; {100 * busy:.0f} %"
    yield f"{many}: updates sent, questions failed", f"{seen.updates:,}; {seen.failed:,}"


def smooth(browser: Browser, served: Measured, given: argparse.Namespace) -> Rows:
    """The chart of a day of many posts under a reader's hands."""
    served.tell(f"day {DAY}")
    assert served.hear() == "loaded"
    with chrome.context(browser) as visitor:
        count, longest = chrome.moved(chrome.opened(visitor, served.url, OURS))
    yield f"long tasks over a day of {DAY:,} more posts; longest, ms", f"{count}; {longest:.0f}"


def spent(served: Measured, seconds: float) -> float:
    """Processor seconds for each update."""
    time.sleep(2)
    first, before = served.cpu(), served.updates()
    time.sleep(seconds)
    return (served.cpu() - first) / max(1, served.updates() - before)


def _grown(found: list[tuple[float, float]]) -> str:
    # What a page takes as it settles is no growth.
    minutes, used = np.array(found[len(found) // 4 :]).T
    slope = np.polyfit(minutes, used, 1)[0] * 60 if len(minutes) > 2 else float("nan")
    return f"{found[0][1]:.1f}, {found[-1][1]:.1f}, {slope:+.1f}"


PARTS = ("first_chart", "filter_changes", "following", "crowded", "smooth")


def measure(column: Column, given: argparse.Namespace) -> None:
    """Do each part of a column; after one that failed the next has a new server and a new browser."""
    left = list(column.parts)
    while left:
        part, begun = left[0], len(left)
        try:
            with column.served() as served, chrome.chromium() as browser:
                while left:
                    part = left.pop(0)
                    _told(column, part(browser, served, given), LONGEST + 60 * given.minutes + 3 * given.seconds)
        except Exception as error:
            if len(left) == begun:
                left.pop(0)
            column.failed.append(_name(part))
            why = next(iter(str(error).strip().splitlines()), "")
            print(f"{column.name}: {column.failed[-1]} FAILED: {type(error).__name__}: {why}", flush=True)


def _name(part: Part) -> str:
    return part.__qualname__.split(".")[0]


def _told(column: Column, rows: Rows, longest: float) -> None:
    # With what it waits for gone, whatever waits ends, and fails.
    watch = threading.Timer(longest, process.kill_all)
    watch.start()
    begun = time.monotonic()
    try:
        for what, value in rows:
            column.found[what] = value
            print(f"{column.name}: {what}: {value}", flush=True)
    except Exception as error:
        if time.monotonic() - begun < longest:
            raise
        raise TimeoutError(f"not done after {longest:.0f} s") from error
    finally:
        watch.cancel()


def columns(path: Path, posts: int, given: argparse.Namespace) -> list[Column]:
    """Streamlit first, as it loads nothing."""
    parts = [first_chart(OURS), filter_changes(OURS), following, crowded, smooth]
    if given.only:
        parts = [part for part in parts if _name(part) in given.only]
    ours = Column(f"Voxpop, {posts:,} posts", lambda: process.voxpop(path), parts)
    if not given.streamlit:
        return [ours]
    of_peer = [first_chart(PEER), filter_changes(PEER)]
    return [Column(f"Streamlit, {posts:,} posts", lambda: process.streamlit(path, given.streamlit), of_peer), ours]


def arguments() -> argparse.Namespace:
    """What the bench is told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=5, help="first visits")
    parser.add_argument("--changes", type=int, default=40, help="changes of the filter")
    parser.add_argument("--seconds", type=float, default=20, help="for each measurement of processor time")
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=2, help="that the heap is watched for")
    parser.add_argument("--only", nargs="+", metavar="PART", choices=PARTS, help="of ours: " + ", ".join(PARTS))
    has = sys.executable if importlib.util.find_spec("streamlit") else None
    parser.add_argument(
        "--streamlit", metavar="PYTHON", default=has, help="one that has it. [default: this one, if it has it]"
    )
    parser.add_argument("--scratch", type=Path, help="where stores go; those that are there and fresh are taken")
    parser.add_argument("--prepare", action="store_true", help="make the stores in --scratch, and stop")
    given = parser.parse_args()
    if given.prepare and not given.scratch:
        parser.error("--prepare needs --scratch: without it the stores would be gone at once")
    return given


def main() -> None:
    given = arguments()
    process.beside()
    process.end_with_all()
    done: list[Column] = []
    with tempfile.TemporaryDirectory() as temporary:
        stores = given.scratch or Path(temporary)
        stores.mkdir(parents=True, exist_ok=True)
        for posts in given.posts:
            path = made(stores, posts)
            if given.prepare:
                continue
            print(f"load average: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores", flush=True)
            # A copy is measured, for what is loaded meanwhile stays in it.
            with tempfile.TemporaryDirectory(dir=stores, prefix="measured-") as scratch:
                for column in columns(Path(shutil.copy(path, scratch)), posts, given):
                    done.append(column)
                    measure(column, given)
    if done:
        show(done)
    raise SystemExit(1 if any(column.failed for column in done) else 0)


def show(found: list[Column]) -> None:
    """One table in Markdown."""
    print("\n| |" + "".join(f" {column.name} |" for column in found))
    print("|---|" + "---|" * len(found))
    for what in dict.fromkeys(what for column in reversed(found) for what in column.found):
        print(f"| {what} |" + "".join(f" {column.found.get(what, '')} |" for column in found))
    if any(column.failed for column in found):
        print("| failed |" + "".join(f" {', '.join(column.failed)} |" for column in found))


if __name__ == "__main__":
    main()
