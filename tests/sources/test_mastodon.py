"""Mastodon, live, against a server on real sockets: afterwards the log holds exactly what it sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.sources.listening import Event, landed, listen, states
from tests.sources.mastodon_server import TOKEN, Instance, Refuse, Serve, frame, serving, status, updates
from voxpop.account import Account
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.sources.continuity import Tolerance
from voxpop.sources.formats.mastodon import id_at, time_of
from voxpop.sources.mastodon import Live, MastodonSource
from voxpop.sources.rotation import Pace
from voxpop.sources.websocket import Limits
from voxpop.testing import check_live_source


def source(instance: Instance, *streams: str, stall: float = 20.0, token: str | None = TOKEN) -> MastodonSource:
    """A source that does not wait long before it tries again."""
    live = Live(
        instance.address,
        streams or ("public",),
        SecretStr(token) if token else None,
        poll_seconds=0.05,
        pace=Pace(0.001, 0.002),
        limits=Limits(connect_seconds=20, stall_seconds=stall),
        tolerance=Tolerance(60, 3600),
    )
    return MastodonSource(live)


def ids(instance: Instance, statuses: Sequence[dict[str, Any]]) -> list[str]:
    host = instance.address.partition("://")[2]
    return [f"mastodon:{host}/{one['id']}" for one in statuses]


def has(count: int) -> Callable[[Account], bool]:
    return lambda account: account.landed + account.quarantined >= count


def native(events: Sequence[Event]) -> list[str]:
    return [event[0] for event in events]


async def test_what_is_sent_lands_once_on_however_many_streams_it_comes(tmp_path: Path) -> None:
    found = [status(number) for number in range(6)]
    instance = Instance(streams={"public": [Serve(updates(found[:5]))], "hashtag": [Serve(updates(found[2:]))]})
    async with serving(instance):
        account = await listen(tmp_path, source(instance, "public", "hashtag:gta6"), has(6))
    assert sorted(native(landed(tmp_path))) == sorted(ids(instance, found))
    assert account.balances and states(tmp_path) == []
    assert [request.query_string for request in instance.requests] == ["", "tag=gta6"]


async def test_edits_deletions_replies_and_reposts_are_what_they_are(tmp_path: Path) -> None:
    post, other = status(1), status(2)
    edited = {**post, "content": "<p>better</p>", "edited_at": "2026-11-19T05:00:00.000Z"}
    reply = status(3, in_reply_to_id=post["id"], spoiler_text="Careful")
    repost = status(4, reblog=other, content="")
    frames = [frame("delete", other["id"]), *updates([post, other, reply, repost]), frame("status.update", edited)]
    instance = Instance(streams={"public": [Serve([b"".join(frames)])]})
    async with serving(instance):
        await listen(tmp_path, source(instance), has(6))
    one, two, three, four = ids(instance, [post, other, reply, repost])
    assert landed(tmp_path) == [
        (two, "delete", None, None),
        (one, "create", None, "post 1"),
        (two, "create", None, "post 2"),
        (three, "create", None, "Careful\n\npost 3"),
        (four, "create", None, "post 2"),
        (one, "update", "1795064400000000", "better"),
    ]


async def test_who_does_not_want_to_be_found_is_only_counted(tmp_path: Path) -> None:
    shy = [status(1, account={"indexable": False}), status(2, account={"noindex": True})]
    private, open_ = status(4, visibility="private"), status(5)
    frames = updates([*shy, status(3, reblog=shy[0]), private, open_])
    instance = Instance(streams={"public": [Serve(frames)]})
    async with serving(instance):
        account = await listen(tmp_path, source(instance), has(1))
    assert native(landed(tmp_path)) == ids(instance, [open_])
    assert account.ignored == {"author opted out": 3, "not public": 1}
    assert "post 1" not in "".join(path.read_text() for path in tmp_path.rglob("*.json*"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_a_connection_cut_at_any_byte_loses_nothing(end: str, tmp_path: Path) -> None:
    found = [status(number) for number in range(4)]
    whole = b"".join(frame("update", one, end) for one in found)
    cuts = range(1, len(whole) // 4 + 20, 61)
    instance = Instance(found, {"public": [Serve([whole[:cut]], "drop") for cut in cuts]})
    async with serving(instance):
        await listen(tmp_path, source(instance), lambda account: account.landed >= 4 and not instance.streams["public"])
    assert sorted(native(landed(tmp_path))) == sorted(ids(instance, found))
    assert set(states(tmp_path)) <= {"recovered", "lost"}


async def test_half_a_frame_and_then_silence_is_left_behind(tmp_path: Path) -> None:
    found = [status(number) for number in range(3)]
    instance = Instance(found, {"public": [Serve([b"".join(updates(found))[:-90]])]})
    async with serving(instance):
        await listen(tmp_path, source(instance, stall=1.0), has(3))
    assert sorted(native(landed(tmp_path))) == sorted(ids(instance, found))


async def test_heartbeats_keep_a_quiet_stream_alive(tmp_path: Path) -> None:
    found = [status(1)]
    instance = Instance(found, {"public": [Serve([b":thump\n"], "beat")]})
    async with serving(instance):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                async for _ in source(instance, stall=1.0).read(None):
                    raise AssertionError("nothing was sent")
    assert len(instance.requests) == 1


GARBAGE = [b"event: update\ndata: {\n\n", b"event: update\ndata: []\n\n", b"event: update\ndata: \xff\n\n"]
GARBAGE += [b"event: update\ndata: " + b"[" * 100_000 + b"\n\n", b"event: delete\ndata:\n\n"]


async def test_what_cannot_be_read_is_quarantined_and_the_rest_lands(tmp_path: Path) -> None:
    found = [status(number) for number in range(2)]
    lines = frame("update", found[1]).replace(b',"visibility"', b'\ndata: ,"visibility"')
    other = [b"event: filters_changed\ndata:\n\n", b"event: strange\ndata: 1\n\n", b"odd: 1\nretry: 5\n\n"]
    instance = Instance(streams={"public": [Serve([*updates(found[:1]), *GARBAGE, *other, lines])]})
    async with serving(instance):
        account = await listen(tmp_path, source(instance), has(2 + len(GARBAGE)))
    assert native(landed(tmp_path)) == ids(instance, found)
    assert account.quarantined == len(GARBAGE) == len(list(Quarantine(tmp_path).records()))
    assert account.ignored == {"filters_changed": 1, "other event": 1}


@pytest.mark.parametrize("code", [401, 403, 422])
async def test_a_refused_token_is_said_without_the_token(code: int) -> None:
    instance = Instance(streams={"public": [Refuse(code)]})
    async with serving(instance):
        with pytest.raises(Terminal, match="VOXPOP_MASTODON_TOKEN") as refused:
            async for _ in source(instance).read(None):
                raise AssertionError("it must not read")
    assert TOKEN not in str(refused.value) and TOKEN not in repr(source(instance)._live)


@pytest.mark.parametrize(
    "storm",
    [
        [Refuse(429, {"Retry-After": "0"}), Refuse(429), Refuse(429, {"X-RateLimit-Reset": "2020-01-01T00:00:00Z"})],
        [Refuse(503)] * 7,
    ],
)
async def test_refusals_are_outlived_and_what_was_missed_is_read(storm: list[Refuse | Serve], tmp_path: Path) -> None:
    found = [status(number) for number in range(50)]
    instance = Instance(found, {"public": storm})
    async with serving(instance):
        await listen(
            tmp_path, source(instance), lambda account: account.landed >= 50 and "lost" not in states(tmp_path)
        )
    assert native(landed(tmp_path)) and sorted(native(landed(tmp_path))) == sorted(ids(instance, found))
    assert states(tmp_path) == ["recovered"]


async def test_a_new_run_fills_up_from_where_the_log_ends(tmp_path: Path) -> None:
    found = [status(number) for number in range(120)]
    instance = Instance(found[:3], {"public": [Serve(updates(found[:3]))]})
    async with serving(instance):
        await listen(tmp_path, source(instance), has(3))
        cursor = Log(tmp_path).tail().cursors["mastodon"]
        instance.statuses = found[:110]
        instance.streams = {"public": [Serve(updates(found[108:]))]}
        await listen(tmp_path, source(instance), lambda account: account.landed >= 117)
    assert sorted(native(landed(tmp_path))) == sorted(ids(instance, found))
    first = next(request for request in instance.requests if "min_id" in request.query)
    newest = int(cursor.removeprefix("mastodon-v1:"))
    assert int(first.query["min_id"]) == id_at(time_of(newest) - 60_000_000)
    assert states(tmp_path) == ["recovered"]


async def test_a_past_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    found = [status(number) for number in range(4)]
    plans: list[Refuse | Serve] = [Serve(updates(found[:2]), "end"), Serve(updates(found[3:]))]
    instance = Instance(found, {"public": plans}, pages=[Refuse(422)])
    async with serving(instance):
        await listen(tmp_path, source(instance), has(3))
    assert native(landed(tmp_path)) == ids(instance, [*found[:2], found[3]])
    assert states(tmp_path) == ["missed"]


async def test_without_a_token_timelines_are_polled(tmp_path: Path) -> None:
    found = [status(number) for number in range(130)]
    instance = Instance(found[:30], pages=[Refuse(429, {"Retry-After": "0"}), Refuse(503)])

    def until(account: Account) -> bool:
        if account.landed >= 30:
            instance.statuses = found
        return account.landed >= 130

    async with serving(instance):
        await listen(tmp_path, source(instance, "public/local", token=None), until)
    assert sorted(native(landed(tmp_path))) == sorted(ids(instance, found))
    assert {request.path for request in instance.requests} == {"/api/v1/timelines/public"}
    assert {request.query["local"] for request in instance.requests} == {"true"}
    assert all("Authorization" not in request.headers for request in instance.requests)


async def test_timelines_for_users_alone_ask_for_a_token() -> None:
    instance = Instance(pages=[Refuse(422)])
    async with serving(instance):
        with pytest.raises(Terminal, match="make a token"):
            async for _ in source(instance, token=None).read(None):
                raise AssertionError("it must not read")


async def test_streams_are_read_where_the_instance_says_they_are(tmp_path: Path) -> None:
    found = [status(1)]
    streaming = Instance(streams={"public": [Serve(updates(found))]})
    async with serving(streaming):
        instance = Instance(elsewhere=streaming.address.replace("http", "ws"))
        async with serving(instance):
            await listen(tmp_path, source(instance), has(1))
    assert instance.requests == []
    assert native(landed(tmp_path)) == ids(instance, found)


async def test_the_laws_of_a_live_source_hold() -> None:
    found = [status(number) for number in range(3)]

    def make() -> MastodonSource:
        instance.streams = {"public": [Serve(updates(found))]}
        return source(instance)

    instance = Instance(found)
    async with serving(instance):
        await check_live_source(make, 3)


async def test_a_status_of_the_future_does_not_move_the_cursor(tmp_path: Path) -> None:
    found = [status(1, ago=-20), status(2, ago=-100_000)]
    instance = Instance(streams={"public": [Serve(updates(found))]})
    async with serving(instance):
        await listen(tmp_path, source(instance), has(2))
    assert Log(tmp_path).tail().cursors["mastodon"] == f"mastodon-v1:{found[0]['id']}"


@pytest.mark.parametrize("host", ["", "a b", "host/path", "ftp://host"])
def test_what_is_no_host_or_no_stream_is_refused(host: str) -> None:
    with pytest.raises(Terminal, match="write it like"):
        MastodonSource(Live(host))
    with pytest.raises(Terminal, match="is no stream"):
        MastodonSource(Live("mastodon.social", ("hashtag:../user",)))
