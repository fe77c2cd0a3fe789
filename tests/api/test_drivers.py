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
        *(event(f"a{at}", "a sweet apple", at, label="positive", author_id=f"a{at}") for at in range(40)),
        *(event(f"b{at}", "a <b>sour</b> apple", 60 + at, label="negative", author_id=f"b{at}") for at in range(40)),
        *(event(f"c{at}", "a ripe pear", 60 + at, label="positive", author_id=f"c{at}") for at in range(40)),
    ]
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    store.load(*cut(rows, [])[0])
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status)
    store.close()


async def test_a_window_is_set_against_the_one_before(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/drivers", topic="apple", **HOUR)
    assert (body["now"]["n"], body["before"]["n"], body["before"]["start"]) == (40, 40, "2026-11-19T09:00:00Z")
    assert body["net_change"] == -2.0
    assert {parts["group"]: parts["rate"] for parts in body["mixes"]} == dict.fromkeys(
        ("country", "lang", "source", "kind"), -2.0
    )
    sour = next(driver for driver in body["drivers"] if "sour" in (driver["name"], *driver["also"]))
    assert sour["share"] == 1.0
    assert sour["examples"][0]["text"] == "a <b>sour</b> apple"


async def test_a_topic_is_set_against_another_and_any_window_against_any(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/drivers", topic="apple", against="pear", **HOUR)
    assert (body["before"]["topic"], body["before"]["start"], body["net_change"]) == ("pear", body["now"]["start"], -2)
    given = {"before_start": "2026-11-19T10:00:00Z", "before_end": "2026-11-19T10:10:00Z"}
    body = await get(client, "/v1/drivers", start="2026-11-19T09:00:00Z", end="2026-11-19T10:00:00Z", **given)
    assert (body["now"]["n"], body["before"]["n"]) == (40, 20)
    down = [driver for driver in (await get(client, "/v1/drivers", **HOUR))["pushes"] if driver["log_odds"] < 0]
    assert "sour" in {name for driver in down for name in (driver["name"], *driver["also"])}


async def test_what_cannot_be_compared_is_told(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v1/drivers", params={"against": "plum"}), 404)
    assert "go together" in problem(await client.get("/v1/drivers", params={"before_start": HOUR["start"]}), 422)
    assert "leave label out" in problem(await client.get("/v1/drivers", params={"label": "positive"}), 422)
    wrong = {"before_start": HOUR["end"], "before_end": HOUR["start"]}
    assert "swap them" in problem(await client.get("/v1/drivers", params=wrong), 422)


async def test_without_posts_there_are_no_drivers(tmp_path: Path) -> None:
    store = DuckDBStore.open(tmp_path / "empty.duckdb", TOPICS)
    async with connected(Service(store, WordScorer(), TOPICS, None, pipeline_status)) as client:
        assert (await get(client, "/v1/drivers"))["drivers"] == []
    store.close()
