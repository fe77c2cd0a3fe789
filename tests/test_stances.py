"""What is scored towards topics comes into the store by itself: past and present, once, and back out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.posts import post
from tests.running import until
from tests.test_towards import ENGINE, MODEL, TOPIC, landed, stage
from voxpop import segment as segments
from voxpop.log import Log
from voxpop.stances import Stances
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Filter
from voxpop.topics import Matcher, Topic
from voxpop.towards import Stage

TEA = Filter("tea", towards=True)
POSTS = [
    [post("I love tea, best drink ever"), post("nothing to see"), post("this tea is awful")],
    [post("no match here")],
    [post("what is #oolong"), post("tea, tea, tea")],
]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return landed(tmp_path, *POSTS)


@pytest.fixture
def store(log: Log, tmp_path: Path) -> Iterator[DuckDBStore]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", Matcher([TOPIC]))
    for segment in log.segments():
        store.load(segment, segments.read(log.scored(MODEL) / segment.path))
    yield store
    store.close()


def counts(store: DuckDBStore) -> dict[str, int]:
    found = queries.totals(store, TEA)
    return {"negative": found.n_neg, "neutral": found.n_neu, "positive": found.n_pos, "unscored": found.n_unscored}


def test_the_past_is_scored_and_counted_as_the_stage_says(log: Log, store: DuckDBStore, pair_model: Path) -> None:
    one = stage(log, pair_model)
    seen: list[segments.Segment] = []
    assert Stances(store, lambda: [one], seen.append).catch_up() == 3
    assert seen == log.segments()[::-1]
    assert counts(store) == one.counts()["towards"]
    assert sum(counts(store).values()) == 4
    assert Stances(store, lambda: [one]).catch_up() == 0


def test_what_was_scored_before_is_not_scored_again(log: Log, store: DuckDBStore, pair_model: Path) -> None:
    one = stage(log, pair_model)
    one.catch_up(ENGINE)
    before = {path: path.stat().st_mtime_ns for path in one.directory.glob("*/*")}
    Stances(store, lambda: [one]).catch_up()
    assert {path: path.stat().st_mtime_ns for path in one.directory.glob("*/*")} == before
    assert sum(counts(store).values()) == 4


def test_a_damaged_segment_is_removed_and_done_at_the_next_start(
    log: Log, store: DuckDBStore, pair_model: Path
) -> None:
    one = stage(log, pair_model)
    one.catch_up(ENGINE)
    (one.directory / log.segments()[0].path).write_bytes(b"PAR1 and no more")
    assert Stances(store, lambda: [one]).catch_up() == 2
    assert Stances(store, lambda: [one]).catch_up() == 1
    assert sum(counts(store).values()) == 4


def test_a_scored_segment_that_cannot_be_read_is_set_aside(log: Log, store: DuckDBStore, pair_model: Path) -> None:
    (log.scored(MODEL) / log.segments()[2].path).write_bytes(b"PAR1 and no more")
    assert Stances(store, lambda: [stage(log, pair_model)]).catch_up() == 2
    assert sum(counts(store).values()) == 2


def test_another_title_counts_anew_and_a_topic_that_goes_counts_no_more(
    log: Log, store: DuckDBStore, pair_model: Path
) -> None:
    stages = [stage(log, pair_model)]
    working = Stances(store, lambda: stages)
    working.catch_up()
    stages[:] = [stage(log, pair_model, Topic.read("tea", "Green tea", "tea OR #oolong"))]
    assert working.catch_up() == 3
    assert counts(store) == stages[0].counts()["towards"]
    stages.clear()
    assert working.catch_up() == 0
    assert sum(counts(store).values()) == 0


def test_it_works_beside_loads_until_it_is_stopped(log: Log, store: DuckDBStore, pair_model: Path) -> None:
    stages: list[Stage] = []
    working = Stances(store, lambda: stages)
    thread = threading.Thread(target=working.run)
    thread.start()
    stages.append(stage(log, pair_model))
    until(lambda: sum(counts(store).values()) == 4)
    working.stop()
    thread.join(30)
    assert not thread.is_alive()
