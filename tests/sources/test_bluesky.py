from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.jetstream_server import Jetstream, Serve, events, serving, time_of
from tests.sources.listening import enough, expected, landed, listen, source, states
from voxpop.errors import Terminal
from voxpop.gaps import GapLedger
from voxpop.log import Log
from voxpop.seams import Fetched
from voxpop.sources.bluesky import BlueskySource, Live
from voxpop.testing import check_live_source

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

REAL = Path(__file__).parents[3] / "shared" / "data" / "fixtures" / "jetstream" / "events_v1.jsonl"


async def test_everything_that_is_sent_lands_once(tmp_path: Path) -> None:
    frames = events()
    async with serving(Jetstream(frames)) as server:
        account = await listen(tmp_path, source(server.address), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert {op for _, op, _, _ in landed(tmp_path)} == {"create", "update", "delete"}
    assert account.balances
    assert account.ignored == {"identity": 1, "account": 2}
    assert server.requests == [{"wantedCollections": "app.bsky.feed.post"}]
    assert states(tmp_path) == []


@pytest.mark.skipif(not REAL.exists(), reason="the real capture is not beside the repository")
async def test_a_real_capture_lands_whole(tmp_path: Path) -> None:
    frames = REAL.read_bytes().splitlines()
    async with serving(Jetstream(frames)) as server:
        await listen(tmp_path, source(server.address), enough(frames))
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)


async def test_the_laws_of_a_live_source_hold() -> None:
    frames = events()
    async with serving(Jetstream(frames)) as server:
        await check_live_source(lambda: source(server.address), len(expected(frames)))


async def test_a_new_run_goes_on_where_the_log_ends_and_says_what_was_between(tmp_path: Path) -> None:
    frames = events()
    async with serving(Jetstream(frames[:9])) as server:
        await listen(tmp_path, source(server.address), enough(frames[:9]))
        cursor = Log(tmp_path).tail().cursors["bluesky"]
        server.events = frames
        await listen(tmp_path, source(server.address), lambda account: account.landed >= 13)
    assert landed(tmp_path) == expected(frames)
    assert int(server.requests[-1]["cursor"]) == int(cursor.removeprefix("jetstream-v1:")) - 5_000_000
    (gap,) = GapLedger(tmp_path).gaps()
    assert (gap.state, gap.reason) == ("recovered", "Voxpop was not running")
    last = max(time_of(frame) or 0 for frame in frames)
    assert gap.end == datetime.fromtimestamp(last / 1e6, UTC)


async def test_event_time_is_the_servers_and_never_the_clients(tmp_path: Path) -> None:
    frames = [frame for frame in events() if b"2031-01-01" in frame]
    async with serving(Jetstream(frames)) as server:
        async for fetched in source(server.address).read(None):
            assert [post.created_at and post.created_at.timestamp() for post in fetched.posts] == [
                (time_of(frames[0]) or 0) / 1e6
            ]
            break


async def test_compressed_frames_are_read_with_the_dictionary(tmp_path: Path) -> None:
    frames = events()
    dictionary = zstd.train_dict(frames * 20, 4096)

    def compressed(frame: bytes) -> bytes:
        return zstd.compress(frame, zstd_dict=dictionary)

    async with serving(Jetstream(frames, binary=True, encode=compressed)) as server:
        listened = source(server.address, dictionary=dictionary.dict_content)
        await listen(tmp_path, listened, enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert server.requests[0]["compress"] == "true"


async def test_uncompressed_binary_frames_are_read(tmp_path: Path) -> None:
    frames = events()
    async with serving(Jetstream(frames, binary=True)) as server:
        await listen(tmp_path, source(server.address), enough(frames))
    assert landed(tmp_path) == expected(frames)


async def test_a_slow_reader_holds_the_sender_up_and_loses_nothing() -> None:
    long = [json.loads(frame) for frame in events() if b'"create"' in frame]
    for number, frame in enumerate(long):
        frame["commit"]["record"]["text"] = str(number) + "x" * 1_000_000
    frames = [json.dumps(frame).encode() for frame in long]
    async with serving(Jetstream(frames)) as server:
        reading = source(server.address).read(None)
        got: list[Fetched] = [await anext(reading)]
        await asyncio.sleep(0.3)
        assert server.sent < len(frames)
        while sum(len(fetched.posts) for fetched in got) < len(frames):
            got.append(await anext(reading))
        await reading.aclose()  # type: ignore[attr-defined]
    assert [post.text for fetched in got for post in fetched.posts] == [
        frame["commit"]["record"]["text"] for frame in long
    ]


async def test_a_host_that_answers_is_found() -> None:
    async with serving(Jetstream([])) as server:
        assert await source("ws://127.0.0.1:1", server.address).reach() == server.address


async def test_no_host_at_all_is_said_with_the_fix() -> None:
    with pytest.raises(Terminal, match="without --live"):
        await source("ws://127.0.0.1:1").reach()


@pytest.mark.parametrize("host", ["http://example.org", "", "wss://", "a b", "host/path?x=1"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(Terminal, match="write it like"):
        BlueskySource(Live((host,)))


def test_no_hosts_and_no_dictionary_are_refused() -> None:
    with pytest.raises(Terminal, match="leave hosts out"):
        BlueskySource(Live(()))
    with pytest.raises(Terminal, match="leave it out"):
        BlueskySource(Live(dictionary=b"no"))


async def test_a_cursor_of_another_source_is_refused() -> None:
    with pytest.raises(Terminal, match="another name"):
        async for _ in source("ws://127.0.0.1:1").read('{"file": "x"}'):
            raise AssertionError("it must not read")


async def test_a_connection_ends_with_its_reader(tmp_path: Path) -> None:
    async with serving(Jetstream(events(), [Serve()])) as server:
        await listen(tmp_path, source(server.address), lambda account: account.landed > 0)
        assert not [task for task in asyncio.all_tasks() if "Frames.fill" in repr(task)]
