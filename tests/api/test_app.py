from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import MORNING, TOPICS, event
from voxpop import models
from voxpop.api.app import Service, create_api
from voxpop.api.security import BodyLimit
from voxpop.errors import Terminal
from voxpop.scorers.onnx import OnnxScorer
from voxpop.seams import Scorer
from voxpop.stores.duckdb import DuckDBStore

HOSTILE = "<script>alert(1)</script> an apple {0} %s"
ROWS = [
    *(event(f"test:{number}", "an apple", number, label="positive") for number in range(6)),
    event("test:6", HOSTILE, 6, label="negative", country=None, lang_detected=None),
    event("test:7", "neither", 7, label="unscored"),
]


def connected(service: Service, base_url: str = "http://127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_api(service), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=base_url)


def problem(response: httpx.Response, status: int) -> str:
    """Check that a response is a problem and answer its detail."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status and body["title"]
    detail: str = body["detail"]
    return detail


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    response = await client.get(path, params=params)
    assert response.status_code == 200, response.text
    return response.json()


async def test_texts_are_scored_in_order(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/score", json={"texts": ["a good day", "", "awful"]})
    body = answer.json()
    assert body["model_id"] == "words-1"
    assert [score["label"] for score in body["scores"]] == ["positive", "unscored", "negative"]
    assert body["scores"][1] == {
        "label": "unscored",
        "p_negative": None,
        "p_neutral": None,
        "p_positive": None,
        "polarity": None,
        "lang_detected": None,
    }
    assert body["scores"][2]["polarity"] == pytest.approx(-2 / 3)


async def test_too_much_to_score_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/score", json={"texts": ["x"] * 10_000})).status_code == 200
    assert "10000" in problem(await client.post("/v1/score", json={"texts": ["x"] * 10_001}), 422)
    assert "20000" in problem(await client.post("/v1/score", json={"texts": ["x" * 20001]}), 422)
    assert "parts" in problem(await client.post("/v1/score", json={"texts": ["x" * 17_000_000]}), 413)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1_000_000

    assert "parts" in problem(await client.post("/v1/score", content=endless()), 413)


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"texts": "one"}', '{"texts": [1]}', '{"text": []}', '{"texts":[null]}']
)
async def test_a_body_that_is_no_list_of_texts_is_refused(client: httpx.AsyncClient, body: str) -> None:
    problem(await client.post("/v1/score", content=body, headers={"content-type": "application/json"}), 422)


async def test_scoring_does_not_hold_up_the_rest(service: Service) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    class SlowScorer(WordScorer):
        def __call__(self, batch: Any) -> Any:
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(30)
            return super().__call__(batch)

    async with connected(replace(service, scorer=SlowScorer())) as client:
        slow = asyncio.create_task(client.post("/v1/score", json={"texts": ["good"]}))
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert not slow.done()
        release.set()
        assert (await slow).status_code == 200


async def test_buckets_are_dense_and_cover_the_last_day(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/buckets", topic="apple")
    assert len(body["buckets"]) == 1440
    assert body["buckets"][-2]["start"] == "2026-11-19T09:06:00Z"
    assert body["buckets"][-2] == {
        "start": "2026-11-19T09:06:00Z", "n": 1, "n_neg": 1, "n_neu": 0, "n_pos": 0, "n_unscored": 0, "net": -1.0,
    }  # fmt: skip
    assert sum(bucket["n"] for bucket in body["buckets"]) == 7


async def test_a_time_without_a_zone_is_utc(client: httpx.AsyncClient) -> None:
    naive = await get(client, "/v1/buckets", start="2026-11-19T09:00:00", end="2026-11-19T09:02:00")
    zoned = await get(client, "/v1/buckets", start="2026-11-19T10:00:00+01:00", end="2026-11-19T09:02:00Z")
    assert naive["buckets"] == zoned["buckets"]
    assert [bucket["n"] for bucket in naive["buckets"]] == [1, 1]


async def test_buckets_can_be_grouped(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/buckets", group="country", width=3600)
    assert [(bucket["name"], bucket["n"]) for bucket in body["buckets"]] == [(None, 1), ("DE", 7)]


async def test_choices_narrow_buckets_and_posts(client: httpx.AsyncClient) -> None:
    query = {"label": ["positive", "negative"], "country": ["DE", ""], "source": ["test"]}
    assert sum(bucket["n"] for bucket in (await get(client, "/v1/buckets", **query))["buckets"]) == 7
    assert len((await get(client, "/v1/posts", **query))["posts"]) == 7
    assert (await get(client, "/v1/posts", lang=""))["posts"][0]["lang"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"width": 90},
        {"width": 0},
        {"start": "2000-01-01"},
        {"start": "2026-11-20T00:00:00", "end": "2026-11-19T00:00:00Z"},
        {"start": "yesterday"},
        {"start": "0001-01-01T00:00:00+14:00"},
        {"end": "9999-12-31T23:59:59Z"},
        {"group": "author"},
        {"label": "angry"},
    ],
)
async def test_a_question_without_an_answer_is_refused(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert problem(await client.get("/v1/buckets", params=query), 422)


async def test_posts_page_newest_first_and_text_is_data(client: httpx.AsyncClient) -> None:
    first = await get(client, "/v1/posts", topic="apple", limit=4)
    second = await get(client, "/v1/posts", topic="apple", limit=4, before=first["next"])
    assert [post["post_id"] for post in first["posts"] + second["posts"]] == [f"test:{n}" for n in range(6, -1, -1)]
    assert second["next"] is None
    assert first["posts"][0]["text"] == HOSTILE
    assert first["posts"][0]["country"] is None
    assert first["posts"][0]["topics"] == ["apple"]


@pytest.mark.parametrize("word", ["x", "%%%", "é", "AAAA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5IHg"])
async def test_a_cursor_of_nobody_is_refused(client: httpx.AsyncClient, word: str) -> None:
    assert "next" in problem(await client.get("/v1/posts", params={"before": word}), 422)


async def test_topics_come_with_their_last_hour(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/topics")
    assert [(topic["name"], topic["title"], topic["n"]) for topic in body["topics"]] == [
        ("apple", "Apple", 7),
        ("pear", "Pear", 0),
    ]
    assert body["all"]["n"] == 8
    assert body["end"] == "2026-11-19T09:08:00Z"


async def test_status_tells_the_state_and_the_notice(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/status")
    assert body["notice"] == "These posts are invented"
    assert body["posts"] == 8
    assert body["start"] == MORNING.isoformat().replace("+00:00", "Z")
    assert body["pipeline"] == pipeline_status()


async def test_an_empty_store_answers_every_route(tmp_path: Path) -> None:
    store = DuckDBStore.open(tmp_path / "empty.duckdb", TOPICS)
    async with connected(Service(store, WordScorer(), TOPICS, None, pipeline_status)) as client:
        paths = ["/v1/buckets", "/v1/posts", "/v1/topics", "/v1/status", "/v1/live/update", "/healthz"]
        bodies = {path: await get(client, path) for path in paths}
    assert bodies["/v1/buckets"]["buckets"] == []
    assert bodies["/v1/posts"] == {"posts": [], "next": None, "folded": None}
    assert bodies["/v1/live/update"]["buckets"] == []
    store.close()


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/buckets/9", "/v1/../v1/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_unknown_paths_are_problems(client: httpx.AsyncClient, path: str, method: str) -> None:
    problem(await client.request(method, path), 404)


async def test_an_unknown_topic_is_a_problem_everywhere(client: httpx.AsyncClient) -> None:
    for path in ("buckets", "posts", "live", "live/update"):
        assert "/v1/topics" in problem(await client.get(f"/v1/{path}", params={"topic": "plum"}), 404)


async def test_a_fault_of_ours_is_a_problem_without_a_traceback(service: Service) -> None:
    def broken() -> dict[str, Any]:
        raise RuntimeError("secret")

    async with connected(replace(service, status=broken)) as client:
        assert "secret" not in problem(await client.get("/v1/status"), 500)

    def closed() -> dict[str, Any]:
        raise Terminal("the store is closed; open it again")

    async with connected(replace(service, status=closed)) as client:
        assert "closed" in problem(await client.get("/v1/status"), 503)


async def test_answers_forbid_sniffing_and_foreign_frames(client: httpx.AsyncClient) -> None:
    for path in ("/v1/status", "/v1/nothing"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors" in headers["content-security-policy"]


async def test_the_description_is_whole_and_names_no_other_host(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).text
    assert set(re.findall(r"https?://[^/\"]+", described)) <= set()
    paths = json.loads(described)["paths"]
    assert set(paths) == {
        "/v1/score", "/predict", "/v1/explain", "/v1/buckets", "/v1/compare", "/v1/map", "/v1/posts", "/v1/topics",
        "/v1/topics/test", "/v1/topics/{name}", "/v1/gaps", "/v1/quarantine", "/v1/models", "/v1/models/serving",
        "/v1/models/{model_id}/health", "/v1/export/posts", "/v1/export/buckets",
        "/v1/corrections", "/v1/corrections/{correction_id}", "/v1/corrections/next", "/v1/prevalence", "/v1/copies",
        "/v1/drivers", "/v1/alerts", "/v1/status", "/v1/live", "/v1/live/update", "/healthz", "/readyz", "/metrics",
    }  # fmt: skip
    operations = [operation for path in paths.values() for operation in path.values()]
    assert all(operation["description"] for operation in operations)
    assert not any("default" in operation["responses"] for operation in operations)


async def test_buckets_follow_a_zones_days(client: httpx.AsyncClient) -> None:
    days = {"width": 86400, "start": "2026-11-19T00:00:00Z", "end": "2026-11-19T09:00:00Z"}
    body = await get(client, "/v1/buckets", tz="Asia/Tokyo", **days)
    assert (body["tz"], [bucket["start"] for bucket in body["buckets"]]) == ("Asia/Tokyo", ["2026-11-18T15:00:00Z"])
    assert body["buckets"][0]["n"] == 8
    for word in ("Mars/Olympus", "../etc/passwd", "localtime", ""):
        assert "time zone" in problem(await client.get("/v1/buckets", params={"tz": word}), 422)


async def test_buckets_can_be_told_apart_by_label(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/buckets", group="label", width=3600)
    assert [(bucket["name"], bucket["n"], bucket["net"]) for bucket in body["buckets"]] == [
        ("negative", 1, -1.0), ("positive", 6, 1.0), ("unscored", 1, None),
    ]  # fmt: skip
    chosen = await get(client, "/v1/buckets", group="label", width=3600, label="positive")
    assert [bucket["name"] for bucket in chosen["buckets"]] == ["positive"]


async def test_a_language_the_model_cannot_read_is_unscored_unless_any_will_do(service: Service) -> None:
    scorer: Scorer = OnnxScorer.open(models.find("en-small"))
    asked = {"texts": ["dieses Spiel ist einfach großartig geworden"]}
    async with connected(replace(service, scorer=scorer)) as client:
        (refused,) = (await client.post("/v1/score", json=asked)).json()["scores"]
        (guessed,) = (await client.post("/v1/score", json={**asked, "any_language": True})).json()["scores"]
    assert (refused["label"], refused["lang_detected"]) == ("unscored", "de")
    assert (guessed["label"] == "unscored", guessed["lang_detected"]) == (False, "de")


async def test_the_bundled_model_scores_through_the_api(service: Service) -> None:
    directory = models.find("en-small")
    scorer: Scorer = OnnxScorer.open(directory)
    async with connected(replace(service, scorer=scorer)) as client:
        body = (await client.post("/v1/score", json={"texts": ["I love this", "I hate this", "@ana"]})).json()
    assert [score["label"] for score in body["scores"]] == ["positive", "negative", "unscored"]
    assert body["model_id"] == scorer.model_id


async def test_a_body_that_trickles_is_refused_in_time() -> None:
    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def trickling() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def nowhere(message: Message) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "headers": []}
    with pytest.raises(HTTPException) as refused:
        await BodyLimit(read, seconds=0.1)(scope, trickling, nowhere)
    assert refused.value.status_code == 408
