from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.test_app import connected, get, problem
from tests.api.wordlist import WordScorer, pipeline_status
from tests.posts import post
from tests.stores.scored import TOPICS, cut, event
from voxpop.api.app import Service
from voxpop.catalogue import Catalogue
from voxpop.log import Log
from voxpop.schema import to_batch
from voxpop.stores.duckdb import DuckDBStore

OURS = "http://127.0.0.1:8050"
"""Topics are changed from this machine alone."""
PLUM = {"name": "plum", "title": "Plums", "query": "plum  AND NOT is:repost"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    catalogue = Catalogue(TOPICS.topics, tmp_path)
    store = DuckDBStore.open(tmp_path / "store.duckdb", catalogue.matcher)
    catalogue.followed_by(store.follow)
    log = Log(tmp_path)
    log.append(to_batch([post("a plum <b>"), post("a pear")]), log.tail(), {})
    store.load(*cut([event(text="a plum")], [])[0])
    yield Service(store, WordScorer(), catalogue, None, pipeline_status, log=log)
    store.close()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(service, OURS) as client:
        yield client


async def test_a_topic_comes_changes_and_goes(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/topics", json=PLUM)
    assert made.status_code == 201
    assert made.json() == {"name": "plum", "title": "Plums", "query": "plum -is:repost", "backfill_segments": 1}
    topic = await get(client, "/v1/topics/plum")
    assert (topic["title"], topic["query"], topic["added"]) == ("Plums", "plum -is:repost", True)
    assert (await get(client, "/v1/posts", topic="plum"))["posts"] == []
    changed = await client.put("/v1/topics/plum", json={"query": "pear OR plum"})
    assert (changed.status_code, changed.json()["title"]) == (200, "plum")
    assert (await client.delete("/v1/topics/plum")).status_code == 204
    for answer in (await client.get("/v1/topics/plum"), await client.delete("/v1/topics/plum")):
        assert "/v1/topics lists them" in problem(answer, 404)


async def test_only_what_was_seen_is_changed(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/topics", json=PLUM)
    tag = made.headers["etag"]
    assert (await client.get("/v1/topics/plum")).headers["etag"] == tag
    create = {"if-none-match": "*"}
    assert "meanwhile" in problem(await client.put("/v1/topics/plum", json={"query": "fig"}, headers=create), 412)
    assert (await client.put("/v1/topics/fig", json={"query": "fig"}, headers=create)).status_code == 200
    changed = await client.put("/v1/topics/plum", json={"query": "plums"}, headers={"if-match": tag})
    assert changed.headers["etag"] == (await client.get("/v1/topics/plum")).headers["etag"] != tag
    for method, body in (("PUT", {"query": "x"}), ("DELETE", None)):
        stale = await client.request(method, "/v1/topics/plum", json=body, headers={"if-match": tag})
        assert "read it again" in problem(stale, 412)
    assert "meanwhile" in problem(
        await client.put("/v1/topics/new", json={"query": "x"}, headers={"if-match": "*"}), 412
    )
    gone = await client.delete("/v1/topics/plum", headers={"if-match": f'"x", {changed.headers["etag"]}'})
    assert gone.status_code == 204


async def test_new_posts_are_on_a_new_topic_at_once(client: httpx.AsyncClient, service: Service) -> None:
    await client.post("/v1/topics", json=PLUM)
    segment, batch = cut([event("test:8"), event("test:9", "one more plum")], [1])[1]
    assert service.store.load(segment, batch)
    assert (await get(client, "/v1/topics/plum"))["n"] == 1


async def test_names_of_the_settings_and_names_twice_are_conflicts(client: httpx.AsyncClient) -> None:
    assert "change it there" in problem(await client.post("/v1/topics", json={**PLUM, "name": "apple"}), 409)
    assert "change it there" in problem(await client.put("/v1/topics/apple", json={"query": "plum"}), 409)
    assert "change it there" in problem(await client.delete("/v1/topics/apple"), 409)
    assert (await client.post("/v1/topics", json=PLUM)).status_code == 201
    assert "already" in problem(await client.post("/v1/topics", json=PLUM), 409)


async def test_a_query_that_cannot_be_read_says_where(client: httpx.AsyncClient) -> None:
    for path, method in (("/v1/topics", "POST"), ("/v1/topics/plum", "PUT"), ("/v1/topics/test", "POST")):
        body = {**PLUM, "query": "plum OR"} if path == "/v1/topics" else {"query": "plum OR"}
        answer = await client.request(method, path, json=body)
        assert "column 6" in problem(answer, 422)
        assert answer.json()["errors"] == [
            {
                "where": "query",
                "message": "OR has nothing after it; write a query there, or take it out",
                "column": 6,
                "length": 2,
            }
        ]
    assert "slug" in problem(await client.post("/v1/topics", json={**PLUM, "name": "A B"}), 422)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:8050"},
    ],
)
async def test_pages_of_other_sites_change_nothing(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/v1/topics"), ("PUT", "/v1/topics/plum"), ("DELETE", "/v1/topics/apple")):
        body: Any = {"POST": PLUM, "PUT": {"query": "plum"}}.get(method)
        assert "own pages" in problem(await client.request(method, path, json=body, headers=headers), 403)
    assert len((await get(client, "/v1/topics"))["topics"]) == 2


async def test_a_name_that_somebody_points_here_reads_and_changes_nothing(client: httpx.AsyncClient) -> None:
    headers = {"host": "evil.example:8050", "origin": "http://evil.example:8050", "sec-fetch-site": "same-origin"}
    for method, path in (("GET", "/v1/topics"), ("GET", "/"), ("POST", "/v1/topics"), ("DELETE", "/v1/topics/apple")):
        body = PLUM if method == "POST" else None
        assert "hosts" in problem(await client.request(method, path, json=body, headers=headers), 421)
    assert len((await get(client, "/v1/topics"))["topics"]) == 2


async def test_a_form_of_another_site_is_no_json(client: httpx.AsyncClient) -> None:
    body = '{"name": "plum", "query": "plum"}'
    problem(await client.post("/v1/topics", content=body, headers={"content-type": "text/plain"}), 422)


@pytest.mark.parametrize("headers", [{"origin": "http://127.0.0.1:8050"}, {"sec-fetch-site": "same-origin"}])
async def test_own_pages_change_topics(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.post("/v1/topics", json=PLUM, headers=headers)).status_code == 201


async def test_a_query_is_tried_on_the_log_and_kept_nowhere(client: httpx.AsyncClient) -> None:
    body = (await client.post("/v1/topics/test", json={"query": "PLUM lang:en OR plum"})).json()
    assert (body["looked_at"], body["caught"]) == (2, 1)
    assert body["examples"][0]["text"] == "a plum <b>"
    assert body["examples"][0]["matches"] == [[2, 6]]
    assert body["x"] == {"rules": ["(PLUM lang:en) OR plum"], "notes": [], "refused": None}
    refused = (await client.post("/v1/topics/test", json={"query": "lang:en"})).json()
    assert "no rule for lang:en" in refused["x"]["refused"]
    assert len((await get(client, "/v1/topics"))["topics"]) == 2


async def test_a_service_of_fixed_topics_says_so(service: Service) -> None:
    async with connected(replace(service, topics=TOPICS, log=None), OURS) as client:
        assert "cannot be changed" in problem(await client.post("/v1/topics", json=PLUM), 409)
        assert "no log" in problem(await client.post("/v1/topics/test", json={"query": "plum"}), 409)
