from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from tests.posts import post
from voxpop import segment as segments
from voxpop.errors import Poison, Terminal
from voxpop.log import Log, Tail, set_aside
from voxpop.schema import to_batch
from voxpop.segment import Segment


def land(log: Log, tail: Tail, *texts: str, cursor: str = "c") -> tuple[Segment, Tail]:
    return log.append(to_batch([post(text) for text in texts]), tail, {"s": cursor})


def test_offsets_count_rows_from_the_start_of_the_log(tmp_path: Path) -> None:
    log = Log(tmp_path)
    first, tail = land(log, Tail(), "a", "b", "c")
    second, tail = land(log, tail, "d")
    assert (first.offset, second.offset, tail.offset) == (0, 3, 4)
    assert log.segments() == [first, second]


def test_the_tail_is_read_back_from_the_newest_footer(tmp_path: Path) -> None:
    log = Log(tmp_path)
    _, tail = land(log, log.tail(), "a", cursor="1")
    _, tail = log.append(to_batch([post("b")]), tail, {"other": "9"})
    assert Log(tmp_path).tail() == tail
    assert tail.cursors == {"s": "1", "other": "9"}


def test_missing_is_landing_without_scored(tmp_path: Path) -> None:
    log = Log(tmp_path)
    first, tail = land(log, Tail(), "a")
    second, tail = land(log, tail, "b")
    (log.scored("m") / first.day).mkdir(parents=True)
    (log.scored("m") / first.path).write_bytes(b"")
    assert log.missing("m") == [second]
    assert log.missing("another-model") == [first, second]


def test_a_segment_set_aside_is_no_longer_missing(tmp_path: Path) -> None:
    log = Log(tmp_path)
    segment, _ = land(log, Tail(), "a")
    set_aside(log.scored("m"), segment, "torn")
    assert log.missing("m") == []


def test_the_day_never_goes_back(tmp_path: Path) -> None:
    log = Log(tmp_path)
    segment, _ = land(log, Tail(5, "2999-01-01"), "a")
    assert segment.day == "2999-01-01"


def test_a_second_writer_is_refused_by_the_name_of_the_first(tmp_path: Path) -> None:
    code = (
        f"from pathlib import Path; from voxpop.log import Log\nwith Log(Path({str(tmp_path)!r})).lock(): print('in')"
    )
    with Log(tmp_path).lock():
        refused = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "process " in refused.stderr
    assert "is writing to" in refused.stderr
    allowed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert allowed.stdout == "in\n"


def test_what_a_killed_writer_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    log = Log(tmp_path)
    segment, _ = land(log, Tail(), "a")
    day = (log.landing / segment.path).parent
    old, young = day / ".0.parquet.old.tmp", day / ".0.parquet.young.tmp"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    with log.lock():
        assert (old.exists(), young.exists()) == (False, True)
    assert log.segments() == [segment]


def test_the_lock_is_free_again_after_a_refusal(tmp_path: Path) -> None:
    log = Log(tmp_path)
    with log.lock(), pytest.raises(Terminal, match="stop it, or give another --data"), Log(tmp_path).lock():
        pass
    with log.lock():
        pass


def test_a_prepared_segment_is_adopted_at_the_end_of_the_log_and_nowhere_else(tmp_path: Path) -> None:
    log = Log(tmp_path)
    _, tail = land(log, Tail(), "a", "b", cursor="1")
    for offset in (2, 3):
        rows = pa.Table.from_batches([to_batch([post("c")])])
        segments.write(tmp_path / f"{offset}.parquet", rows, {"offset": offset, "rows": 1, "cursors": tail.cursors})
    with pytest.raises(Poison, match="begins at row 3, and the log ends at 2"):
        log.adopt(tmp_path / "3.parquet", tail)
    segment, tail = log.adopt(tmp_path / "2.parquet", tail)
    assert log.segments()[-1] == segment
    assert tail == log.tail()
    assert (tail.offset, tail.cursors) == (3, {"s": "1"})


def test_what_a_killed_holder_of_the_lock_had_staged_is_gone_with_the_next(tmp_path: Path) -> None:
    log = Log(tmp_path)
    (log.staging / "posts").mkdir(parents=True)
    with log.lock():
        assert not log.staging.exists()
