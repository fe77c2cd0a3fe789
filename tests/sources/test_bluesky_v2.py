"""What only Jetstream's v2 wire has: numbers of one host, named refusals, replaced repositories, and v1 behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.sources.jetstream_server import (
    METHOD,
    Jetstream,
    Serve,
    compact,
    events,
    number_of,
    serving,
    time_of,
    written,
)
from tests.sources.listening import enough, expected, landed, listen, source, states
from voxpop import segment as segments
from voxpop.gaps import GapLedger
from voxpop.log import Log
from voxpop.sources.formats.line import decode_line
from voxpop.sources.position import Position
from voxpop.sources.wire import Mark


def message(kind: str, **fields: Any) -> bytes:
    return compact({"$type": "message", "payload": {"$type": f"{METHOD}#{kind}", **fields}})


def created(did: str, rkey: str, rev: str, micros: int, said: str) -> bytes:
    record = {"$type": "app.bsky.feed.post", "text": f"post {rkey}", "createdAt": said}
    place = {"seq": 7, "did": did, "time": written(micros), "rev": rev, "operation": "create"}
    return message("commit", **place, collection="app.bsky.feed.post", rkey=rkey, cid="b", record=record)


async def test_a_host_without_v2_is_spoken_to_on_v1(tmp_path: Path) -> None:
    frames = events()
    async with serving(Jetstream(frames)) as server:
        listened = source(server.address, wire="v2")
        await listen(tmp_path, listened, enough(frames))
        assert await listened.reach() == server.address
    assert landed(tmp_path) == expected(frames)
    assert states(tmp_path) == []
    assert all("wantedCollections" in request for request in server.requests)


async def test_another_host_is_asked_by_time_and_the_same_one_by_number(tmp_path: Path) -> None:
    frames, others = events(wire="v2"), events(wire="v2", first=777_000)
    one, other = Jetstream(frames, [Serve(6, "drop")], wire="v2"), Jetstream(others, wire="v2")
    async with serving(one), serving(other):
        await listen(tmp_path, source(one.address, other.address, wire="v2"), enough(frames))
        await listen(tmp_path, source(other.address, one.address, wire="v2"), lambda account: account.read >= 6)
    assert sorted(landed(tmp_path), key=str) == sorted(expected(frames), key=str)
    assert len(one.requests) == 1
    by_time, by_number = (int(request["cursor"]) for request in other.requests)
    assert 10**15 < by_time <= (time_of(frames[5]) or 0) - 5_000_000
    assert by_number in {number_of(frame) for frame in others}
    assert set(states(tmp_path)) == {"recovered"}


async def test_a_fail_over_between_the_wires_loses_nothing(tmp_path: Path) -> None:
    first, second = Jetstream(events(wire="v2"), [Serve(6, "drop")], wire="v2"), Jetstream(events())
    async with serving(first), serving(second):
        await listen(tmp_path, source(first.address, second.address, wire="v2"), enough(second.events))
    assert {(post, op) for post, op, _, _ in landed(tmp_path)} == {(p, op) for p, op, _, _ in expected(second.events)}
    assert len(second.requests) == 1 and states(tmp_path) == ["recovered"]


async def test_a_number_that_is_too_old_is_a_gap_that_says_so_and_the_rest_lands(tmp_path: Path) -> None:
    frames, late = events(3000, "v2"), events(100, "v2", 5000)[15:]
    server = Jetstream(frames[:8], wire="v2")
    async with serving(server):
        await listen(tmp_path, source(server.address, wire="v2"), enough(frames[:8]))
        server.events, server.floor = [*frames, *late], time_of(late[0]) or 0
        account = await listen(tmp_path, source(server.address, wire="v2"), enough(late))
    assert landed(tmp_path) == expected([*frames[:8], *late])
    (gap,) = GapLedger(tmp_path).gaps()
    assert (gap.state, gap.end) == ("missed", datetime.fromtimestamp(server.floor / 1e6, UTC))
    assert gap.start <= datetime.fromtimestamp((time_of(frames[7]) or 0) / 1e6, UTC)
    assert "CursorTooOld: cursor 1000 below lookback floor 5015" in gap.reason
    assert account.ignored["info"] == 1
    numbered, timed = server.requests[-2:]
    assert int(numbered["cursor"]) == 1000 and int(timed["cursor"]) > 10**15


async def test_an_instance_that_counts_anew_is_a_gap_and_not_silence(tmp_path: Path) -> None:
    frames, late = events(3000, "v2", 9000), events(100, "v2", 1)
    server = Jetstream(frames[:8], wire="v2")
    async with serving(server):
        await listen(tmp_path, source(server.address, wire="v2"), enough(frames[:8]))
        server.events = [*late, *events(1, "v2", 9500)]
        await listen(tmp_path, source(server.address, wire="v2"), lambda account: account.read > 8)
    assert states(tmp_path) == ["missed"]


async def test_the_words_of_a_stream_that_ends_itself_are_the_reason(tmp_path: Path) -> None:
    frames = events(wire="v2")
    slow = b'{"$type":"error","error":"ConsumerTooSlow","message":"reading\\nbelow the floor rate"}'
    server = Jetstream([*frames[:9], slow], [Serve(10, "close")], wire="v2")
    async with serving(server):
        account = await listen(tmp_path, source(server.address, wire="v2"), lambda account: len(server.requests) > 1)
    assert account.ignored["stream error"] >= 1 and account.quarantined == 0
    assert "(ConsumerTooSlow: reading below the floor rate)" in GapLedger(tmp_path).gaps()[0].reason


async def test_a_replaced_repository_is_counted_and_its_old_posts_keep_their_days(tmp_path: Path) -> None:
    now = time_of(events()[-1]) or 0
    sync = {"did": "did:plc:wren", "seq": 5, "rev": "3r", "time": written(now), "blocks": {"$bytes": "AA"}}
    frames = [
        message("sync", seq=6, did="did:plc:wren", time=written(now), sync=sync),
        created("did:plc:wren", "old", "3r", now, "2024-05-01T10:00:00Z"),
        created("did:plc:wren", "lies", "3r", now, "2044-05-01T10:00:00Z"),
        created("did:plc:wren", "new", "3s", now, "2024-05-01T10:00:00Z"),
        created("did:plc:other", "else", "3r", now, "2024-05-01T10:00:00Z"),
    ]
    async with serving(Jetstream(frames, wire="v2")) as server:
        account = await listen(tmp_path, source(server.address, wire="v2"), enough(frames))
    assert account.ignored["sync"] == 1
    log = Log(tmp_path)
    (rows,) = [segments.read(log.landing / segment.path) for segment in log.segments()]
    days = {row["text"]: row["created_at"].year for row in rows.to_pylist()}
    year = datetime.now(UTC).year
    assert days == {"post old": 2024, "post lies": year, "post new": year, "post else": year}


def test_frames_of_v2_that_are_no_events_are_counted_by_what_they_are() -> None:
    sync = message("sync", seq=1, did="did:plc:wren", time="2026-11-19T05:00:00.000009Z", sync={})
    assert decode_line(sync).ignored == {"sync": 1}
    assert decode_line(message("info", name="OutdatedCursor")).ignored == {"info": 1}
    assert decode_line(message("later", seq=1)).ignored == {"other event": 1}
    torn = json.dumps({"$type": "message", "payload": {"$type": f"{METHOD}#commit", "seq": "x"}}).encode()
    assert len(decode_line(torn).rejected) == 1


def test_a_cursor_holds_the_time_for_all_and_the_number_for_its_own_host() -> None:
    position = Position(None)
    position.moved([Mark(10**15 + 3, 30), Mark(10**15 + 1, 31), Mark(10**15 + 2, 32)], "wss://one")
    assert position.cursor == f"jetstream-v2:{10**15 + 2}:30:wss://one"
    again = Position(position.cursor)
    assert again.cursor == position.cursor
    assert again.resume("v2", "wss://one", 10**15) == 30
    assert again.resume("v2", "wss://two", 10**15) == again.resume("v1", "wss://one", 10**15) == 10**15
    assert again.resume("v2", "wss://two", 5) is None
    again.moved([Mark(10**15 + 4)], "wss://two")
    assert again.cursor.startswith("jetstream-v1:")
