"""The stream scores what lands, by what is missing alone."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.posts import post
from voxpop import models
from voxpop.engines.spark import SparkEngine
from voxpop.log import Log, Tail, is_done
from voxpop.schema import to_batch
from voxpop.score import Job, ModelSpec
from voxpop.seams import Following
from voxpop.segment import Segment
from voxpop.spark.work import Work
from voxpop.testing import digest

pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")
pytestmark = pytest.mark.slow


def land(log: Log, count: int, tail: Tail | None = None) -> Tail:
    tail = tail or log.tail()
    for _ in range(count):
        _, tail = log.append(to_batch([post(f"good {tail.offset}"), post(f"awful {tail.offset}")]), tail, {})
    return tail


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = Log(tmp_path / "data")
    land(log, 6)
    return log


def job_of(log: Log) -> Job:
    spec = ModelSpec("onnx", models.find("en-small"))
    return Job(log.landing, log.scored(spec.open().model_id), spec)


def followed(engine: SparkEngine, job: Job, until: int, lines: list[str] | None = None) -> list[Segment]:
    """What the engine yields until it has yielded so many."""
    stopped, found = threading.Event(), []
    for segment in engine.follow(job, stopped):
        found.append(segment)
        if len(found) == until:
            stopped.set()
    return found


def test_what_is_there_and_what_lands_later_is_scored_as_by_the_job(spark: Any, log: Log, tmp_path: Path) -> None:
    lines: list[str] = []
    engine, job, stopped, found = SparkEngine(spark, lines.append), job_of(log), threading.Event(), []
    assert isinstance(engine, Following)
    for segment in engine.follow(job, stopped):
        found.append(segment)
        if len(found) == 6:
            land(log, 3)
        if len(found) == 9:
            stopped.set()
    assert sorted(found) == log.segments()
    direct = Job(log.landing, tmp_path / "direct", job.model)
    for segment in log.segments():
        direct(segment)
    assert digest(job.scored) == digest(direct.scored)
    assert "6 segments, 12 posts" in lines[0]
    assert "0 segments behind" in lines[0]


def test_only_what_is_missing_is_scored_whatever_spark_remembers(spark: Any, log: Log) -> None:
    engine, job = SparkEngine(spark), job_of(log)
    assert sorted(followed(engine, job, 6)) == log.segments()
    lost = log.segments()[2:4]
    kept = {segment: (job.scored / segment.path).stat().st_ino for segment in log.segments() if segment not in lost}
    for segment in lost:
        (job.scored / segment.path).unlink()
    assert sorted(followed(engine, job, 2)) == lost
    assert all((job.scored / segment.path).stat().st_ino == inode for segment, inode in kept.items())


def test_a_torn_segment_is_set_aside_and_the_others_go_on(spark: Any, log: Log) -> None:
    job, torn = job_of(log), log.segments()[1]
    path = log.landing / torn.path
    path.write_bytes(path.read_bytes()[:100])
    assert sorted(followed(SparkEngine(spark), job, 6)) == log.segments()
    assert "not a whole segment" in (job.scored / torn.path).with_suffix(".poison").read_text()
    assert sum((job.scored / segment.path).exists() for segment in log.segments()) == 5


def test_a_worker_opens_the_model_once(spark: Any, log: Log) -> None:
    work, segments = Work.of(job_of(log)), log.segments()
    rounds = [spark.sparkContext.parallelize(segments * 3, 18).map(work).collect() for _ in range(2)]
    assert [sum(report.posts for report in reports) for reports in rounds] == [36, 36]
    # Workers live on, and an earlier test may have had them open another model: the count must not rise any more.
    opened = {(report.worker, report.opened) for reports in rounds for report in reports}
    assert 1 <= len(opened) == len({worker for worker, _ in opened}) <= 2


def test_an_executor_that_sees_another_directory_says_so(spark: Any, log: Log, tmp_path: Path) -> None:
    job = Job(tmp_path / "elsewhere", log.scored("x"), job_of(log).model)
    with pytest.raises(Exception, match="does not see .*elsewhere.*; mount the data directory there, at the same path"):
        list(SparkEngine(spark).run(job, log.segments()))
    assert not any(is_done(job.scored, segment) for segment in log.segments())


def test_status_says_where_it_runs(spark: Any) -> None:
    assert SparkEngine(spark).status() == {"master": "local[2]", "executors": 1}
