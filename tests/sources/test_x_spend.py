"""Whatever happens in whatever order: what is recorded is no less than what was read, and no more than the limit."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.listening import landed, listen
from tests.sources.x_server import Refuse, Serve, X, serving, source
from voxpop.errors import Terminal
from voxpop.gaps import GapLedger
from voxpop.log import Log
from voxpop.sources.x.spend import MICROS, Lease, LimitReached, Limits, Prices, Purse

LIMITS = Limits(day=1000, month=1700, block=50, margin=30)
STEP = st.one_of(
    st.tuples(st.just("reserve"), st.integers(1, 300), st.integers(0, 600)),
    st.tuples(st.just("spend"), st.integers(0, 400), st.just(0)),
    st.tuples(st.just("extend"), st.integers(1, 300), st.integers(0, 300)),
    st.tuples(st.just("close"), st.integers(0, 60), st.just(0)),
    st.tuples(st.just("kill"), st.just(0), st.just(0)),
    st.tuples(st.just("midnight"), st.just(0), st.just(0)),
)


class Life:
    """A purse through restarts, beside a plain account of what was really spent by day."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = datetime(2026, 11, 28, 23, tzinfo=UTC)
        self.leases: list[Lease] = []
        self.really: dict[str, int] = {}
        self.kill()

    def kill(self) -> None:
        self.leases.clear()
        self.purse = Purse(self.root, LIMITS, lambda: self.now)

    def step(self, what: str, first: int, second: int) -> None:
        lease = self.leases[-1] if self.leases else None
        if what == "midnight":
            self.now += timedelta(days=1)
        elif what == "kill":
            self.kill()
        elif what == "reserve":
            self.leases.append(self.purse.reserve(first, second))
        elif lease and what == "extend":
            lease.extend(first, second)
        elif lease and what == "spend":
            micros = min(first, lease.left)
            lease.spend(micros, posts=1)
            self.really[lease.day] = self.really.get(lease.day, 0) + micros
        elif lease and what == "close":
            self.leases.pop().close(first)

    def check(self) -> None:
        path = self.root / "spend.json"
        days = {day: found["micros"] for day, found in json.loads(path.read_bytes()).items()} if path.exists() else {}
        for month in {day[:7] for day in days}:
            assert sum(micros for day, micros in days.items() if day.startswith(month)) <= LIMITS.month
        for day, micros in days.items():
            assert self.really.get(day, 0) <= micros <= LIMITS.day
        assert set(self.really) <= set(days)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_no_order_of_spending_kills_and_midnights_forgets_or_overspends(steps: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        life = Life(Path(directory))
        for step in steps:
            try:
                life.step(*step)
            except LimitReached as reached:
                assert reached.until > life.now
            life.check()


def test_two_purses_of_one_directory_share_the_limit(tmp_path: Path) -> None:
    one, other = Purse(tmp_path, LIMITS), Purse(tmp_path, LIMITS)
    one.reserve(600, 600)
    with pytest.raises(LimitReached):
        other.reserve(500, 500)
    assert other.left() == 400


def test_the_limit_that_is_reached_says_when_it_ends(tmp_path: Path) -> None:
    purse = Purse(tmp_path, LIMITS, lambda: datetime(2026, 12, 31, 12, tzinfo=UTC))
    purse.reserve(1000, 1000)
    with pytest.raises(LimitReached) as reached:
        purse.reserve(1, 1)
    assert reached.value.until == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b'{"2026-11-24": {"micros": "much"}}', b"\xff"])
def test_a_record_that_cannot_be_read_stops_all_spending(damaged: bytes, tmp_path: Path) -> None:
    (tmp_path / "spend.json").write_bytes(damaged)
    with pytest.raises(Terminal, match="restore it"):
        Purse(tmp_path).reserve(1, 1)


def spent(data: Path) -> int:
    days = json.loads((data / "spend.json").read_bytes()).values()
    return sum(int(day["micros"]) for day in days)


