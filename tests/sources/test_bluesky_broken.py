"""Every way a network breaks: afterwards the log holds exactly what the server sent."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.jetstream_server import Jetstream, Refuse, Serve, compact, cutting, events, serving, time_of
from tests.sources.listening import enough, expected, landed, listen, source, states
from voxpop.gaps import GapLedger
from voxpop.quarantine import Quarantine
from voxpop.sources.bluesky import BlueskySource


def handshake(frames: list[bytes], count: int) -> int:
    """About how many bytes a server has sent after `count` frames; each has a header of at most four."""
    return 130 + sum(len(frame) + 4 for frame in frames[:count])


async def test_a_connection_cut_at_any_byte_loses_nothing(tmp_path: Path) -> None:
    frames = events()
    begin = handshake(frames, 2)
    plans = [(limit, False) for limit in [*range(1, begin, 211), *range(begin, begin + len(frames[2]) + 8, 41)]]
    async with serving(Jetstream(frames)) as server, cutting(server.address, plans) as address:
        await listen(tmp_path, source(address), enough(frames))
    assert plans == []
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)
    assert set(states(tmp_path)) <= {"recovered"}


async def test_half_a_frame_and_then_silence_is_left_behind(tmp_path: Path) -> None:
    frames = events()
    plans = [(handshake(frames, 3) - 100, True)]
    async with serving(Jetstream(frames)) as server, cutting(server.address, plans) as address:
        await listen(tmp_path, source(address, stall=1.0), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert "nothing came for 1 seconds" in GapLedger(tmp_path).gaps()[0].reason


async def test_a_stream_that_stalls_is_left_for_another_host(tmp_path: Path) -> None:
    frames = events()
    stalled, well = Jetstream(frames, [Serve(5)]), Jetstream(frames)
    async with serving(stalled), serving(well):
        await listen(tmp_path, source(stalled.address, well.address, stall=1.0), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert (len(stalled.requests), len(well.requests)) == (1, 1)
    assert int(well.requests[0]["cursor"]) <= (time_of(frames[4]) or 0) - 5_000_000


@pytest.mark.parametrize("code", [1000, 1006, 1011, 1012, 1013])
async def test_a_server_that_closes_is_read_on_elsewhere(code: int, tmp_path: Path) -> None:
    frames = events()
    plan = Serve(4, "drop") if code == 1006 else Serve(4, "close", code)
    first, second = Jetstream(frames, [plan]), Jetstream(frames)
    async with serving(first), serving(second):
        await listen(tmp_path, source(first.address, second.address), enough(frames))
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
async def test_refusals_at_the_handshake_are_outlived(storm: list[Refuse | Serve], tmp_path: Path) -> None:
    frames = events()
    async with serving(Jetstream(frames, storm)) as server:
        await listen(tmp_path, source(server.address), enough(frames))
    assert server.script == []
    assert landed(tmp_path) == expected(frames)


async def test_what_comes_twice_or_out_of_order_lands_once(tmp_path: Path) -> None:
    frames = events()
    mixed = frames * 3
    random.Random(3).shuffle(mixed)
    async with serving(Jetstream(mixed, [Serve(30, "drop")])) as server:
        account = await listen(tmp_path, source(server.address), enough(frames))
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)
    assert account.duplicate > 0 and account.balances


async def test_a_cursor_older_than_what_is_kept_leaves_a_gap_of_known_extent(tmp_path: Path) -> None:
    frames, late = events(ago=3000), events(ago=100)[15:]
    server = Jetstream(frames[:8])
    async with serving(server):
        await listen(tmp_path, source(server.address), enough(frames[:8]))
        server.events, server.floor = [*frames, *late], time_of(late[0]) or 0
        await listen(tmp_path, source(server.address), enough(late))
    assert landed(tmp_path) == expected([*frames[:8], *late])
    (gap,) = GapLedger(tmp_path).gaps()
    assert (gap.state, gap.end) == ("missed", datetime.fromtimestamp(server.floor / 1e6, UTC))
    assert gap.start <= datetime.fromtimestamp((time_of(frames[7]) or 0) / 1e6, UTC)


async def test_a_cursor_that_every_host_refuses_is_given_up_and_the_hole_is_said(tmp_path: Path) -> None:
    frames = events()
    server = Jetstream(frames[:4])
    async with serving(server):
        await listen(tmp_path, source(server.address), enough(frames[:4]))
        server.script, server.events = [Refuse(400)], frames[8:]
        await listen(tmp_path, source(server.address), enough(frames[8:]))
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


async def test_what_cannot_be_read_is_quarantined_and_the_rest_lands(tmp_path: Path) -> None:
    frames = events()
    mixed = [*frames[:5], *GARBAGE, *frames[5:]]
    async with serving(Jetstream(mixed)) as server:
        account = await listen(tmp_path, source(server.address), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert account.quarantined == len(GARBAGE)
    records = list(Quarantine(tmp_path).records())
    assert {record["origin"] for record in records} == {"bluesky"}
    assert [record["position"] for record in records] == list(range(6, 6 + len(GARBAGE)))


def big(frame: bytes, size: int) -> bytes:
    event = json.loads(frame)
    event["commit"]["record"]["text"] = "x" * size
    event["commit"]["rkey"] += "b"
    return compact(event)


async def test_a_post_of_ten_megabytes_lands(tmp_path: Path) -> None:
    frames = events()
    frames.insert(5, big(frames[4], 10_000_000))
    async with serving(Jetstream(frames)) as server:
        await listen(tmp_path, source(server.address), enough(frames))
    assert landed(tmp_path) == expected(frames)


async def test_a_frame_over_the_limit_is_left_out_and_said_once(tmp_path: Path) -> None:
    frames = events()
    served = [*frames[:5], big(frames[4], 100_000), *frames[5:]]
    async with serving(Jetstream(served)) as server:
        await listen(tmp_path, source(server.address, frame_bytes=65_536), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert ["larger than 65536" in record["reason"] for record in Quarantine(tmp_path).records()] == [True]
    assert "maxMessageSizeBytes" not in server.requests[0]
    assert server.requests[-1]["maxMessageSizeBytes"] == "65536"


@pytest.mark.parametrize("lie", [4_102_444_800_000_000, 5, 10**17, 10**30, -7])
async def test_one_event_with_a_wrong_time_does_not_move_the_cursor(lie: int, tmp_path: Path) -> None:
    frames = events()
    frames[7] = compact({**json.loads(frames[7]), "time_us": lie})
    server = Jetstream(frames, [Serve(8, "drop")])
    async with serving(server):
        await listen(tmp_path, source(server.address), enough(frames))
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)
    assert time_of(frames[0]) is not None
    assert abs(int(server.requests[1]["cursor"]) - (time_of(frames[6]) or 0)) < 6_000_000


async def test_a_servers_clock_that_jumps_back_loses_nothing(tmp_path: Path) -> None:
    frames = events()
    jumped = [compact({**json.loads(frame), "time_us": (time_of(frame) or 0) - 3_600_000_000}) for frame in frames[9:]]
    server = Jetstream([*frames[:9], *jumped], [Serve(15, "drop")])
    async with serving(server):
        await listen(tmp_path, source(server.address), enough(frames))
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)


async def test_while_nobody_can_be_reached_the_ledger_says_so(tmp_path: Path) -> None:
    listened: BlueskySource = source("ws://127.0.0.1:1")
    await listen(tmp_path, listened, lambda account: states(tmp_path) == ["lost"])
    (gap,) = GapLedger(tmp_path).gaps()
    assert gap.is_open and gap.end is None and "no connection" in gap.reason
