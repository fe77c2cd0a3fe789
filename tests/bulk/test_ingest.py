"""Spark and one process make the same of the same files: rows, account, quarantine; killed anywhere, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bulk.exports import ingest_here, quarantined, rows, stream_line, write
from tests.command import answer, voxpop
from voxpop import segment as segments
from voxpop.account import Account
from voxpop.bulk.ingest import BulkIngest, Export
from voxpop.bulk.job import Jobs, Step
from voxpop.errors import Terminal
from voxpop.log import Log

pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")
STREAMS = Path(__file__).parents[3] / "shared" / "data" / "streams"


def ingest_there(spark: Any, data: Path, export: Export) -> tuple[Account, list[Step]]:
    log, steps = Log(data), list[Step]()
    with log.lock():
        return BulkIngest(log, Jobs(spark, steps.append)).run(export), steps


@pytest.mark.slow
def test_spark_lands_what_one_process_lands(spark: Any, tmp_path: Path) -> None:
    paths = write(tmp_path / "in")
    account, steps = ingest_there(spark, tmp_path / "spark", Export(paths, split_bytes=4000, segment_rows=100))
    assert account == ingest_here(tmp_path / "here", paths)
    assert account.balances
    assert account.duplicate > 100
    assert account.quarantined > 3
    assert rows(tmp_path / "spark") == rows(tmp_path / "here")
    assert quarantined(tmp_path / "spark") == quarantined(tmp_path / "here")
    assert steps[-1].title == "landing"
    assert steps[-1].done == steps[-1].total > 5
    assert {"reading users", "reading", "de-duplicating", "making segments"} < {step.title for step in steps}

    log = Log(tmp_path / "spark")
    tables = [segments.read(log.landing / segment.path) for segment in log.segments()]
    assert [table.num_rows for table in tables[:-1]] == [100] * (len(tables) - 1)
    assert [segment.offset for segment in log.segments()] == list(range(0, account.landed, 100))
    times = [time for table in tables for time in table["created_at"].to_pylist()]
    assert times == sorted(times)
    assert not log.staging.exists()

    again, _ = ingest_there(spark, tmp_path / "spark", Export(paths, split_bytes=999))
    assert (again.landed, again.duplicate) == (0, account.landed + account.duplicate)
    assert again.balances
    assert quarantined(tmp_path / "spark") == quarantined(tmp_path / "here")


@pytest.mark.slow
def test_it_goes_on_where_another_ingest_ended(spark: Any, tmp_path: Path) -> None:
    first, more = tmp_path / "first.jsonl", tmp_path / "more.jsonl"
    first.write_text("".join(stream_line(number) + "\n" for number in range(30)))
    more.write_text("".join(stream_line(number) + "\n" for number in range(20, 60)))
    ingest_here(tmp_path / "data", [first])
    before = Log(tmp_path / "data").tail()
    account, _ = ingest_there(spark, tmp_path / "data", Export([more], segment_rows=7))
    assert account == Account(read=40, landed=30, duplicate=10)
    after = Log(tmp_path / "data").tail()
    assert (after.offset, after.cursors) == (60, before.cursors)
    ingest_here(tmp_path / "here", [first, more])
    assert rows(tmp_path / "data") == rows(tmp_path / "here")


@pytest.mark.slow
def test_real_exports_land_alike(spark: Any, tmp_path: Path) -> None:
    if not STREAMS.exists():
        pytest.skip("the real files shared/data/streams are not beside this repository")
    account, _ = ingest_there(spark, tmp_path / "spark", Export([STREAMS]))
    assert account == ingest_here(tmp_path / "here", [STREAMS])
    assert account.landed > 30_000
    assert rows(tmp_path / "spark") == rows(tmp_path / "here")
    assert quarantined(tmp_path / "spark") == quarantined(tmp_path / "here")


KILLED = """
import os, signal, sys
from pathlib import Path
from voxpop import console
from voxpop.bulk.ingest import BulkIngest, Export
from voxpop.bulk.job import Jobs
from voxpop.log import Log
from voxpop.spark.session import Cluster, opened

data, source, nth = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
def watch(event, arguments):
    global nth
    if event == "os.rename" and f"{data}/landing" in str(arguments[1]):
        nth -= 1
        if nth < 0:
            os.killpg(os.getpgrp(), signal.SIGKILL)
sys.addaudithook(watch)
log = Log(data)
with log.lock(), opened(Cluster("local[1]")) as spark:
    BulkIngest(log, Jobs(spark)).run(Export([source], segment_rows=10))
"""


@pytest.mark.slow
def test_killed_while_it_lands_it_leaves_whole_segments_and_the_next_run_the_rest(spark: Any, tmp_path: Path) -> None:
    source, data = tmp_path / "posts.jsonl", tmp_path / "data"
    source.write_text("".join(stream_line(number) + "\n" for number in range(45)))
    command = [sys.executable, "-c", KILLED, str(data), str(source), "2"]
    # A pipe would be waited for until Spark's last worker has noticed.
    with (tmp_path / "said").open("w+") as said:
        killed = subprocess.run(command, start_new_session=True, stdout=said, stderr=said, check=False)
        said.seek(0)
        assert killed.returncode == -signal.SIGKILL, said.read()
    log = Log(data)
    assert [segment.offset for segment in log.segments()] == [0, 10]
    assert log.tail().offset == 20
    assert log.staging.exists()
    account, _ = ingest_there(spark, data, Export([source], segment_rows=10))
    assert account == Account(read=45, landed=25, duplicate=20)
    ingest_here(tmp_path / "here", [source])
    assert rows(data) == rows(tmp_path / "here")
    assert [segment.offset for segment in log.segments()] == [0, 10, 20, 30, 40]


@pytest.mark.slow
def test_what_a_task_raises_is_told_in_a_sentence(spark: Any, tmp_path: Path) -> None:
    def fails(number: int) -> int:
        raise ValueError(f"the disk of {number} is full")

    jobs = Jobs(spark)
    with pytest.raises(Terminal, match="could not finish counting: ValueError: the disk of 0 is full; mend"):
        jobs.run("counting", lambda: jobs.context.parallelize([0], 1).map(fails).collect())


@pytest.mark.slow
def test_the_command_answers_the_account(tmp_path: Path) -> None:
    source = tmp_path / "posts.jsonl"
    source.write_text("".join(stream_line(number) + "\n" for number in [*range(9), 3]) + "{\n")
    found = answer(
        "ingest", source, "--engine", "spark", "--master", "local[1]", "--data", tmp_path / "data", timeout=600
    )
    assert found == {
        "read": 11,
        "landed": 9,
        "duplicate": 1,
        "quarantined": 1,
        "ignored": {},
        "undated": 0,
        "handed_over": False,
    }


def test_a_pipe_is_refused_with_the_way_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("-")):
        with pytest.raises(Terminal, match="is a pipe, which only one process can read; leave --engine out"):
            Export([path])


def test_ingest_knows_no_dask(tmp_path: Path) -> None:
    refused = voxpop("ingest", tmp_path, "--engine", "dask", "--data", tmp_path / "data")
    assert refused.returncode == 1
    assert "give --engine embedded" in refused.stderr
