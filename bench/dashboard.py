"""What a reader of the dashboard waits for, and what one who keeps it open costs; beside a page made with Streamlit.

    make bench-dashboard ARGS='--posts 1000000 10000000 --minutes 2'

A store of a year of invented posts is opened by a server on one core; headless Chromium, and the clients that stand for
many readers, have the others. Times are the page's own: from navigation until the first bars of the chart are drawn (a
first visit, and another with what the browser kept), and from a click on a topic until numbers and chart are of it. The
page of Streamlit asks the same queries of the same store, and draws less. An update is what a second of posts changes;
what it costs is the processor time of the server while a page is open, less that while none is, over the updates.
Viewers are in time if the numbers are there a second after the update. Long tasks are those over 50 ms while the chart
of a day of 100,000 posts is zoomed, moved and filtered. `--minutes 60` is the full run of the heap.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import sys
import tempfile
import time
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
Rows = dict[str, str]


def made(directory: Path, posts: int) -> Path:
    """A store of a year of so many posts that ends now; one that is there already is taken."""
    path = directory / f"dashboard-{posts}.duckdb"
    if not path.exists():
        folded = Folded(directory / f"history-{posts}")
        history(posts, folded, datetime.now(UTC).replace(second=0, microsecond=0))
        store = DuckDBStore.open(path, TOPICS)
        store.replace(folded, entries(), MODEL)
        store.close()
    return path


def waiting(browser: Browser, served: Measured, kind: Kind, given: argparse.Namespace) -> Rows:
    """The first chart, and changes of the filter."""
    new, again = chrome.first_chart(browser, served.url, kind, given.rounds)
    with chrome.context(browser) as visitor:
        took = chrome.filter_changes(chrome.opened(visitor, served.url, kind), kind, given.changes)
    late = [float(np.percentile(took, at)) for at in (50, 95)]
    return {
        "first chart, first visit, ms": f"{median(new):,.0f}",
        "first chart, next visit, ms": f"{median(again):,.0f}",
        "filter change, p50 / p95, ms": f"{late[0]:,.0f} / {late[1]:,.0f}",
    }


def following(browser: Browser, served: Measured, given: argparse.Namespace) -> Rows:
    """What an open page costs, what it grows to, and how many the server can do."""
    served.tell(f"load {RATE}")
    alone = spent(served, given.seconds)
    with chrome.context(browser) as visitor:
        page = chrome.opened(visitor, served.url, OURS)
        bodies = chrome.questions(page)
        one = spent(served, given.seconds)
        grown = chrome.heap(page, given.minutes)
    begun, first = time.monotonic(), served.cpu()
    seen = asyncio.run(viewers.watch(served.url, bodies, given.viewers, given.seconds))
    busy = (served.cpu() - first) / (time.monotonic() - begun)
    served.tell("load 0")
    late = np.percentile(seen.answered or [np.inf], 95)
    many = f"{given.viewers} viewers"
    return {
        "server's CPU for an update and viewer, ms": f"{1000 * (one - alone):,.1f}",
        f"{many}: updates answered in a second": f"{100 * seen.in_time:.1f} %",
        f"{many}: p95 until an answer, s; core in use": f"{late:.2f}; {100 * busy:.0f} %",
        f"JS heap, MB: begin, end, per hour ({given.minutes:g} min)": _grown(grown),
    }


def spent(served: Measured, seconds: float) -> float:
    """Processor seconds a second, which is an update."""
    time.sleep(2)
    begun, first = time.monotonic(), served.cpu()
    time.sleep(seconds)
    return (served.cpu() - first) / (time.monotonic() - begun)


def smooth(browser: Browser, served: Measured) -> Rows:
    """The chart of a day of many posts under a reader's hands."""
    served.tell(f"day {DAY}")
    assert served.hear() == "loaded"
    with chrome.context(browser) as visitor:
        count, longest = chrome.moved(chrome.opened(visitor, served.url, OURS))
    return {f"long tasks over a day of {DAY:,} more posts; longest, ms": f"{count}; {longest:.0f}"}


def _grown(found: list[tuple[float, float]]) -> str:
    # What a page takes as it settles is no growth.
    minutes, used = np.array(found[len(found) // 4 :]).T
    slope = np.polyfit(minutes, used, 1)[0] * 60 if len(minutes) > 2 else float("nan")
    return f"{found[0][1]:.1f}, {found[-1][1]:.1f}, {slope:+.1f}"


def measured(browser: Browser, posts: int, given: argparse.Namespace, directory: Path) -> tuple[Rows, Rows]:
    """All of it over one store; Streamlit first, as it loads nothing."""
    path = made(directory, posts)
    peer: Rows = {}
    if given.streamlit:
        with process.streamlit(path, given.streamlit) as served:
            peer = waiting(browser, served, PEER, given)
    with process.voxpop(path) as served:
        ours = waiting(browser, served, OURS, given)
        ours |= following(browser, served, given)
        ours |= smooth(browser, served)
    return ours, peer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=5, help="first visits")
    parser.add_argument("--changes", type=int, default=40, help="changes of the filter")
    parser.add_argument("--seconds", type=float, default=20, help="for each measurement of processor time")
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=2, help="that the heap is watched for")
    parser.add_argument(
        "--streamlit", metavar="PYTHON", help="one that has Streamlit. [default: this one, if it has it]"
    )
    parser.add_argument("--scratch", type=Path, help="where stores go; those that are there are taken")
    given = parser.parse_args()
    has = importlib.util.find_spec("streamlit") is not None
    given.streamlit = given.streamlit or (sys.executable if has else None)
    process.beside()
    columns: list[tuple[str, Rows]] = []
    with tempfile.TemporaryDirectory() as temporary, chrome.chromium() as browser:
        for posts in given.posts:
            ours, peer = measured(browser, posts, given, given.scratch or Path(temporary))
            columns += [(f"Voxpop, {posts:,}", ours), *([(f"Streamlit, {posts:,}", peer)] if peer else [])]
            show(columns)


def show(columns: list[tuple[str, Rows]]) -> None:
    """One table in Markdown."""
    print(f"\nLoad average before: {os.getloadavg()[2]:.1f} of {os.cpu_count()} cores\n")
    print("| |" + "".join(f" {name} posts |" for name, _ in columns))
    print("|---|" + "---|" * len(columns))
    for what in columns[0][1]:
        print(f"| {what} |" + "".join(f" {rows.get(what, '')} |" for _, rows in columns))


if __name__ == "__main__":
    main()
