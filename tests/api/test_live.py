from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import MODEL, TOPICS, event, table
from voxpop.api.app import Service, create_api
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore


class Running:
    """A real server over a real store, on a free port of loopback."""

    def __init__(self, path: Path) -> None:
        self.store = DuckDBStore.open(path, TOPICS)
        self.load(0, event("test:0", minute=0), event("test:1", minute=2))
        service = Service(
            self.store, WordScorer(), TOPICS, None, pipeline_status, closing=lambda: self.server.should_exit
        )
        config = uvicorn.Config(create_api(service), "127.0.0.1", 0, log_level="warning", timeout_graceful_shutdown=20)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1/live"

    def load(self, offset: int, *rows: dict[str, Any]) -> None:
        assert self.store.load(Segment("2026-11-19", offset), table(rows))

    def stop(self) -> float:
        """Stop, and answer the seconds it took."""
        begin = time.monotonic()
        self.server.should_exit = True
        self.thread.join()
        return time.monotonic() - begin


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "store.duckdb")
    yield running
    running.stop()
    running.store.close()


async def updates(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The events of a stream; each with its id checked against its data."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            assert fields["event"] == "update"
            data = json.loads(fields["data"])
            assert str(data["seq"]) == fields["id"]
            fields = {}
            yield data


def counts(update: dict[str, Any]) -> dict[str, int]:
    return {bucket["start"][11:16]: bucket["n"] for bucket in update["buckets"]}


async def test_a_stream_begins_with_the_last_hour_and_follows_what_changes(running: Running) -> None:
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", running.url) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = updates(response)
        first = await anext(stream)
        assert len(first["buckets"]) == 60
        assert (counts(first)["09:00"], counts(first)["09:01"], counts(first)["09:02"]) == (1, 0, 1)
        assert first["totals"]["n"] == 2
        running.load(10, event("test:0", op="delete", text=None), event("test:9", minute=3))
        second = await anext(stream)
        assert counts(second) == {"09:00": 0, "09:03": 1}
        assert [post["post_id"] for post in second["posts"]] == ["test:9", "test:1"]
        assert second["seq"] > first["seq"]


async def test_updates_come_at_most_once_a_second(running: Running) -> None:
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", running.url) as response:
        stream = updates(response)
        await anext(stream)
        came = [time.monotonic()]
        for number in range(4):
            running.load(10 + number, event(f"test:{10 + number}", minute=number))
        seen: dict[str, int] = {}
        async for update in stream:
            came.append(time.monotonic())
            seen |= counts(update)
            if update["seq"] == queries.seq(running.store):
                break
        assert all(after - before >= 0.9 for before, after in pairwise(came))
        assert seen == {"09:00": 2, "09:01": 1, "09:02": 2, "09:03": 1}


async def test_a_reader_resumes_after_its_last_event(running: Running) -> None:
    seq = queries.seq(running.store)
    running.load(10, event("test:9", minute=3))
    async with httpx.AsyncClient(timeout=30) as client:
        for last, minutes in ((str(seq), 1), ("0", 60), ("9" * 12, 60), ("no number", 60)):
            async with client.stream("GET", running.url, headers={"Last-Event-ID": last}) as response:
                assert len((await anext(updates(response)))["buckets"]) == minutes, last


async def test_a_reader_from_before_a_reset_gets_everything(running: Running) -> None:
    seq = queries.seq(running.store)
    running.store.reset(TOPICS.digest, MODEL)
    running.load(0, event("test:0"))
    headers = {"Last-Event-ID": str(seq)}
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", running.url, headers=headers) as response:
        assert len((await anext(updates(response)))["buckets"]) == 60


async def test_a_topic_and_a_width_shape_the_updates(running: Running) -> None:
    url = running.url + "?topic=pear&width=300"
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", url) as response:
        stream = updates(response)
        assert (await anext(stream))["totals"]["n"] == 0
        running.load(10, event("test:9", "a pear", minute=3))
        assert counts(await anext(stream)) == {"09:00": 1}


async def test_several_topics_are_followed_together(running: Running) -> None:
    url = running.url + "?topic=pear&topic=apple"
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", url) as response:
        stream = updates(response)
        before = (await anext(stream))["totals"]["n"]
        running.load(10, event("test:9", "a pear and an apple", minute=3))
        update = await anext(stream)
        assert counts(update) == {"09:03": 1}
        assert update["totals"]["n"] == before + 1


async def test_a_stopping_server_does_not_wait_for_its_readers(running: Running) -> None:
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", running.url) as response:
        stream = updates(response)
        await anext(stream)
        took = await asyncio.to_thread(running.stop)
        assert [update async for update in stream] == []
    assert took < 5
