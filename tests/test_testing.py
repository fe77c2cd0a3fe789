"""The laws of every seam, run on every implementation that is registered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.posts import post
from tests.stores.places import KINDS, places
from voxpop import models, registry
from voxpop.log import Log
from voxpop.schema import to_batch
from voxpop.score import Job, ModelSpec
from voxpop.seams import Engine, Source
from voxpop.sources.files import FilesSource
from voxpop.sources.replay import Replay, ReplaySource
from voxpop.stores import queries
from voxpop.stores.queries import Filter
from voxpop.testing import check_engine, check_scorer, check_source, check_store
from voxpop.topics import PRESETS, Matcher, Topic
from voxpop.towards import TowardsJob

FIXTURES = Path(__file__).parent / "fixtures" / "files"
EN_SMALL = models.find("en-small")

SOURCES: dict[str, Callable[[], Source]] = {
    "files": lambda: FilesSource([FIXTURES]),
    "replay": lambda: ReplaySource([FIXTURES / "jetstream.jsonl", FIXTURES / "x_stream.jsonl"], Replay(speed=3600)),
}


LIVE = {"bluesky", "mastodon", "x"}
"""Sources without an end: their laws are checked beside their servers, in tests/sources."""


def test_no_registered_source_is_left_out() -> None:
    assert sorted({*SOURCES, *LIVE}) == registry.names("sources")


@pytest.mark.parametrize("name", SOURCES)
def test_the_laws_of_a_source_hold(name: str) -> None:
    check_source(SOURCES[name])


@pytest.mark.parametrize("name", registry.names("scorers"))
@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=1), data=st.data())
def test_the_laws_of_a_scorer_hold(name: str, texts: list[str | None], data: st.DataObject) -> None:
    # From memory the split law would hold for anything.
    forgetful = {"remembered": 0} if name == "onnx" else {}
    scorer: Any = registry.load("scorers", name).open(EN_SMALL, threads=2, **forgetful)
    check_scorer(scorer, [*texts, "so good", "so bad"], data.draw(st.integers(0, len(texts) + 2)))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log, tail = Log(tmp_path), Log(tmp_path).tail()
    for texts in (["good", "bad"], ["meh"], ["", "awful!!", "gta6 so late", "so late"]):
        _, tail = log.append(to_batch([post(text) for text in texts]), tail, {})
    return log


ENGINES = {"embedded": (), "dask": ("dask",), "spark": ("spark",)}
"""Each engine and the fixtures that it is made of."""


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.slow][: len(needs)]) for name, needs in ENGINES.items()])
def engine(request: pytest.FixtureRequest) -> Engine:
    parts = [request.getfixturevalue(part) for part in ENGINES[request.param]]
    made: Engine = registry.load("engines", request.param)(*parts)
    return made


def test_the_laws_of_an_engine_hold(engine: Engine, log: Log, tmp_path: Path) -> None:
    job = Job(log.landing, tmp_path / "unused", ModelSpec("onnx", EN_SMALL))
    check_engine(engine, job, log.segments(), tmp_path / "scratch")


def test_the_laws_of_an_engine_hold_for_the_stage_towards_a_topic(
    engine: Engine, log: Log, pair_model: Path, tmp_path: Path
) -> None:
    overall = Job(log.landing, log.scored("en-small"), ModelSpec("onnx", EN_SMALL))
    for segment in log.segments():
        overall(segment)
    topic = Topic.read("late", "GTA 6", "late OR gta6")
    job = TowardsJob(overall.scored, tmp_path / "unused", ModelSpec("onnx", pair_model), topic)
    check_engine(engine, job, log.segments(), tmp_path / "scratch")


def test_no_registered_engine_is_left_out() -> None:
    assert sorted(ENGINES) == registry.names("engines")


def test_another_model_gives_other_bytes(engine: Engine, log: Log, tmp_path: Path) -> None:
    for kind in ("onnx", "lexicon"):
        job = Job(log.landing, tmp_path / kind, ModelSpec(kind, EN_SMALL))
        assert sorted(engine.run(job, log.segments())) == log.segments()
    first = log.segments()[0].path
    assert (tmp_path / "onnx" / first).read_bytes() != (tmp_path / "lexicon" / first).read_bytes()


def test_no_registered_store_is_left_out() -> None:
    assert list(KINDS) == registry.names("stores")


@pytest.mark.parametrize("kind", KINDS)
def test_the_laws_of_a_store_hold(kind: str, log: Log, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    job = Job(log.landing, log.scored("m"), ModelSpec("onnx", EN_SMALL))
    for segment in log.segments():
        job(segment)
    server = request.getfixturevalue("postgres") if kind == "postgres" else None
    with places(server, tmp_path) as make:
        store = make().open(Matcher(list(PRESETS.values())))
        assert isinstance(store, registry.load("stores", kind))
        check_store(store, job.scored, log.segments())
        assert queries.totals(store, Filter()).n == 7
        assert queries.totals(store, Filter("gta6")).n == 1
