"""What posts say of a topic, over HTTP: every route that counts or lists answers for it alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.api.test_app import connected, get, problem
from tests.api.wordlist import ClauseScorer, WordScorer, pipeline_status
from tests.insight.drawn import BALANCE, correction
from tests.stores.scored import TOPICS
from tests.stores.test_stances import ROWS, filled, stance_of
from voxpop.api.app import Service
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Filter

DAY = {"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z", "towards": "true"}
APPLE = {"topic": "apple", **DAY}
EXPECTED = {ROWS[at]["post_id"]: stance_of(ROWS[at]["text"]) for at in (0, 1, 3)}
LABELS = Counter(EXPECTED.values())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    filled(store)
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status, towards=ClauseScorer)
    store.close()


async def test_counts_lists_maps_and_files_agree(client: httpx.AsyncClient) -> None:
    listed = (await get(client, "/v1/posts", **APPLE))["posts"]
    assert {post["post_id"]: post["label"] for post in listed} == EXPECTED
    hours = (await get(client, "/v1/buckets", width=3600, **APPLE))["buckets"]
    assert {name: sum(hour[count] for hour in hours) for name, count in COUNTS.items()} == LABELS
    found = await get(client, "/v1/prevalence", **APPLE)
    assert found["total"]["n"] == 3
    for name in COUNTS:
        assert found["total"][name]["value"] == pytest.approx(LABELS[name] / 3)
    countries = (await get(client, "/v1/map", **APPLE))["countries"]
    assert sum(country["n"] for country in countries) == 3
    exported = (await client.get("/v1/export/posts", params={**APPLE, "format": "jsonl"})).text.splitlines()
    assert len(exported) == 3


COUNTS = {"negative": "n_neg", "neutral": "n_neu", "positive": "n_pos"}


async def test_topics_are_compared_by_what_is_said_of_each(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/compare", **DAY)
    assert {one["name"]: one["current"]["n"] for one in body["topics"]} == {"apple": 3, "pear": 0}
    assert body["n_all"] == 4


async def test_drivers_go_by_it(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/drivers", **APPLE)
    assert body["now"]["n"] == 3


async def test_switches_go_with_it(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/buckets", width=86400, one_voice="true", **APPLE)
    assert sum(day["n"] for day in body["buckets"]) == 3


async def test_it_needs_a_topic_and_a_model(service: Service, client: httpx.AsyncClient) -> None:
    for path in ("buckets", "prevalence", "posts", "map", "drivers"):
        assert "choose one" in problem(await client.get(f"/v1/{path}", params=DAY), 422)
    async with connected(replace(service, towards=None)) as without:
        for path in ("buckets", "compare"):
            assert "towards_model" in problem(await without.get(f"/v1/{path}", params=APPLE), 422)


async def test_the_errors_that_are_undone_are_those_of_the_model_that_was_asked(service: Service) -> None:
    both = replace(service, correction=correction())
    assert both.correcting(Filter("apple")) is both.correction
    async with connected(both) as client:
        assert (await get(client, "/v1/prevalence", **APPLE))["correction"] is None
        assert (await get(client, "/v1/prevalence", topic="apple"))["correction"] is not None
    async with connected(replace(service, towards_correction=correction())) as client:
        assert (await get(client, "/v1/prevalence", **APPLE))["correction"] is not None


async def test_what_few_posts_say_of_a_topic_leans_on_what_is_said_of_topics(service: Service) -> None:
    made = replace(correction(), weight=1000.0)
    async with connected(replace(service, towards_correction=made)) as client:
        found = (await get(client, "/v1/prevalence", **APPLE))["total"]
        compared = (await get(client, "/v1/compare", **DAY))["topics"][0]["standing"]
        countries = (await get(client, "/v1/prevalence", group="country", **APPLE))["rows"]
    assert [found[name]["value"] for name in COUNTS] == pytest.approx(BALANCE, abs=0.01)
    assert compared["net"] == pytest.approx(BALANCE[2] - BALANCE[0], abs=0.01)
    assert [row["net"]["value"] for row in countries] == pytest.approx([compared["net"]] * len(countries), abs=0.02)
    assert countries
    async with connected(replace(service, towards_correction=replace(made, topics=0))) as client:
        alone = (await get(client, "/v1/prevalence", **APPLE))["total"]
    assert alone["net"]["value"] == pytest.approx(0, abs=0.05)


async def test_of_several_topics_there_is_no_such_label(client: httpx.AsyncClient) -> None:
    for route in ("buckets", "posts", "prevalence", "drivers"):
        answer = await client.get(f"/v1/{route}", params={**APPLE, "topic": ["apple", "pear"]})
        assert "choose one" in problem(answer, 422)
