"""How long it takes to build a view in which near-copies and authors' further posts are folded, and to ask it.

PYTHONPATH=src:. python bench/views.py [--posts 1000 10000 50000]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.copies import planted
from voxpop.insight.views import Builder, Window
from voxpop.schema import SCORED
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.period import MINUTE, Span
from voxpop.stores.queries import ALL, Filter
from voxpop.topics import Matcher, Topic

START = datetime(2026, 11, 19, tzinfo=UTC)
DAY = timedelta(days=1)
TOPICS = Matcher([Topic.read("ferry", "Ferry", "ferry"), Topic.read("coffee", "Coffee", "coffee OR tea")])
A_SEGMENT = 4096


def rows(count: int) -> list[dict[str, Any]]:
    """Invented posts of one day in ten countries, a third of them near-copies, by a fourth as many authors."""
    dice = random.Random(1)
    texts = [text for text, _, _ in planted(count * 9 // 10 + 100)][:count]
    found = []
    for number, text in enumerate(texts):
        at = START + DAY * number / count
        author = f"a{dice.randrange(max(1, count // 4))}"
        chances = (0.1, 0.2, 0.7) if dice.random() < 0.5 else (0.6, 0.3, 0.1)
        known = {
            "post_id": f"x:{number}", "op": "create", "source": "x", "author_id": author,
            "text": text, "kind": "original", "created_at": at, "received_at": at,
            "label": "positive" if chances[2] > 0.5 else "negative", "polarity": chances[2] - chances[0],
            "lang_detected": "en", "country": f"{dice.choice('ABCDEFGHIJ')}A", "geo_source": "none", "fingerprint": "",
            "model_id": "invented",
        }  # fmt: skip
        scores = dict(zip(("p_negative", "p_neutral", "p_positive"), chances, strict=True))
        found.append({**dict.fromkeys(SCORED.names), **known, **scores})
    return found


def measure(count: int) -> None:
    """Build the view of a day with so many posts, and ask it for its charts."""
    with tempfile.TemporaryDirectory() as directory:
        store = DuckDBStore.open(Path(directory) / "store.duckdb", TOPICS)
        made = rows(count)
        for first in range(0, count, A_SEGMENT):
            batch = pa.Table.from_pylist(made[first : first + A_SEGMENT], schema=SCORED)
            store.load(Segment("2026-11-19", first), batch)
        del made
        begun, busy = time.perf_counter(), time.process_time()
        view = Builder(store, count).view(Window(ALL, Span(START, START + DAY), True, False, True))
        built, busy = time.perf_counter() - begun, time.process_time() - busy
        filter = Filter(ALL, START, START + DAY)
        begun = time.process_time()
        queries.series(view.held, filter, MINUTE)  # type: ignore[arg-type]
        queries.by(view.held, filter, "country")  # type: ignore[arg-type]
        queries.posts(view.held, filter)  # type: ignore[arg-type]
        asked = time.process_time() - begun
        told = view.told
        print(
            f"{count:>8,} posts: built in {built:6.2f} s, {busy:6.2f} s of processor time; "
            f"three charts {asked * 1000:4.0f} ms of processor time"
        )
        print(f"{'':>8} {told.copies:,} copies, {told.repeats:,} further posts, {told.counted:,} count")
        store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one)
        return
    for count in given.posts:
        # A process of its own each, so that none profits from the one before.
        subprocess.run([sys.executable, __file__, "--one", str(count)], check=True)


if __name__ == "__main__":
    main()
