"""The Dask engine on a scheduler and workers that are processes of their own, and may die."""

from __future__ import annotations

import signal
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.dask_cluster import DaskCluster, dask_cluster
from tests.posts import post
from voxpop import models
from voxpop.engines.dask import DaskEngine, _result
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.schema import to_batch
from voxpop.score import Job, ModelSpec
from voxpop.segment import Segment
from voxpop.testing import digest

pytest.importorskip("distributed", reason="install Dask with pip install 'voxpop[dask]'")
pytestmark = pytest.mark.slow


@pytest.fixture
def job(tmp_path: Path) -> Job:
    log, tail = Log(tmp_path / "data"), Log(tmp_path / "data").tail()
    for at in range(24):
        _, tail = log.append(to_batch([post(f"good {at}"), post(f"bad {at}")]), tail, {})
    return Job(log.landing, log.scored("m"), ModelSpec("onnx", models.find("en-small")))


def landed(job: Job) -> list[Segment]:
    return Log(job.landing.parent).segments()


def client_of(cluster: DaskCluster) -> Any:
    from voxpop.dask.client import opened

    return opened(cluster.address)


def halted(cluster: DaskCluster, client: Any) -> None:
    """Stop one worker where it is, so that it holds work which it does not do."""
    client.wait_for_workers(2, timeout=60)
    cluster.workers[0].send_signal(signal.SIGSTOP)


def test_a_worker_that_is_killed_in_mid_job_is_made_up_for(job: Job, tmp_path: Path) -> None:
    direct = replace(job, scored=tmp_path / "direct")
    list(EmbeddedEngine().run(direct, landed(job)))
    with dask_cluster(tmp_path, 2) as cluster, client_of(cluster) as client:
        halted(cluster, client)
        running = DaskEngine(client).run(job, landed(job))
        done = [next(running)]
        assert len(landed(job)) > len(list(job.scored.rglob("*.parquet")))
        cluster.workers[0].kill()
        done += running
    assert sorted(done) == landed(job)
    assert digest(job.scored) == digest(direct.scored)


def test_work_over_which_workers_die_ends_in_a_sentence(job: Job, tmp_path: Path) -> None:
    first = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with dask_cluster(tmp_path, 2, first) as cluster, client_of(cluster) as client:
        halted(cluster, client)
        running = DaskEngine(client).run(job, landed(job))
        next(running)
        cluster.workers[0].kill()
        with pytest.raises(Terminal, match=r"^1 Dask workers died .* over \d{4}-\d\d-\d\d/0+\d+\.parquet"):
            list(running)


def test_a_scheduler_that_goes_in_mid_job_ends_in_a_sentence(job: Job, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 2) as cluster, client_of(cluster) as client:
        halted(cluster, client)
        running = DaskEngine(client).run(job, landed(job))
        next(running)
        cluster.scheduler.kill()
        with pytest.raises(Terminal, match="scheduler is gone"):
            list(running)
        with pytest.raises(Terminal, match="scheduler is gone"):
            list(DaskEngine(client).run(job, landed(job)))


def test_a_scheduler_that_goes_while_a_result_is_fetched_ends_in_the_same_sentence() -> None:
    from distributed.comm import CommClosedError

    class Lost:
        """What a future does in that moment, which no test can hit at will."""

        def result(self) -> None:
            raise CommClosedError("Connection reset by peer")

    with pytest.raises(Terminal, match="scheduler is gone"):
        _result(cast(Any, Lost()), ())


def test_left_early_nothing_more_is_computed(job: Job, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 2) as cluster, client_of(cluster) as client:
        halted(cluster, client)
        running = DaskEngine(client).run(job, landed(job))
        next(running)
        cast(Generator[Segment, None, None], running).close()
        cluster.workers[0].kill()
        # Cancelling is a message: it takes the scheduler some time.
        deadline = time.monotonic() + 60
        while any(client.processing().values()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(client.processing().values())
        assert len(list(job.scored.rglob("*.parquet"))) < len(landed(job))


@pytest.mark.parametrize("part", ["landing", "scored"])
def test_a_log_that_workers_do_not_see_ends_in_a_sentence(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    # One path that is another place for each process, as one without the mount has it.
    monkeypatch.chdir(tmp_path)
    there = replace(job, **{part: "/proc/self/cwd" / getattr(job, part).relative_to(tmp_path)})
    with dask_cluster(tmp_path, 0) as cluster, client_of(cluster) as client:
        (tmp_path / "elsewhere").mkdir()
        cluster.start_worker(directory=tmp_path / "elsewhere")
        client.wait_for_workers(1, timeout=60)
        with pytest.raises(Terminal, match="mount the data directory"):
            list(DaskEngine(client, patience=1.0).run(there, landed(job)))


def test_without_a_worker_it_says_how_to_start_one(job: Job, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 0) as cluster, client_of(cluster) as client:
        with pytest.raises(Terminal, match=f"start one with `dask worker {cluster.address} --nthreads 1`"):
            list(DaskEngine(client, patience=1.0).run(job, landed(job)))


def test_a_relative_path_is_that_of_the_driver(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    relative = replace(job, landing=Path("data/landing"), scored=Path("data/scored/m"))
    with dask_cluster(tmp_path, 0) as cluster, client_of(cluster) as client:
        cluster.start_worker(directory=Path("/"))
        assert sorted(DaskEngine(client).run(relative, landed(job))) == landed(job)
