"""Every way a network breaks, on either wire: afterwards the log holds exactly what the server sent."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.jetstream_server import (
    Jetstream,
    Refuse,
    Serve,
    Wire,
    commit_of,
    compact,
    cutting,
    events,
    number_of,
    retimed,
    serving,
    time_of,
)
from tests.sources.listening import enough, expected, landed, listen, source, states
from voxpop.gaps import GapLedger
from voxpop.quarantine import Quarantine
from voxpop.sources.bluesky import BlueskySource

pytestmark = pytest.mark.parametrize("wire", ["v1", "v2"])


def handshake(frames: list[bytes], count: int) -> int:
    """About how many bytes a server has sent after `count` frames; each has a header of at most four."""
    return 130 + sum(len(frame) + 4 for frame in frames[:count])


async def test_a_connection_cut_at_any_byte_loses_nothing(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    begin = handshake(frames, 2)
    plans = [(limit, False) for limit in [*range(1, begin, 211), *range(begin, begin + len(frames[2]) + 8, 41)]]
    async with serving(Jetstream(frames, wire=wire)) as server, cutting(server.address, plans) as address:
        await listen(tmp_path, source(address, wire=wire), enough(frames))
    assert plans == []
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)
    assert set(states(tmp_path)) <= {"recovered"}


async def test_half_a_frame_and_then_silence_is_left_behind(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    plans = [(handshake(frames, 3) - 100, True)]
    async with serving(Jetstream(frames, wire=wire)) as server, cutting(server.address, plans) as address:
        await listen(tmp_path, source(address, stall=1.0, wire=wire), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert "nothing came for 1 seconds" in GapLedger(tmp_path).gaps()[0].reason


async def test_a_stream_that_stalls_is_left_for_another_host(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    stalled, well = Jetstream(frames, [Serve(5)], wire=wire), Jetstream(frames, wire=wire)
    async with serving(stalled), serving(well):
        await listen(tmp_path, source(stalled.address, well.address, stall=1.0, wire=wire), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert (len(stalled.requests), len(well.requests)) == (1, 1)
    assert int(well.requests[0]["cursor"]) <= (time_of(frames[4]) or 0) - 5_000_000


@pytest.mark.parametrize("code", [1000, 1006, 1011, 1012, 1013])
async def test_a_server_that_closes_is_read_on_elsewhere(code: int, wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    plan = Serve(4, "drop") if code == 1006 else Serve(4, "close", code)
    first, second = Jetstream(frames, [plan], wire=wire), Jetstream(frames, wire=wire)
    async with serving(first), serving(second):
        await listen(tmp_path, source(first.address, second.address, wire=wire), enough(frames))
    assert landed(tmp_path) == expected(frames)
    (gap,) = GapLedger(tmp_path).gaps()
    assert gap.state == "recovered" and f"closed with {code}" in gap.reason


@pytest.mark.parametrize(
    "storm",
    [
        [Refuse(429, {"Retry-After": "0"}), Refuse(429)],
        [Refuse(503)] * 7,
        [Refuse(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), Refuse(404), Refuse(500)],
    ],
)
async def test_refusals_at_the_handshake_are_outlived(storm: list[Refuse | Serve], wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    async with serving(Jetstream(frames, storm, wire=wire)) as server:
        await listen(tmp_path, source(server.address, wire=wire), enough(frames))
    assert server.script == []
    assert landed(tmp_path) == expected(frames)


async def test_what_comes_twice_or_out_of_order_lands_once(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    mixed = frames * 3
    random.Random(3).shuffle(mixed)
    async with serving(Jetstream(mixed, [Serve(30, "drop")], wire=wire)) as server:
        account = await listen(tmp_path, source(server.address, wire=wire), enough(frames))
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)
    assert account.duplicate > 0 and account.balances


async def test_a_cursor_older_than_what_is_kept_leaves_a_gap_of_known_extent(wire: Wire, tmp_path: Path) -> None:
    frames, late = events(3000, wire), events(100, wire, 5000)[15:]
    server = Jetstream(frames[:8], wire=wire)
    async with serving(server):
        await listen(tmp_path, source(server.address, wire=wire), enough(frames[:8]))
        server.events, server.floor = [*frames, *late], time_of(late[0]) or 0
        await listen(tmp_path, source(server.address, wire=wire), enough(late))
    assert landed(tmp_path) == expected([*frames[:8], *late])
    (gap,) = GapLedger(tmp_path).gaps()
    assert (gap.state, gap.end) == ("missed", datetime.fromtimestamp(server.floor / 1e6, UTC))
    assert gap.start <= datetime.fromtimestamp((time_of(frames[7]) or 0) / 1e6, UTC)


async def test_a_cursor_that_every_host_refuses_is_given_up_and_the_hole_is_said(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    server = Jetstream(frames[:4], wire=wire)
    async with serving(server):
        await listen(tmp_path, source(server.address, wire=wire), enough(frames[:4]))
        server.script, server.events = [Refuse(400)], frames[8:]
        await listen(tmp_path, source(server.address, wire=wire), enough(frames[8:]))
    assert "cursor" not in server.requests[-1]
    assert landed(tmp_path) == expected([*frames[:4], *frames[8:]])
    assert states(tmp_path) == ["missed"]


GARBAGE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe{}",
    b'{"did":1}',
    b"[" * 100_000,
    b'{"time_us":"x","did":"y","kind":"z"}',
]


async def test_what_cannot_be_read_is_quarantined_and_the_rest_lands(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    mixed = [*frames[:5], *GARBAGE, *frames[5:]]
    async with serving(Jetstream(mixed, wire=wire)) as server:
        account = await listen(tmp_path, source(server.address, wire=wire), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert account.quarantined == len(GARBAGE)
    records = list(Quarantine(tmp_path).records())
    assert {record["origin"] for record in records} == {"bluesky"}
    assert [record["position"] for record in records] == list(range(6, 6 + len(GARBAGE)))


def big(frame: bytes, size: int) -> bytes:
    event = json.loads(frame)
    commit_of(event)["record"]["text"] = "x" * size
    commit_of(event)["rkey"] += "b"
    return compact(event)


async def test_a_post_of_ten_megabytes_lands(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    frames.insert(5, big(frames[4], 10_000_000))
    async with serving(Jetstream(frames, wire=wire)) as server:
        await listen(tmp_path, source(server.address, wire=wire), enough(frames))
    assert landed(tmp_path) == expected(frames)


async def test_a_frame_over_the_limit_is_left_out_and_said_once(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    served = [*frames[:5], big(frames[4], 100_000), *frames[5:]]
    async with serving(Jetstream(served, wire=wire)) as server:
        await listen(tmp_path, source(server.address, frame_bytes=65_536, wire=wire), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert ["larger than 65536" in record["reason"] for record in Quarantine(tmp_path).records()] == [True]
    assert "maxMessageSizeBytes" not in server.requests[0]
    assert server.requests[-1]["maxMessageSizeBytes"] == "65536"


@pytest.mark.parametrize("lie", [4_102_444_800_000_000, 5, 10**17, 10**30, -7])
async def test_one_event_with_a_wrong_time_does_not_move_the_cursor(lie: int, wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    frames[7] = retimed(frames[7], lie)
    server = Jetstream(frames, [Serve(8, "drop")], wire=wire)
    async with serving(server):
        await listen(tmp_path, source(server.address, wire=wire), enough(frames))
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)
    cursor = int(server.requests[1]["cursor"])
    assert abs(cursor - (time_of(frames[6]) or 0)) < 6_000_000 or cursor == number_of(frames[0])


async def test_a_servers_clock_that_jumps_back_loses_nothing(wire: Wire, tmp_path: Path) -> None:
    frames = events(wire=wire)
    jumped = [retimed(frame, (time_of(frame) or 0) - 3_600_000_000) for frame in frames[9:]]
    server = Jetstream([*frames[:9], *jumped], [Serve(15, "drop")], wire=wire)
    async with serving(server):
        await listen(tmp_path, source(server.address, wire=wire), enough(frames))
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)


async def test_while_nobody_can_be_reached_the_ledger_says_so(wire: Wire, tmp_path: Path) -> None:
    listened: BlueskySource = source("ws://127.0.0.1:1", wire=wire)
    await listen(tmp_path, listened, lambda account: states(tmp_path) == ["lost"])
    (gap,) = GapLedger(tmp_path).gaps()
    assert gap.is_open and gap.end is None and "no connection" in gap.reason
