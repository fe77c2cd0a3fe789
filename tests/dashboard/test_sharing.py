"""Answers that several pages get of one working out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboard.served import Served, opened, recent
from voxpop.dashboard import sharing
from voxpop.dashboard.sharing import Sharing
from voxpop.stores import queries


class Counting:
    """What is worked out: after a while, how many times it was."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = False

    def __call__(self) -> bytes:
        self.count += 1
        now = self.count
        time.sleep(0.05)
        if self.fails:
            raise OSError("away")
        return str(now).encode()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    store = opened(tmp_path / "store.duckdb")
    yield Served(store)
    store.close()


async def test_pages_that_ask_the_same_share_an_answer_and_others_do_not(served: Served) -> None:
    app, work = Sharing(served.service()), Counting()
    assert await asyncio.gather(*(app.answer("range=1h", -1, work) for _ in range(5))) == [b"1"] * 5
    both = await asyncio.gather(app.answer("range=1h", -1, work), app.answer("range=6h", -1, work))
    assert list(both) == [b"1", b"2"]
    assert work.count == app.worked_out == 2


async def test_a_page_that_goes_away_takes_no_answer_from_the_others(served: Served) -> None:
    app, work = Sharing(served.service()), Counting()
    first, second = (asyncio.create_task(app.answer("range=1h", -1, work)) for _ in range(2))
    while not work.count:
        await asyncio.sleep(0.001)
    first.cancel()
    assert await second == b"1" and work.count == 1


async def test_a_page_that_heard_of_more_gets_an_answer_of_it(served: Served) -> None:
    app, work = Sharing(served.service()), Counting()
    assert await app.answer("range=1h", -1, work) == b"1"
    served.load([recent("one")])
    assert await app.answer("range=1h", queries.seq(served.store), work) == b"2"
    # A page that heard of less gets what is known by now.
    assert await app.answer("range=1h", -1, work) == b"2"


async def test_a_number_that_nobody_was_told_of_hides_nothing_for_longer_than_an_answer_is_kept(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "KEPT_SECONDS", 0.01)
    app, work = Sharing(served.service()), Counting()
    assert await app.answer("range=1h", 2**61, work) == b"1"
    await asyncio.sleep(0.1)
    assert [await app.answer("range=1h", told, work) for told in (3, 4)] == [b"2", b"3"]


async def test_an_answer_is_kept_for_a_second_and_a_failure_not_at_all(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "KEPT_SECONDS", 0.01)
    app, work = Sharing(served.service()), Counting()
    assert await app.answer("range=1h", -1, work) == b"1"
    await asyncio.sleep(0.1)
    assert await app.answer("range=1h", -1, work) == b"2"
    monkeypatch.setattr(sharing, "KEPT_SECONDS", 60.0)
    await asyncio.sleep(0.1)
    work.fails = True
    for count in (3, 4):
        with pytest.raises(OSError, match="away"):
            await app.answer("range=1h", -1, work)
        assert work.count == count
