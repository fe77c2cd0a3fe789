"""Watched directories: whatever happens to the files, each post lands once."""

from __future__ import annotations

import asyncio
import gzip
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.listening import landed, listen
from tests.sources.test_files_pipe import PATIENCE, message, tweet
from voxpop.account import Account
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.sources.watch import Watch, WatchSource


def source(directory: Path) -> WatchSource:
    return WatchSource([directory], watch=Watch(0.02, 0.3))


def steps(*actions: tuple[int, Callable[[], object]], last: int) -> Callable[[Account], bool]:
    """Each action is done when so many records have been read; the end comes with `last` of them."""
    left = list(actions)

    def until(account: Account) -> bool:
        if left and account.landed + account.quarantined >= left[0][0]:
            left.pop(0)[1]()
        return not left and account.landed + account.quarantined >= last

    return until


def append(path: Path, data: bytes) -> Callable[[], object]:
    def write() -> None:
        with path.open("ab") as sink:
            sink.write(data)

    return write


def names(data: Path) -> list[str]:
    return sorted(event[0] for event in landed(data))


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


async def test_a_file_is_read_as_it_grows_line_by_line(watched: Path, tmp_path: Path) -> None:
    path = watched / "a.jsonl"
    until = steps(
        (0, append(path, tweet(1) + tweet(2)[:40])),
        (1, append(path, tweet(2)[40:] + b"{broken\n")),
        (3, append(path, tweet(3)[:-1])),
        last=4,
    )
    account = await listen(tmp_path, source(watched), until)
    assert names(tmp_path) == ["x:1", "x:2", "x:3"]
    assert (account.duplicate, account.quarantined) == (0, 1)
    assert [record["line"] for record in Quarantine(tmp_path).records()] == ["{broken"]


async def test_a_file_that_grows_by_half_lines_while_it_is_read(watched: Path, tmp_path: Path) -> None:
    lines, path, ended = 300, watched / "a.jsonl", threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as sink:
            for number in range(1, lines + 1):
                for half in (tweet(number)[:30], tweet(number)[30:]):
                    sink.write(half)
                    ended.wait(0.0005)

    writer = threading.Thread(target=write)
    writer.start()
    account = await listen(
        tmp_path, WatchSource([watched], watch=Watch(0.001, 0.3)), lambda account: account.landed >= lines
    )
    writer.join()
    assert names(tmp_path) == sorted(f"x:{number}" for number in range(1, lines + 1))
    assert (account.duplicate, account.quarantined) == (0, 0)


async def test_rotated_renamed_removed_and_replaced_files(watched: Path, tmp_path: Path) -> None:
    path, old = watched / "a.jsonl", watched / "a.jsonl.1"
    path.write_bytes(tweet(1) + tweet(2))

    def rotate() -> None:
        path.rename(old)
        path.write_bytes(tweet(3))
        append(old, tweet(4))()

    until = steps((2, rotate), (4, lambda: path.write_bytes(message(5)[:-1] + b"\n")), (5, old.unlink), last=5)
    account = await listen(tmp_path, source(watched), until)
    assert names(tmp_path) == ["telegram:https://t.me/s/somebody/5", "x:1", "x:2", "x:3", "x:4"]
    assert account.duplicate == 0


async def test_what_is_still_made_is_left_alone(watched: Path, tmp_path: Path) -> None:
    for name in (".hidden.jsonl", "b.jsonl.part", "c.jsonl~"):
        (watched / name).write_bytes(tweet(9))
    done = watched / "b.jsonl"
    (watched / "a.jsonl").write_bytes(tweet(1))
    await listen(tmp_path, source(watched), steps((1, lambda: done.write_bytes(tweet(2))), last=2))
    assert names(tmp_path) == ["x:1", "x:2"]


async def test_tables_parquet_and_compressed_files_are_read_when_they_are_closed(watched: Path, tmp_path: Path) -> None:
    packed = gzip.compress(tweet(1)) + gzip.compress(tweet(2))
    (watched / "a.gz").write_bytes(packed[:-30])
    (watched / "b.csv").write_text("id,text,date\n7,hello,2026-11-19\n")
    pq.write_table(pa.table({"id": ["8"], "text": ["a"], "created_at": ["2026-11-19"]}), watched / "c.parquet")
    until = steps(
        (0, append(watched / "a.gz", packed[-30:])), (4, append(watched / "b.csv", b"9,again,2026-11-19\n")), last=5
    )
    await listen(tmp_path, source(watched), until)
    assert names(tmp_path) == ["file:7", "file:8", "file:9", "x:1", "x:2"]


async def test_one_file_that_cannot_be_understood_is_set_aside(watched: Path, tmp_path: Path) -> None:
    (watched / "a.zip").write_bytes(b"PK\x03\x04 and more")
    (watched / "b.jsonl").write_bytes(tweet(1))
    await listen(tmp_path, source(watched), steps(last=2))
    assert names(tmp_path) == ["x:1"]
    (record,) = Quarantine(tmp_path).records()
    assert "ZIP" in record["reason"] and record["origin"].endswith("a.zip")


async def test_a_new_run_reads_nothing_twice(watched: Path, tmp_path: Path) -> None:
    path, text = watched / "a.jsonl", watched / "b.txt"
    path.write_bytes(tweet(1) + tweet(2)[:50])
    text.write_text("the same\nthe same\n")
    await listen(tmp_path, source(watched), steps(last=3))
    append(path, tweet(2)[50:])()
    append(text, b"the same\n")()
    account = await listen(tmp_path, source(watched), steps(last=2))
    assert len(names(tmp_path)) == 5 and len(set(names(tmp_path))) == 5
    assert account.duplicate == 0


async def test_what_is_not_there_or_of_another_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="make the directory"):
        await anext(aiter(source(tmp_path / "gone").read(None)))
    with pytest.raises(Terminal, match="another name"):
        await anext(aiter(source(tmp_path).read("mastodon-v1:7")))
    await asyncio.sleep(0)


@pytest.mark.slow
def test_a_kill_loses_and_doubles_nothing(watched: Path, tmp_path: Path) -> None:
    path, data = watched / "a.jsonl", tmp_path / "data"
    path.write_bytes(b"".join(tweet(number) for number in range(1, 3000)))
    program = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom voxpop.ingest import Ingest, Rolling\n"
        "from voxpop.log import Log\nfrom voxpop.sources.watch import WatchSource\n"
        "asyncio.run(Ingest(Log(Path(sys.argv[1])), Rolling(200, 0.05)).run([WatchSource([Path(sys.argv[2])])]))"
    )
    for number in range(3000, 3003):
        process = subprocess.Popen([sys.executable, "-c", program, str(data), str(watched)])
        before, deadline = len(Log(data).segments()), time.monotonic() + PATIENCE
        while len(Log(data).segments()) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        append(path, tweet(number))()
    asyncio.run(listen(data, source(watched), lambda account: len(landed(data)) >= 3002))
    assert names(data) == sorted(f"x:{number}" for number in range(1, 3003))
