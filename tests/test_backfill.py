from __future__ import annotations

import threading
from pathlib import Path

from tests.stores.scored import MODEL, TOPICS, cut, event
from voxpop import segment as segments
from voxpop.backfill import Backfill
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Filter
from voxpop.topics import Matcher, Topic

WITH_PLUM = Matcher([*TOPICS.topics, Topic.read("plum", "Plum", "plum")])
PIECES = cut([event(f"test:{number}", "a plum") for number in range(4)], range(4))


def filled(path: Path) -> DuckDBStore:
    store = DuckDBStore.open(path / "store.duckdb", TOPICS)
    store.reset(TOPICS.digest, MODEL)
    for segment, batch in PIECES:
        segments.write(path / "scored" / segment.path, batch, {})
        store.load(segment, batch)
    store.follow(WITH_PLUM)
    return store


def test_the_past_is_counted_newest_first_and_a_stopped_one_goes_on(tmp_path: Path) -> None:
    store = filled(tmp_path)
    done: list[segments.Segment] = []

    def watch(segment: segments.Segment) -> None:
        done.append(segment)
        backfill.stop()

    backfill = Backfill(store, tmp_path / "scored", watch)
    assert backfill.catch_up() == 1
    assert done == [PIECES[-1][0]]
    assert Backfill(store, tmp_path / "scored").catch_up() == 3
    assert queries.totals(store, Filter("plum")).n == 4
    store.close()


def test_a_scored_segment_that_is_away_or_damaged_is_done_when_it_is_back(tmp_path: Path) -> None:
    store = filled(tmp_path)
    first, second = (tmp_path / "scored" / PIECES[at][0].path for at in (0, 1))
    first.unlink()
    second.write_bytes(b"torn")
    assert Backfill(store, tmp_path / "scored").catch_up() == 2
    assert not second.exists() and len(store.lacking()) == 2
    for at in (0, 1):
        segments.write(tmp_path / "scored" / PIECES[at][0].path, PIECES[at][1], {})
    assert Backfill(store, tmp_path / "scored").catch_up() == 2
    assert queries.totals(store, Filter("plum")).n == 4
    store.close()


def test_it_runs_beside_loading_until_it_is_stopped(tmp_path: Path) -> None:
    store = filled(tmp_path)
    backfill = Backfill(store, tmp_path / "scored")
    worker = threading.Thread(target=backfill.run)
    worker.start()
    for number, (_, batch) in enumerate(cut([event(f"late:{at}", "plum") for at in range(4)], range(4)), 4):
        store.load(segments.Segment("2026-11-19", number), batch)
    while store.lacking():
        worker.join(0.05)
    backfill.stop()
    worker.join(30)
    assert not worker.is_alive()
    assert queries.totals(store, Filter("plum")).n == 8
    store.close()