ENDS: tuple[Literal["hold", "close", "drop"], ...] = ("hold", "close", "drop")
SMALL = Limits(day=MICROS, month=2 * MICROS, block=60_000, margin=200_000)


def stopped_by_the_limit(data: Path) -> bool:
    return any("spend limit" in gap.reason for gap in GapLedger(data).gaps())


async def test_a_stream_is_closed_before_the_limit_and_everything_paid_for_lands(tmp_path: Path) -> None:
    async with serving(X([Serve(say=500)])) as server:
        await listen(
            tmp_path, source(server.address, tmp_path, limits=SMALL), lambda account: stopped_by_the_limit(tmp_path)
        )
        connections = server.connections
        again = source(server.address, tmp_path, limits=SMALL)
        waited = asyncio.get_running_loop().time() + 0.5
        await listen(tmp_path, again, lambda account: asyncio.get_running_loop().time() > waited)
    cost = Prices().of(1, 1) * len(landed(tmp_path))
    assert connections == server.connections == 1
    assert 0.6 * SMALL.day < cost <= spent(tmp_path) <= SMALL.day
    order = [line["data"]["id"] for line in server.posts[: len(landed(tmp_path))]]
    assert [post_id.removeprefix("x:") for post_id, *_ in landed(tmp_path)] == order


async def test_the_next_page_is_not_asked_for_when_it_could_cross_the_limit(tmp_path: Path) -> None:
    async with serving(X([Serve(say=1)])) as server:
        await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= 1)
        server.say(500)
        server.script = [Serve()]
        limits = Limits(day=2 * MICROS, month=2 * MICROS, block=60_000, margin=200_000)
        listened = source(server.address, tmp_path, limits=limits)
        await listen(
            tmp_path,
            listened,
            lambda account: any("not searched for: spend limit" in gap.reason for gap in GapLedger(tmp_path).gaps()),
        )
        # What the pages left is the stream's, which goes on.
        assert Purse(tmp_path, limits).left() >= limits.block
    assert spent(tmp_path) <= limits.day
    assert 50 <= len(landed(tmp_path)) < 501
    assert Prices().of(1, 0) * len(landed(tmp_path)) <= spent(tmp_path)


def planned(dice: random.Random) -> Refuse | Serve:
    if dice.random() < 0.5:
        return Refuse(503)
    then = dice.choice(ENDS)
    return Serve(say=dice.randrange(40), then=then, unheard=30)


@pytest.mark.parametrize("seed", range(3))
async def test_no_order_of_streams_losses_and_restarts_overspends(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    async with serving(X()) as server:
        for _ in range(4):
            server.script = [planned(dice) for _ in range(4)]
            server.search_script = [Refuse(dice.choice([429, 503]))]
            until = asyncio.get_running_loop().time() + dice.uniform(0.1, 2.5)
            listened = source(server.address, tmp_path, limits=SMALL)
            await listen(tmp_path, listened, lambda account, until=until: asyncio.get_running_loop().time() > until)  # type: ignore[misc]
            assert Prices().of(1, 0) * len(landed(tmp_path)) <= spent(tmp_path) <= SMALL.day


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.sources.listening import listen
from tests.sources.x_server import source
data = Path(sys.argv[2])
asyncio.run(listen(data, source(sys.argv[1], data), lambda account: False))
"""


@pytest.mark.slow
async def test_a_restart_after_sigkill_never_forgets_what_was_spent(tmp_path: Path) -> None:
    async with serving(X([Serve(say=100)])) as server:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, server.address, str(tmp_path))
        while not Log(tmp_path).segments():
            assert process.returncode is None
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        before = spent(tmp_path)
        read = len(landed(tmp_path))
        await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= 100 - read)
    assert Prices().of(1, 1) * read <= before <= spent(tmp_path)
    assert len(landed(tmp_path)) == 100
