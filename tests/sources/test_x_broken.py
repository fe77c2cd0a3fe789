"""Every way X's stream breaks: afterwards the log holds exactly what X said."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.sources.jetstream_server import cutting
from tests.sources.listening import expected, landed, listen, states
from tests.sources.x_server import QUICK, Refuse, Serve, X, encoded, serving, source
from voxpop.account import Account
from voxpop.gaps import GapLedger
from voxpop.quarantine import Quarantine
from voxpop.sources.websocket import Lost
from voxpop.sources.x.pace import Backoff, Pace, asked_to_wait


def sent(server: X) -> list[tuple[str, str, str | None, str | None]]:
    return sorted(expected(encoded(line) for line in server.posts))


async def hear_all(server: X, data: Path, **fields: object) -> Account:
    """Listen until the log holds all that was said, and the ledger says so."""
    plans = [plan for plan in server.script if isinstance(plan, Serve)]
    due = len(server.posts) + sum(plan.say + (plan.unheard if plan.then != "hold" else 0) for plan in plans)

    def whole(account: Account) -> bool:
        # The last connection's plan is taken before its posts are said.
        return account.landed >= len(server.posts) >= due and "lost" not in states(data)

    account = await listen(data, source(server.address, data, **fields), whole)
    assert sorted(landed(data)) == sent(server)
    assert account.balances
    return account


@pytest.mark.parametrize("then", ["close", "drop"])
async def test_what_a_broken_stream_did_not_bring_is_searched_for(then: str, tmp_path: Path) -> None:
    script: list[Refuse | Serve] = [Serve(say=7, then=then, unheard=60), Serve(say=3)]  # type: ignore[arg-type]
    async with serving(X(script)) as server:
        await hear_all(server, tmp_path)
    assert states(tmp_path) == ["recovered"]


async def test_silence_without_a_keep_alive_is_left_behind(tmp_path: Path) -> None:
    async with serving(X([Serve(say=4, then="silent", unheard=5), Serve(say=2)])) as server:
        await hear_all(server, tmp_path, stall_seconds=0.5)
    assert "nothing came for 0.5 seconds" in GapLedger(tmp_path).gaps()[0].reason


async def test_keep_alives_alone_keep_a_stream(tmp_path: Path) -> None:
    async with serving(X([Serve(say=1)], heartbeat=0.05)) as server:
        until = asyncio.get_running_loop().time() + 1.5
        listened = source(server.address, tmp_path, stall_seconds=0.6)
        await listen(tmp_path, listened, lambda account: asyncio.get_running_loop().time() > until)
    assert server.connections == 1 and states(tmp_path) == []


async def test_half_a_line_and_then_silence_is_left_behind_and_searched_for(tmp_path: Path) -> None:
    async with serving(X([Serve(say=1, cut=200, then="silent"), Serve(say=1)])) as server:
        await hear_all(server, tmp_path, stall_seconds=0.5)


async def test_a_connection_cut_at_any_byte_loses_nothing(tmp_path: Path) -> None:
    plans = [(limit, False) for limit in range(1, 3000, 179)]
    # Keep-alives take each connection to its cut.
    server = X([Serve(say=1) for _ in range(12)], heartbeat=0.001)
    async with serving(server), cutting(server.address, plans) as address:

        def whole(account: Account) -> bool:
            return not plans and account.landed >= len(server.posts) > 0 and "lost" not in states(tmp_path)

        listened = source(address.replace("ws://", "http://"), tmp_path)
        await listen(tmp_path, listened, whole)
    assert sorted(landed(tmp_path)) == sent(server)
    assert set(states(tmp_path)) <= {"recovered"}


@pytest.mark.parametrize(
    "storm",
    [
        [Refuse(429, {"Retry-After": "0"}), Refuse(429), Refuse(429, {"x-rate-limit-reset": "1"})],
        [Refuse(503)] * 9,
        [Refuse(409), Refuse(500), Refuse(503, {"Retry-After": "0"})],
    ],
)
async def test_refusals_are_outlived(storm: list[Refuse | Serve], tmp_path: Path) -> None:
    async with serving(X([Serve(say=2, then="drop", unheard=3), *storm, Serve(say=2)])) as server:
        await hear_all(server, tmp_path)


async def test_refusals_of_the_search_are_outlived(tmp_path: Path) -> None:
    server = X([Serve(say=2, then="drop", unheard=30), Serve(say=2)], search_script=[Refuse(429), Refuse(503)])
    async with serving(server):
        await hear_all(server, tmp_path)


async def test_an_operational_disconnect_is_a_loss_with_its_word(tmp_path: Path) -> None:
    said = b'{"errors":[{"title":"operational-disconnect","disconnect_type":"OperationalDisconnect"}]}\r\n'
    async with serving(X([Serve(raw=[said], unheard=3), Serve(say=2)])) as server:
        account = await hear_all(server, tmp_path)
    assert "operational-disconnect" in GapLedger(tmp_path).gaps()[0].reason
    assert account.ignored["stream error"] == 1


async def test_what_comes_twice_or_out_of_order_lands_once(tmp_path: Path) -> None:
    server = X()
    mixed = [encoded(line) for line in server.say(12)] * 3
    random.Random(3).shuffle(mixed)
    server.script = [Serve(raw=mixed[:20], then="close"), Serve(raw=mixed[20:])]
    async with serving(server):
        account = await hear_all(server, tmp_path)
    assert account.duplicate > 0


async def test_a_post_of_ten_megabytes_lands(tmp_path: Path) -> None:
    server = X()
    lines = [*server.say(1), server.line(2, text="x" * 10_000_000), server.line(4)]
    server.posts = lines
    server.script = [Serve(raw=[encoded(line) for line in lines])]
    async with serving(server):
        await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= 3)
    assert sorted(landed(tmp_path)) == sent(server)


async def test_a_line_over_the_limit_is_quarantined_shortened_and_the_next_lands(tmp_path: Path) -> None:
    server = X()
    lines = [server.line(1), server.line(2, text="x" * 700_000), server.line(4)]
    server.script = [Serve(raw=[encoded(line) for line in lines])]
    async with serving(server):
        listened = source(server.address, tmp_path, line_bytes=500_000)
        await listen(tmp_path, listened, lambda account: account.landed >= 2)
    (record,) = Quarantine(tmp_path).records()
    assert record["line"].endswith("(shortened: only the first 262144 bytes are kept)")


async def test_while_x_cannot_be_reached_the_ledger_says_so(tmp_path: Path) -> None:
    listened = source("http://127.0.0.1:1", tmp_path)
    await listen(tmp_path, listened, lambda account: states(tmp_path) == ["lost"])
    (gap,) = GapLedger(tmp_path).gaps()
    assert gap.is_open and "no connection" in gap.reason


def test_the_three_back_offs_are_those_that_x_asks_for() -> None:
    backoff = Backoff(Pace())
    lost = [backoff.after(Lost("closed")) for _ in range(70)]
    assert lost[:4] == [0.0, 0.25, 0.5, 0.75] and lost[-1] == 16.0
    assert [backoff.after(Lost("refused", 503)) for _ in range(8)] == [5, 10, 20, 40, 80, 160, 320, 320]
    assert [backoff.after(Lost("refused", 429)) for _ in range(5)] == [60, 120, 240, 480, 900]
    assert backoff.after(Lost("refused", 429, 33.0)) == 33.0
    assert backoff.after(Lost("refused", 429, 10.0**9)) == 900.0
    backoff.healthy()
    assert backoff.after(Lost("closed")) == 0.0
    assert QUICK.http_most < 1


@pytest.mark.parametrize("value", ["soon", "", "-5", "²", "9" * 400])
def test_a_reset_that_is_no_time_hurts_nobody(value: str) -> None:
    asked = asked_to_wait({"x-rate-limit-reset": value})
    assert asked is None or asked > 0
