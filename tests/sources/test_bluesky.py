from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.jetstream_server import Jetstream, Serve, Wire, commit_of, events, number_of, serving, time_of
from tests.sources.listening import enough, expected, landed, listen, source, states
from voxpop.errors import Terminal
from voxpop.gaps import GapLedger
from voxpop.log import Log
from voxpop.seams import Fetched
from voxpop.sources.bluesky import BlueskySource, Live
from voxpop.testing import check_live_source

BOTH = pytest.mark.parametrize("wire", ["v1", "v2"])
ASKED: dict[Wire, dict[str, list[str]]] = {
    "v1": {"wantedCollections": ["app.bsky.feed.post"]},
    "v2": {"collections": ["app.bsky.feed.post"], "kinds": ["commit", "account", "sync"]},
}
REAL = Path(__file__).parents[3] / "shared" / "data" / "fixtures" / "jetstream" / "events_v1.jsonl"


@BOTH
async def test_everything_that_is_sent_lands_once(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    async with serving(Jetstream(frames, wire=wire)) as server:
        account = await listen(tmp_path, source(server.address, wire=wire), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert {op for _, op, _, _ in landed(tmp_path)} == {"create", "update", "delete"}
    assert account.balances
    assert account.ignored == {"identity": 1, "account": 2}
    assert server.queries == [ASKED[wire]]
    assert states(tmp_path) == []


@pytest.mark.skipif(not REAL.exists(), reason="the real capture is not beside the repository")
async def test_a_real_capture_lands_whole(tmp_path: Path) -> None:
    frames = REAL.read_bytes().splitlines()
    async with serving(Jetstream(frames)) as server:
        await listen(tmp_path, source(server.address), enough(frames))
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)


@BOTH
async def test_the_laws_of_a_live_source_hold(wire: Wire) -> None:
    frames = events(wire=wire)
    async with serving(Jetstream(frames, wire=wire)) as server:
        await check_live_source(lambda: source(server.address, wire=wire), len(expected(frames)))


@BOTH
async def test_a_new_run_goes_on_where_the_log_ends_and_says_what_was_between(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    async with serving(Jetstream(frames[:9], wire=wire)) as server:
        await listen(tmp_path, source(server.address, wire=wire), enough(frames[:9]))
        cursor = Log(tmp_path).tail().cursors["bluesky"]
        server.events = frames
        await listen(tmp_path, source(server.address, wire=wire), lambda account: account.landed >= 13)
    assert landed(tmp_path) == expected(frames)
    family, time, *numbered = cursor.split(":", 3)
    asked = int(server.requests[-1]["cursor"])
    if wire == "v1":
        assert (family, asked, numbered) == ("jetstream-v1", int(time) - 5_000_000, [])
    else:
        assert (family, numbered) == ("jetstream-v2", [str(asked), server.address])
        assert asked == number_of(frames[0])
    (gap,) = GapLedger(tmp_path).gaps()
    assert (gap.state, gap.reason) == ("recovered", "Voxpop was not running")
    last = max(time_of(frame) or 0 for frame in frames)
    assert gap.end == datetime.fromtimestamp(last / 1e6, UTC)


@BOTH
async def test_event_time_is_the_servers_and_never_the_clients(wire: Wire) -> None:
    frames = [frame for frame in events(wire=wire) if b"2031-01-01" in frame]
    async with serving(Jetstream(frames, wire=wire)) as server:
        async for fetched in source(server.address, wire=wire).read(None):
            assert [post.created_at and post.created_at.timestamp() for post in fetched.posts] == [
                (time_of(frames[0]) or 0) / 1e6
            ]
            break


@BOTH
async def test_uncompressed_binary_frames_are_read(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    async with serving(Jetstream(frames, binary=True, wire=wire)) as server:
        await listen(tmp_path, source(server.address, wire=wire), enough(frames))
    assert landed(tmp_path) == expected(frames)


@BOTH
async def test_a_slow_reader_holds_the_sender_up_and_loses_nothing(wire: Wire) -> None:
    long = [json.loads(frame) for frame in events(wire=wire) if b'"create"' in frame]
    for number, frame in enumerate(long):
        commit_of(frame)["record"]["text"] = str(number) + "x" * 1_000_000
    frames = [json.dumps(frame).encode() for frame in long]
    async with serving(Jetstream(frames, wire=wire)) as server:
        reading = source(server.address, wire=wire).read(None)
        got: list[Fetched] = [await anext(reading)]
        await asyncio.sleep(0.3)
        assert server.sent < len(frames)
        while sum(len(fetched.posts) for fetched in got) < len(frames):
            got.append(await anext(reading))
        await reading.aclose()  # type: ignore[attr-defined]
    assert [post.text for fetched in got for post in fetched.posts] == [
        commit_of(frame)["record"]["text"] for frame in long
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
