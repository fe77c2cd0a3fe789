"""Killed at any step and started again, the log and the store end as if nothing had happened."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from voxpop import segment as segments
from voxpop.log import Log
from voxpop.testing import digest

ROOT = Path(__file__).parent.parent
POINTS = ("before-write", "after-write", "after-rename", "after-load")


def killed(stage: str, data: Path, point: str, nth: int) -> int:
    command = [sys.executable, "-m", "tests.killed", stage, str(data), point, str(nth)]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=120).returncode


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's recording in several segments."""
    data = tmp_path_factory.mktemp("landed")
    assert killed("ingest", data, "never", 0) == 0
    return data


@pytest.fixture(scope="module")
def uninterrupted(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("uninterrupted") / "data"
    shutil.copytree(landed, data)
    assert killed("score", data, "never", 0) == 0
    return data


def contents(data: Path) -> dict[str, list[Any]]:
    """Everything the store answers from, in a fixed order."""
    with duckdb.connect(str(data / "store.duckdb"), read_only=True) as connection:
        columns = {
            "posts": "*",
            "buckets_minute": "*",
            "buckets_hour": "*",
            "buckets_day": "*",
            "facets_minute": "*",
            "facets_hour": "*",
            "facets_day": "*",
            "ledger": "* exclude (seq, loaded_at)",
        }
        return {
            table: connection.sql(f"select {wanted} from {table} order by all").to_arrow_table().to_pylist()
            for table, wanted in columns.items()
        }


def events(data: Path) -> list[tuple[str, ...]]:
    """What landed, in a fixed order."""
    log = Log(data)
    tables = [segments.read(log.landing / segment.path) for segment in log.segments()]
    rows = pa.concat_tables(tables).select(["post_id", "op", "rev", "text"]).to_pylist()
    return sorted(tuple(str(value) for value in row.values()) for row in rows)


def test_the_recording_lands_in_several_segments(landed: Path) -> None:
    assert len(Log(landed).segments()) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", ["before-write", "after-write", "after-rename"])
def test_a_kill_while_reading_loses_nothing_and_doubles_nothing(
    point: str, nth: int, landed: Path, tmp_path: Path
) -> None:
    assert killed("ingest", tmp_path, point, nth) == -signal.SIGKILL
    assert killed("ingest", tmp_path, "never", 0) == 0
    assert events(tmp_path) == events(landed)


@pytest.mark.slow
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_changes_nothing(point: str, nth: int, landed: Path, uninterrupted: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(landed, data)
    assert killed("score", data, point, nth) == -signal.SIGKILL
    assert killed("score", data, "never", 0) == 0
    assert digest(data / "scored") == digest(uninterrupted / "scored")
    assert contents(data) == contents(uninterrupted)
