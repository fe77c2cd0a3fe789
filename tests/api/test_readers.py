"""Many readers of live updates, on real sockets: what they cost, and what one does to the others."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.serving import serving
from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import TOPICS, event, table
from voxpop.api.app import Service
from voxpop.api.door import Door
from voxpop.api.events import EventStream
from voxpop.api.feed import Feed
from voxpop.api.limits import Limits, Rates
from voxpop.api.updates import View
from voxpop.errors import Transient
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore

VIEW = View("*", timedelta(seconds=60))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    store.load(Segment("2026-11-19", 0), table([event("test:0")]))
    stopping = threading.Event()
    door = Door(limits=Limits(Rates(streams=0)))
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status, closing=stopping.is_set, door=door)
    stopping.set()
    store.close()


def load(service: Service, number: int, text: str = "an apple") -> None:
    row = event(f"test:{number}", text, number % 60)
    assert service.store.load(Segment("2026-11-19", number * 10), table([row]))


@asynccontextmanager
async def reader(address: str, path: str = "/v1/live") -> AsyncIterator[asyncio.StreamReader]:
    """A connection that has asked for updates; nothing is read yet."""
    host, port = address.removeprefix("http://").split(":")
    incoming, outgoing = await asyncio.open_connection(host, int(port), limit=2**20)
    outgoing.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    try:
        yield incoming
    finally:
        outgoing.close()
        with suppress(ConnectionError):
            await outgoing.wait_closed()


async def seqs(incoming: asyncio.StreamReader) -> AsyncIterator[int]:
    """The numbers of updates as they come."""
    while line := await incoming.readline():
        if line.startswith(b"data: "):
            yield int(json.loads(line[6:])["seq"])


async def newest(incoming: asyncio.StreamReader, seq: int) -> int:
    """Read until an update; answers how many came."""
    count = 0
    async for number in seqs(incoming):
        count += 1
        if number >= seq:
            return count
    raise AssertionError("the stream ended")


async def until(true: Any) -> None:
    end = time.monotonic() + 90
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("many", [50, pytest.param(500, marks=pytest.mark.slow)])
async def test_many_readers_share_each_update(service: Service, many: int) -> None:
    with serving(service) as address:
        async with asyncio.TaskGroup() as group:
            done = asyncio.Event()
            arrived: list[int] = []

            async def follow() -> None:
                async with reader(address) as incoming:
                    arrived.append(await newest(incoming, 5))
                    await done.wait()

            for _ in range(many):
                group.create_task(follow())
            await until(lambda: service.readers.live == many)
            for number in range(1, 5):
                await asyncio.to_thread(load, service, number)
            await until(lambda: len(arrived) == many)
            done.set()
        # One that connected has the first state, and then at most one update for each load.
        assert all(2 <= count <= 5 for count in arrived)
        await until(lambda: service.readers.live == 0)


async def test_an_update_is_computed_once_for_all_of_a_view(service: Service) -> None:
    feed = Feed(service)
    streams = [await feed.follow(VIEW, None) for _ in range(40)]
    first = await asyncio.gather(*(anext(stream) for stream in streams))
    assert (feed.computed, len(set(map(id, first))), service.readers.live) == (1, 1, 40)
    following = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.to_thread(load, service, 1)
    second = await asyncio.gather(*following)
    assert (feed.computed, len(set(second))) == (2, 1)
    for stream in streams:
        await stream.aclose()  # type: ignore[attr-defined]
    assert service.readers.live == 0


async def test_a_reader_that_missed_updates_goes_on_with_the_newest(service: Service) -> None:
    feed = Feed(service)
    slow, quick = await feed.follow(VIEW, None), await feed.follow(VIEW, None)
    await anext(slow), await anext(quick)
    for number in (1, 2, 3):
        following = asyncio.ensure_future(anext(quick))
        await asyncio.to_thread(load, service, number)
        last = await following
    caught_up = json.loads((await anext(slow)).partition(b"data: ")[2])
    assert caught_up["seq"] == json.loads(last.partition(b"data: ")[2])["seq"]
    assert len(caught_up["buckets"]) == 60
    assert sum(bucket["n"] for bucket in caught_up["buckets"]) == 4
    for stream in (slow, quick):
        await stream.aclose()  # type: ignore[attr-defined]


async def test_a_reader_that_never_reads_holds_up_nobody(service: Service) -> None:
    for number in range(1, 25):
        load(service, number, "an apple " * 2_000)
    with serving(service) as address:
        async with reader(address) as silent, reader(address) as lively:
            stream = seqs(lively)
            await anext(stream)
            await until(lambda: service.readers.live == 2)
            for number in range(100, 104):
                await asyncio.to_thread(load, service, number)
                await anext(stream)
            assert service.readers.live == 2
            # It wakes up, and finds its way to the newest.
            assert await newest(silent, queries.seq(service.store)) >= 2


async def test_a_client_that_takes_nothing_is_shed() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b": ping\n\n"

    sent: list[str] = []

    async def stuck(message: Any) -> None:
        sent.append(message["type"])
        if len(sent) > 3:
            await asyncio.Event().wait()

    response = EventStream(endless(), patience=0.05)
    await asyncio.wait_for(response.stream_response(stuck), 30)
    assert sent == ["http.response.start"] + ["http.response.body"] * 3


async def test_a_store_that_fails_ends_the_streams(service: Service) -> None:
    feed = Feed(service)
    stream = await feed.follow(VIEW, None)
    await anext(stream)
    service.store.close()  # type: ignore[attr-defined]
    assert [event async for event in stream] == []
    assert service.readers.live == 0


async def test_a_store_that_is_away_for_a_while_ends_nothing(service: Service) -> None:
    class Leaving:
        """The store, as one that another machine holds: sometimes it is not there."""

        away = False

        def query(self, name: str, **params: Any) -> Any:
            if self.away:
                raise Transient("the store does not answer; try again")
            return service.store.query(name, **params)

    store: Any = Leaving()
    feed = Feed(replace(service, store=store))
    stream = await feed.follow(VIEW, None)
    await anext(stream)
    following = asyncio.ensure_future(anext(stream))
    store.away = True
    await asyncio.to_thread(load, service, 1)
    await asyncio.sleep(1.5)
    assert not following.done()
    store.away = False
    assert b"event: update" in await following
    with pytest.raises(Transient):
        store.away = True
        await Feed(replace(service, store=store)).follow(VIEW, None)
    await stream.aclose()  # type: ignore[attr-defined]
