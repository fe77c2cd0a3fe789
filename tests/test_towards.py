"""The stage that scores posts towards a topic: its rows, its laws, back-fill, and what it leaves to others."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.posts import post
from voxpop import models
from voxpop import segment as segments
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.log import Log, Tail
from voxpop.schema import Post, to_batch
from voxpop.score import Job, ModelSpec
from voxpop.testing import check_engine, digest
from voxpop.topics import Topic
from voxpop.towards import TOWARDS, Stage, TowardsJob, key

OVERALL = ModelSpec("onnx", models.find("en-small"))
MODEL = OVERALL.open().model_id
TOPIC = Topic.read("tea", "Tea", "tea OR #oolong")
ENGINE = EmbeddedEngine()


def landed(root: Path, *batches: list[Post]) -> Log:
    """A log of a segment for each batch, scored overall."""
    log, tail = Log(root), Tail()
    job = Job(log.landing, log.scored(MODEL), OVERALL)
    for posts in batches:
        segment, tail = log.append(to_batch(posts), tail, {})
        job(segment)
    return log


def stage(log: Log, directory: Path, topic: Topic = TOPIC) -> Stage:
    return Stage(log, MODEL, ModelSpec("onnx", directory), topic)


def rows(one: Stage) -> list[dict[str, Any]]:
    paths = sorted(one.directory.glob("*/*.parquet"))
    return [row for path in paths for row in segments.read(path).to_pylist()]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return landed(
        tmp_path,
        [post("I love tea, best drink ever"), post("nothing to see"), post("this tea is awful", op="update")],
        [post("no match here"), post("still none")],
        [post("what is #oolong"), post("tea", op="delete"), post("der Tee, tea, ist schlecht", lang="de")],
    )


def test_only_posts_on_the_topic_have_a_row_with_their_place(log: Log, pair_model: Path) -> None:
    one = stage(log, pair_model)
    assert one.catch_up(ENGINE) == 3
    assert [(row["position"], row["post_id"]) for row in rows(one)] == [
        (0, "test:I love tea, best drink ever"),
        (2, "test:this tea is awful"),
        (5, "test:what is #oolong"),
        (7, "test:der Tee, tea, ist schlecht"),
    ]


def test_a_segment_has_the_same_name_and_no_column_with_content(log: Log, pair_model: Path) -> None:
    one = stage(log, pair_model)
    one.catch_up(ENGINE)
    for segment in log.segments():
        path = one.directory / segment.path
        assert pq.read_schema(path).remove_metadata() == TOWARDS
        assert segments.read_footer(path) == {"offset": segment.offset, "rows": segments.read(path).num_rows}
    assert not {"text", "author", "author_id", "url"} & set(TOWARDS.names)


def test_a_language_the_model_cannot_read_is_unscored(log: Log, pair_model: Path) -> None:
    one = stage(log, pair_model)
    one.catch_up(ENGINE)
    assert [row["label"] == "unscored" for row in rows(one)] == [False, False, False, True]


def test_what_is_missing_is_the_difference_of_two_directories(log: Log, pair_model: Path) -> None:
    one = stage(log, pair_model)
    assert one.missing() == log.segments()
    one.catch_up(ENGINE)
    assert one.missing() == []
    first = log.segments()[0]
    before = digest(one.directory)
    (one.directory / first.path).unlink()
    assert one.missing() == [first]
    one.catch_up(ENGINE)
    assert digest(one.directory) == before


def test_what_is_not_scored_overall_yet_is_not_asked_for(log: Log, pair_model: Path) -> None:
    log.append(to_batch([post("tea again")]), log.tail(), {})
    assert len(stage(log, pair_model).missing()) == len(log.segments()) - 1


def test_another_topic_another_title_or_another_query_has_its_own_past(log: Log, pair_model: Path) -> None:
    one = stage(log, pair_model)
    one.catch_up(ENGINE)
    for other in (
        Topic.read("coffee", "Tea", "tea OR #oolong"),
        Topic.read("tea", "Green tea", "tea OR #oolong"),
        Topic.read("tea", "Tea", "tea"),
    ):
        assert key(other) != key(TOPIC)
        assert stage(log, pair_model, other).missing() == log.segments()
    assert key(Topic.read("tea", "Tea", "#oolong OR tea")) == key(TOPIC)


def test_the_engines_law_holds_for_this_job(log: Log, tmp_path: Path, pair_model: Path) -> None:
    check_engine(ENGINE, stage(log, pair_model).job, log.segments(), tmp_path / "scratch")


def test_the_job_travels_to_another_process(log: Log, pair_model: Path) -> None:
    job = stage(log, pair_model).job
    assert pickle.loads(pickle.dumps(job)) == job
    worker = job.for_worker()
    assert isinstance(worker, TowardsJob)
    assert worker.topic == TOPIC
    assert worker.landing.is_absolute()


def test_a_scored_segment_that_is_torn_is_set_aside_and_tried_again(log: Log, pair_model: Path) -> None:
    one, first = stage(log, pair_model), log.segments()[0]
    path = log.scored(MODEL) / first.path
    whole = path.read_bytes()
    path.write_bytes(b"PAR1 torn")
    assert one.catch_up(ENGINE) == 3
    assert "not a whole segment" in (one.directory / first.path).with_suffix(".poison").read_text()
    path.write_bytes(whole)
    assert one.catch_up(ENGINE) == 1
    assert rows(one)[0]["position"] == 0


def test_counts_stand_beside_the_overall_ones(log: Log, pair_model: Path) -> None:
    one = stage(log, pair_model)
    one.catch_up(ENGINE)
    counts = one.counts()
    overall = {row["position"]: row for row in rows(one)}
    assert counts["n"] == sum(counts["towards"].values()) == sum(counts["overall"].values()) == len(overall)
    assert counts["towards"]["unscored"] == counts["overall"]["unscored"] == 1


def test_a_post_counts_once_in_its_newest_version(tmp_path: Path, pair_model: Path) -> None:
    edited = post("I hate tea, awful", op="update", post_id="test:1")
    log = landed(tmp_path, [post("I love tea", post_id="test:1")], [edited])
    one = stage(log, pair_model)
    one.catch_up(ENGINE)
    counts = one.counts()
    assert (counts["n"], counts["overall"]["negative"]) == (1, 1)


def test_no_segments_are_no_counts(tmp_path: Path, pair_model: Path) -> None:
    one = stage(Log(tmp_path), pair_model)
    assert one.catch_up(ENGINE) == 0
    assert one.counts()["n"] == 0


LOOP = """
import sys
from pathlib import Path
from tests.test_towards import ENGINE, stage
from voxpop.log import Log
stage(Log(Path(sys.argv[1])), Path(sys.argv[2])).catch_up(ENGINE, lambda done: print("done", flush=True))
"""


def test_killed_and_started_again_it_ends_in_the_same_bytes(tmp_path: Path, pair_model: Path) -> None:
    posts = [[post(f"tea number {at} of {many}, so good") for at in range(64)] for many in range(6)]
    log, whole = landed(tmp_path / "killed", *posts), landed(tmp_path / "whole", *posts)
    stage(whole, pair_model).catch_up(ENGINE)
    killed = subprocess.Popen(
        [sys.executable, "-c", LOOP, str(tmp_path / "killed"), str(pair_model)], stdout=subprocess.PIPE
    )
    assert killed.stdout is not None
    killed.stdout.readline()
    killed.kill()
    killed.wait()
    killed.stdout.close()
    assert stage(log, pair_model).missing()
    stage(log, pair_model).catch_up(ENGINE)
    assert digest(stage(log, pair_model).directory) == digest(stage(whole, pair_model).directory)
