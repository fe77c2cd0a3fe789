from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.test_app import connected, get, problem
from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import TOPICS, cut, event
from voxpop.api.app import Service
from voxpop.stores.duckdb import DuckDBStore

HOUR = {"start": "2026-11-19T10:00:00Z", "end": "2026-11-19T11:00:00Z"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    rows = [
        *(event(f"a{number}", "an apple", number, label="negative") for number in range(2)),
        *(event(f"p{number}", "a pear", number, label="neutral") for number in range(2)),
        *(event(f"b{number}", "an apple", 60 + number, label="positive") for number in range(6)),
        event("c1", "apple and pear", 70, label="positive"),
        event("c2", "neither", 71, label="unscored"),
        event("c3", "a pear", 72, label="negative", country="FR"),
    ]
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    store.load(*cut(rows, [])[0])
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status)
    store.close()


async def test_topics_are_compared_with_each_other_and_with_the_period_before(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/compare", **HOUR)
    assert (body["n_all"], body["previous_start"]) == (9, "2026-11-19T09:00:00Z")
    apple, pear = body["topics"]
    assert (apple["name"], apple["title"], apple["current"]["n"], apple["previous"]["n"]) == ("apple", "Apple", 7, 2)
    assert apple["current"]["share"] == pytest.approx(7 / 9)
    assert apple["current"]["share_of_all"] == pytest.approx(7 / 9)
    assert (apple["n_change"], apple["net_change"]) == (pytest.approx(2.5), 2.0)
    assert apple["share_change"] == pytest.approx(7 / 9 - 0.5)
    assert (pear["current"]["n"], pear["current"]["net"], pear["net_change"]) == (2, 0.0, 0.0)


async def test_chosen_topics_make_up_the_whole(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/compare", topic=["pear"], country="FR", **HOUR)
    (pear,) = body["topics"]
    assert (pear["current"]["n"], pear["current"]["share"], pear["n_change"]) == (1, 1.0, None)
    assert pear["share_change"] is None


async def test_a_period_that_begins_before_the_store_has_none_before(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/compare", start="2026-11-19T09:00:00Z", end="2026-11-19T10:00:00Z")
    assert body["previous_start"] is None
    assert {topic["previous"] for topic in body["topics"]} == {None}


async def test_only_topics_are_compared(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v1/compare", params={"topic": "plum"}), 404)
    assert "leave it out" in problem(await client.get("/v1/compare", params={"topic": "*"}), 422)


async def test_without_posts_nothing_is_compared(tmp_path: Path) -> None:
    store = DuckDBStore.open(tmp_path / "empty.duckdb", TOPICS)
    async with connected(Service(store, WordScorer(), TOPICS, None, pipeline_status)) as client:
        assert (await get(client, "/v1/compare"))["topics"] == []
        assert (await get(client, "/v1/map"))["countries"] == []
        assert (await client.get("/v1/export/posts")).text.count("\n") == 1
        assert (await client.get("/v1/export/buckets")).text.count("\n") == 1
    store.close()
