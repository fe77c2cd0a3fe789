from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.posts import post
from voxpop import models
from voxpop import segment as segments
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.errors import Transient
from voxpop.log import Log
from voxpop.pipeline import Loads, Parts, Pipeline
from voxpop.schema import to_batch
from voxpop.score import Job, ModelSpec
from voxpop.seams import Store
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Filter
from voxpop.topics import PRESETS, Matcher

SPEC = ModelSpec("onnx", models.find("en-small"))
MODEL_ID = SPEC.open().model_id


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    log = Log(tmp_path)
    for number in range(3):
        log.append(to_batch([post(f"gta6 is good {number}"), post(f"gta6 is bad {number}")]), log.tail(), {})
    store = DuckDBStore.open(tmp_path / "store.duckdb", Matcher(list(PRESETS.values())))
    yield Parts(log, EmbeddedEngine(), Job(log.landing, log.scored(MODEL_ID), SPEC), MODEL_ID, store)
    store.close()


def test_everything_that_landed_is_scored_and_loaded_once(parts: Parts) -> None:
    first, again = Pipeline(parts), Pipeline(parts)
    assert first.catch_up() == 3
    assert again.catch_up() == 0
    assert (first.loads.segments, first.loads.scored, again.loads) == (3, 3, Loads())
    assert first.loads.posts > 3 and first.loads.seconds > 0
    assert queries.totals(parts.store, Filter("gta6")).n == 6


def test_what_was_scored_but_not_loaded_is_loaded_first(parts: Parts) -> None:
    for segment in parts.log.segments():
        parts.job(segment)
    assert Pipeline(parts).step() == 3


def test_a_damaged_scored_segment_is_scored_again(parts: Parts) -> None:
    first = parts.log.segments()[0]
    parts.job(first)
    (parts.job.scored / first.path).write_bytes(b"torn")
    assert Pipeline(parts).catch_up() == 3


def test_a_poisoned_landing_segment_does_not_hold_up_the_others(parts: Parts) -> None:
    first, second, third = parts.log.segments()
    (parts.log.landing / second.path).write_bytes(b"torn")
    assert Pipeline(parts).catch_up() == 2
    assert parts.store.loaded() == {first, third}


def test_a_pipeline_follows_what_lands_until_it_is_stopped(parts: Parts) -> None:
    seen: list[Segment] = []
    pipeline = Pipeline(parts, seen.append)
    worker = threading.Thread(target=pipeline.run)
    worker.start()
    while len(seen) < 3:
        worker.join(0.05)
    landed, _ = parts.log.append(to_batch([post("gta6 came late")]), parts.log.tail(), {})
    while len(seen) < 4:
        worker.join(0.05)
    pipeline.stop()
    worker.join(30)
    assert not worker.is_alive()
    assert seen[-1] == landed


def test_a_stopped_pipeline_leaves_the_rest_missing(parts: Parts) -> None:
    pipeline = Pipeline(parts, lambda segment: pipeline.stop())
    assert pipeline.step() == 1
    assert len(parts.log.missing(MODEL_ID)) == 2
    assert segments.read(parts.job.scored / parts.log.segments()[0].path).num_rows == 2


class WideEngine(EmbeddedEngine):
    """Says that it has cores, and remembers how many segments it was given at once."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def cores(self) -> int:
        return 2

    def run(self, job: Job, segments: Sequence[Segment]) -> Iterator[Segment]:
        self.given.append(len(segments))
        return super().run(job, segments)


def test_an_engine_of_many_cores_is_given_more_segments_a_round(parts: Parts) -> None:
    for number in range(64):
        parts.log.append(to_batch([post(f"{number}")]), parts.log.tail(), {})
    engine = WideEngine()
    assert Pipeline(replace(parts, engine=engine)).catch_up() == 67
    assert engine.given[0] == 67


class Away:
    """A store that is away for a number of loads."""

    def __init__(self, store: Store, times: int) -> None:
        self.store, self.times = store, times

    def load(self, segment: Segment, batch: pa.Table) -> bool:
        self.times -= 1
        if self.times >= 0:
            raise Transient("the store is away", retry_after=0.01)
        return self.store.load(segment, batch)

    def loaded(self) -> set[Segment]:
        return self.store.loaded()

    def query(self, name: str, **params: Any) -> pa.Table:
        return self.store.query(name, **params)


def test_what_cannot_be_loaded_is_scored_and_loaded_when_the_store_is_back(parts: Parts) -> None:
    said: list[str] = []
    refreshed: list[bool] = []
    store = Away(parts.store, 5)
    pipeline = Pipeline(replace(parts, store=store, say=said.append, refresh=lambda: refreshed.append(True)))
    assert pipeline.step() == 0
    assert parts.log.missing(MODEL_ID) == [] and pipeline.trouble == "the store is away"
    assert pipeline.catch_up() == 3
    assert pipeline.trouble is None and len(said) == 2 and len(refreshed) == 5
    assert queries.totals(parts.store, Filter("gta6")).n == 6
