"""On a real cluster, whatever is killed: `scored/` ends as the embedded engine's, byte for byte."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.command import answer
from tests.posts import post
from tests.spark.cluster import Cluster, is_alive, standalone, until
from voxpop.log import Log
from voxpop.schema import to_batch
from voxpop.testing import digest

pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")
pytestmark = pytest.mark.slow
SEGMENTS, POSTS, TORN = 20, 100, 7


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with standalone(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Segments that take a while, one of them torn."""
    log = Log(tmp_path_factory.mktemp("landed"))
    tail = log.tail()
    for _ in range(SEGMENTS):
        texts = [f"the servers of game {tail.offset + at} are {'great' if at % 3 else 'awful'}" for at in range(POSTS)]
        _, tail = log.append(to_batch([post(text) for text in texts]), tail, {})
    torn = log.landing / log.segments()[TORN].path
    torn.write_bytes(torn.read_bytes()[:1000])
    return log.root


@pytest.fixture(scope="module")
def embedded(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    data = tmp_path_factory.mktemp("embedded") / "data"
    shutil.copytree(landed, data)
    answer("run", "--once", "--data", data)
    return digest(scored(data))


@pytest.fixture
def data(landed: Path, tmp_path: Path) -> Path:
    shutil.copytree(landed, tmp_path / "data")
    return tmp_path / "data"


def scored(data: Path) -> Path:
    (found,) = (data / "scored").iterdir()
    return found


def done(data: Path) -> int:
    return len(list(data.glob("scored/*/*/[0-9]*.p*")))


def driver(cluster: Cluster, data: Path, *arguments: str) -> subprocess.Popen[str]:
    options = ["--engine", "spark", "--master", cluster.url, "--data", str(data), "--port", "0", "--json"]
    command = [sys.executable, "-m", "voxpop", "run", *options, *arguments]
    return subprocess.Popen(command, env=cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str], code: int = 0) -> dict[str, Any]:
    out, errors = process.communicate(timeout=600)
    assert process.returncode == code, errors
    last: dict[str, Any] = json.loads(out.splitlines()[-1])
    return last


def check(data: Path, embedded: str) -> None:
    assert digest(scored(data)) == embedded
    (marker,) = data.glob("scored/*/*/*.poison")
    assert "is not a whole segment" in marker.read_text()
    assert Log(data).missing(scored(data).name) == []


def test_a_worker_that_dies_with_its_executors_changes_nothing(cluster: Cluster, data: Path, embedded: str) -> None:
    running = driver(cluster, data, "--once")
    until(lambda: done(data) >= 2, "some segments are scored")
    cluster.kill("one")
    left = SEGMENTS - done(data)
    assert ended(running)["loaded_segments"] == SEGMENTS - 1
    assert left > 0, "it was killed in the middle"
    check(data, embedded)
    cluster.add_worker("one")


def test_a_worker_that_stands_still_is_worked_around(cluster: Cluster, data: Path, embedded: str) -> None:
    running = driver(cluster, data, "--once")
    until(lambda: done(data) >= 2, "some segments are scored")
    with cluster.frozen("two"):
        until(lambda: done(data) == SEGMENTS, "the other worker does its work, too")
    assert ended(running)["loaded_segments"] == SEGMENTS - 1
    check(data, embedded)


def test_a_driver_that_is_killed_leaves_nothing_behind_and_goes_on(cluster: Cluster, data: Path, embedded: str) -> None:
    first = driver(cluster, data)
    until(lambda: done(data) >= 2, "some segments are scored")
    java = [child for child in psutil.Process(first.pid).children(recursive=True) if "java" in child.name()]
    first.send_signal(signal.SIGKILL)
    left = SEGMENTS - done(data)
    first.communicate(timeout=300)
    assert java, "the driver had a Java"
    assert left > 0, "it was killed in the middle"
    until(lambda: not any(is_alive(process) for process in java), "its Java ends")
    third = driver(cluster, data)
    assert third.stderr and any("stop with Ctrl-C" in line for line in third.stderr), "it serves"
    second = driver(cluster, data)
    assert f"process {third.pid} on" in second.communicate(timeout=300)[1]
    assert second.returncode == 1
    until(lambda: done(data) == SEGMENTS, "all are scored")
    third.send_signal(signal.SIGTERM)
    status = ended(third)
    assert status["engine"]["name"] == "spark"
    assert status["engine"]["master"] == cluster.url
    check(data, embedded)
    until(lambda: not any(map(is_alive, [*cluster.family("one")[1:], *cluster.family("two")[1:]])), "executors end")
