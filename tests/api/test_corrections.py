"""Labels that people give, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.doors import Shut, shut
from tests.api.test_app import HOSTILE, ROWS, connected, get, problem
from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import TOPICS, cut, event
from voxpop.api.app import Service
from voxpop.stores.corrections import Corrections
from voxpop.stores.duckdb import DuckDBStore

FORMULA = "=1+1 an apple"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    for piece in cut([*ROWS, event("test:8", FORMULA, 7, label="neutral", confidence=0.4)], []):
        store.load(*piece)
    kept = Corrections(store, tmp_path)
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status, corrections=kept)
    store.close()


@pytest.fixture
def closed(tmp_path: Path) -> Shut:
    return shut(tmp_path)


async def give(client: httpx.AsyncClient, post_id: str, label: str = "neutral", **more: str) -> Any:
    answer = await client.post("/v1/corrections", json={"post_id": post_id, "label": label, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_label_is_given_and_listed(client: httpx.AsyncClient) -> None:
    made = await give(client, "test:6", "positive")
    assert (made["author"], made["drawn"], made["model_label"], made["text"]) == ("local", "own", "negative", HOSTILE)
    assert (made["lang"], made["is_newest"]) == (None, True)
    await give(client, "test:6", "neutral", author="ana", drawn="random")
    body = await get(client, "/v1/corrections")
    assert [row["author"] for row in body["corrections"]] == ["ana", "local"] and body["next"] is None
    assert body["corrections"][1] == made
    assert [row["label"] for row in (await get(client, "/v1/corrections", drawn="random"))["corrections"]] == [
        "neutral"
    ]


async def test_pages_follow_each_other(client: httpx.AsyncClient) -> None:
    ids = [(await give(client, f"test:{number}"))["id"] for number in range(5)]
    first = await get(client, "/v1/corrections", limit=3)
    second = await get(client, "/v1/corrections", limit=3, before=first["next"])
    assert [row["id"] for row in first["corrections"] + second["corrections"]] == ids[::-1]
    assert second["next"] is None
    assert "next" in problem(await client.get("/v1/corrections", params={"before": "%%%"}), 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"post_id": "test:99", "label": "neutral"}, 404),
        ({"post_id": "test:1", "label": "unscored"}, 422),
        ({"post_id": "test:1", "label": "angry"}, 422),
        ({"post_id": "test:1"}, 422),
        ({"post_id": "", "label": "neutral"}, 422),
        ({"post_id": "test:1\0", "label": "neutral"}, 422),
        ({"post_id": "x" * 2001, "label": "neutral"}, 422),
        ({"post_id": "test:1", "label": "neutral", "author": "a" * 65}, 422),
        ({"post_id": "test:1", "label": "neutral", "author": "a\nb"}, 422),
        ({"post_id": "test:1", "label": "neutral", "drawn": "fairly"}, 422),
        ({"post_id": "test:1", "label": "neutral", "text": "mine"}, 422),
    ],
)
async def test_what_is_no_correction_is_refused(client: httpx.AsyncClient, body: dict[str, str], status: int) -> None:
    assert problem(await client.post("/v1/corrections", json=body), status)
    assert (await get(client, "/v1/corrections"))["corrections"] == []


async def test_a_page_of_another_site_cannot_label(client: httpx.AsyncClient) -> None:
    body = {"post_id": "test:1", "label": "neutral"}
    answer = await client.post("/v1/corrections", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert problem(answer, 403)


async def test_a_file_is_safe_for_spreadsheets_and_exact_on_request(client: httpx.AsyncClient) -> None:
    await give(client, "test:8", author="=ana")
    accepted = await client.get("/v1/corrections", headers={"Accept": "text/tab-separated-values"})
    assert accepted.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    head, line = accepted.text.splitlines()
    assert head.split("\t")[-1] == "text" and line.split("\t")[-1] == f"'{FORMULA}"
    assert line.split("\t")[3] == "'=ana"
    exact = await client.get("/v1/corrections", params={"format": "tsv", "guard": False})
    assert exact.text.splitlines()[1].endswith(f"\t{FORMULA}")
    assert "attachment" in exact.headers["content-disposition"]


async def test_posts_that_the_model_doubts_are_offered_until_they_are_labelled(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/corrections/next", n=3)
    assert body["drawn"] == "next"
    assert [row["post"]["post_id"] for row in body["suggestions"]][0] == "test:8"
    assert body["suggestions"][0]["uncertainty"] > 0.9
    await give(client, "test:8", drawn="next")
    left = await get(client, "/v1/corrections/next", n=100, drawn="random")
    assert {row["post"]["post_id"] for row in left["suggestions"]} == {f"test:{n}" for n in range(7)}
    assert "101" not in problem(await client.get("/v1/corrections/next", params={"n": 101}), 422)
    assert problem(await client.get("/v1/corrections/next", params={"topic": "plum"}), 404)


async def test_a_key_signs_with_its_own_name(service: Service, closed: Shut) -> None:
    body = {"post_id": "test:1", "label": "neutral"}
    async with connected(replace(service, door=closed.door), "http://voxpop.example") as client:
        headers = closed.bearer("ana", ["label"])
        made = await client.post("/v1/corrections", json=body, headers=headers)
        assert (made.status_code, made.json()["author"]) == (201, "ana")
        forged = await client.post("/v1/corrections", json={**body, "author": "ben"}, headers=headers)
        assert "own name" in problem(forged, 422)
        reader = closed.bearer("ben", ["read"])
        assert "label" in problem(await client.post("/v1/corrections", json=body, headers=reader), 403)
        assert "label" in problem(await client.get("/v1/corrections", headers=reader), 403)


async def test_a_label_is_taken_back_by_whoever_gave_it(service: Service, closed: Shut) -> None:
    async with connected(replace(service, door=closed.door), "http://voxpop.example") as client:
        ana, ben = closed.bearer("ana", ["label"]), closed.bearer("ben", ["label"])
        made = (
            await client.post("/v1/corrections", json={"post_id": "test:8", "label": "neutral"}, headers=ana)
        ).json()
        address = f"/v1/corrections/{made['id']}"
        assert "of yours" in problem(await client.delete(address, headers=ben), 404)
        assert (await client.delete(address, headers=ana)).status_code == 204
        assert problem(await client.delete(address, headers=ana), 404)
        listed = await client.get("/v1/corrections", headers=ana)
        assert listed.json()["corrections"] == []
        offered = await client.get("/v1/corrections/next", headers=ana)
        assert "test:8" in {row["post"]["post_id"] for row in offered.json()["suggestions"]}
    async with connected(service) as client:
        site = {"Sec-Fetch-Site": "cross-site"}
        assert problem(await client.delete(address, headers=site), 403)
    async with connected(replace(service, corrections=None)) as client:
        assert "--read-only" in problem(await client.delete(address), 409)


async def test_a_service_that_only_reads_says_so(service: Service) -> None:
    async with connected(replace(service, corrections=None)) as client:
        answer = await client.post("/v1/corrections", json={"post_id": "test:1", "label": "neutral"})
        assert "--read-only" in problem(answer, 409)
        assert (await get(client, "/v1/corrections"))["corrections"] == []


async def test_an_empty_store_has_nothing_to_label(tmp_path: Path) -> None:
    store = DuckDBStore.open(tmp_path / "empty.duckdb", TOPICS)
    async with connected(Service(store, WordScorer(), TOPICS, None, pipeline_status)) as client:
        assert await get(client, "/v1/corrections/next") == {"drawn": "next", "suggestions": []}
        assert (await client.get("/v1/corrections", params={"format": "tsv"})).text.count("\n") == 1
    store.close()
