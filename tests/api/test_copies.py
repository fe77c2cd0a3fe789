from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.test_app import connected, get, problem
from tests.api.wordlist import WordScorer, pipeline_status
from tests.command import answer, voxpop
from tests.stores.scored import TOPICS, cut, event
from voxpop import config
from voxpop.api.app import Service
from voxpop.catalogue import Catalogue
from voxpop.stores.duckdb import DuckDBStore

ROWS = [
    event(f"a{at}", "win a brand new <b>apple</b> today, just follow", at / 2, author_id=f"a{at}") for at in range(12)
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    store.load(*cut(ROWS, [])[0])
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status)
    store.close()


async def test_copies_are_told_with_an_example(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/copies", topic="apple")
    assert (body["read"], body["whole"], body["copied"], body["reposts"]) == (12, True, 1.0, 0.0)
    (text,) = body["texts"]
    assert (text["posts"], text["authors"], text["example"]["text"]) == (12, 12, ROWS[0]["text"])
    assert "12 authors" in text["why"]
    assert (await get(client, "/v1/copies", limit=5))["whole"] is False
    problem(await client.get("/v1/copies", params={"topic": "plum"}), 404)


async def test_without_posts_there_are_no_copies(tmp_path: Path) -> None:
    store = DuckDBStore.open(tmp_path / "empty.duckdb", TOPICS)
    async with connected(Service(store, WordScorer(), TOPICS, None, pipeline_status)) as client:
        assert (await get(client, "/v1/copies"))["copied"] is None
    store.close()


def test_the_command_tells_the_same(tmp_path: Path) -> None:
    catalogue = Catalogue(config.load(None, data=tmp_path).all_topics(), tmp_path)
    store = DuckDBStore.open(tmp_path / "store.duckdb", catalogue.matcher)
    store.load(*cut(ROWS, [])[0])
    store.close()
    assert "may be coordinated: 12 authors" in voxpop("copies", "--data", tmp_path).stdout
    assert answer("copies", "--data", tmp_path)["texts"][0]["posts"] == 12
