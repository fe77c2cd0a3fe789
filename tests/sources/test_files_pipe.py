"""A pipe that is open is a live stream: what it gave is there while it stays open."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.listening import landed
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.seams import Fetched
from voxpop.sources.files import FilesSource

COMMAND = [sys.executable, "-m", "voxpop", "ingest", "-"]
PATIENCE = 60.0


def tweet(number: int, text: str = "hello") -> bytes:
    record = {
        "_type": "snscrape.modules.twitter.Tweet",
        "url": f"https://twitter.com/ana/status/{number}",
        "date": "2023-06-01T12:00:00+00:00",
        "rawContent": f"{text} {number}",
        "id": number,
    }
    return json.dumps(record).encode() + b"\n"


def message(number: int) -> bytes:
    record = {
        "_type": "snscrape.modules.telegram.TelegramPost",
        "url": f"https://t.me/s/somebody/{number}",
        "date": "2026-06-01T12:00:00+00:00",
        "content": f"a message {number}",
    }
    return json.dumps(record).encode() + b"\n"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    # Opened for both directions, it neither waits for the other side nor ends before it is closed.
    end = os.open(path, os.O_RDWR)
    yield path, end
    os.close(end)


async def first(reading: object) -> Fetched:
    async with asyncio.timeout(PATIENCE):
        return await anext(reading)  # type: ignore[call-overload,no-any-return]


async def test_posts_come_while_the_pipe_is_open(pipe: tuple[Path, int]) -> None:
    path, end = pipe
    reading = FilesSource([path]).read(None)
    for line in (tweet(1), tweet(2), b"{broken\n", message(3)):
        os.write(end, line[:20])
        os.write(end, line[20:])
        fetched = await first(reading)
        assert len(fetched.posts) + len(fetched.rejected) == 1
        assert fetched.done is None
    await reading.aclose()  # type: ignore[attr-defined]


async def test_half_a_line_waits_for_its_other_half(pipe: tuple[Path, int]) -> None:
    path, end = pipe
    reading = FilesSource([path]).read(None)
    os.write(end, tweet(1) + tweet(2)[:40])
    assert [post.post_id for post in (await first(reading)).posts] == ["x:1"]
    os.write(end, tweet(2)[40:])
    assert [post.post_id for post in (await first(reading)).posts] == ["x:2"]
    await reading.aclose()  # type: ignore[attr-defined]


async def test_a_compressed_pipe_is_live_too(pipe: tuple[Path, int]) -> None:
    path, end = pipe
    reading = FilesSource([path]).read(None)
    for number in (1, 2):
        os.write(end, gzip.compress(tweet(number)))
        assert [post.post_id for post in (await first(reading)).posts] == [f"x:{number}"]
    await reading.aclose()  # type: ignore[attr-defined]


async def test_a_pipe_that_gives_nothing_holds_nobody_up(pipe: tuple[Path, int]) -> None:
    reading = asyncio.create_task(first(FilesSource([pipe[0]]).read(None)))
    await asyncio.sleep(0.3)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    # The thread that read has ended too, or the loop's end would wait for it without an end.
    async with asyncio.timeout(PATIENCE):
        await asyncio.get_running_loop().shutdown_default_executor()


async def test_a_pipe_that_begins_like_another_is_read_whole(tmp_path: Path) -> None:
    """Two runs of one scraper give the same first line; the second has its own posts after it."""

    async def read(lines: bytes, cursor: str | None) -> list[Fetched]:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        writing = threading.Thread(target=path.write_bytes, args=(lines,))
        writing.start()
        found = [fetched async for fetched in FilesSource([path]).read(cursor)]
        writing.join()
        path.unlink()
        return found

    before = await read(tweet(1) + tweet(2), None)
    after = await read(tweet(1) + tweet(3), before[-1].cursor)
    assert [post.post_id for fetched in after for post in fetched.posts] == ["x:1", "x:3"]


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_what_a_scraper_piped_is_kept_whatever_ends_voxpop(end: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--data", str(tmp_path)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    process.stdin.write(tweet(1) + b"{half a li\n" + tweet(2))
    process.stdin.flush()
    deadline = time.monotonic() + PATIENCE
    while not Log(tmp_path).segments() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [event[0] for event in landed(tmp_path)] == ["x:1", "x:2"]
    process.send_signal(end)
    process.communicate(timeout=PATIENCE)
    again = subprocess.run(
        [*COMMAND, "--data", str(tmp_path), "--json"],
        input=tweet(1) + tweet(2) + tweet(3),
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    assert json.loads(again.stdout.splitlines()[-1])["landed"] == 1
    assert [event[0] for event in landed(tmp_path)] == ["x:1", "x:2", "x:3"]
    assert [record["line"] for record in Quarantine(tmp_path).records()] == ["{half a li"]
