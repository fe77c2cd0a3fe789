from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.conftest import service  # noqa: F401
from tests.api.test_app import connected, problem
from tests.api.wordlist import WordScorer
from voxpop.api.app import Service
from voxpop.errors import Terminal, Transient
from voxpop.observability.measured import MeasuredScorer, MeasuredStore
from voxpop.observability.metrics import Metrics


def told() -> dict[str, Any]:
    """The state of a server that ingests."""
    return {
        "account": {"read": 9, "landed": 5, "duplicate": 3, "quarantined": 1},
        "loads": {"segments": 2, "posts": 5, "scored": 2, "seconds": 0.5},
        "scorer": {"texts": 10, "remembered": 4},
        "behind_segments": 3,
        "backfill_segments": 0,
        "lag_seconds": 1.5,
        "gaps": [
            {"source": "sky", "state": "lost"},
            {"source": "sky", "state": "lost"},
            {"source": "x", "state": "lagging"},
        ],
    }


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:  # noqa: F811
    metrics = Metrics()
    measured = replace(
        service,
        metrics=metrics,
        store=MeasuredStore(service.store, metrics),
        scorer=MeasuredScorer(service.scorer, metrics),
        status=told,
    )
    async with connected(measured) as client:
        yield client


async def read(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


async def test_the_state_of_ingest_and_pipeline_is_there(client: httpx.AsyncClient) -> None:
    found = await read(client)
    assert {outcome: found["voxpop_records_total", outcome] for outcome in ("landed", "duplicate", "quarantined")} == {
        "landed": 5, "duplicate": 3, "quarantined": 1,
    }  # fmt: skip
    assert found["voxpop_loaded_posts_total",] == 5 and found["voxpop_loaded_segments_total",] == 2
    assert found["voxpop_lag_seconds",] == 1.5 and found["voxpop_pipeline_behind_segments",] == 3
    assert found["voxpop_segment_score_duration_seconds_sum",] == 0.5
    assert found["voxpop_scorer_remembered_texts_total",] == 4
    assert (found["voxpop_gaps_open", "sky", "lost"], found["voxpop_gaps_open", "x", "lagging"]) == (2, 1)
    assert found["voxpop_live_streams",] == 0


async def test_requests_are_counted_by_template_method_and_status(client: httpx.AsyncClient) -> None:
    for path in ("/v1/topics/apple", "/v1/topics/pear", "/v1/topics/plum", "/v1/nothing", "/v1/elsewhere"):
        await client.get(path)
    await client.request("BREW", "/v1/topics/apple")
    found = await read(client)
    counts = {key[1:]: value for key, value in found.items() if key[0].endswith("request_duration_seconds_count")}
    assert counts["GET", "/v1/topics/{name}", "200"] == 2 and counts["GET", "/v1/topics/{name}", "404"] == 1
    assert counts["GET", "/v1/{rest:path}", "404"] == 2
    assert {key[0] for key in counts} == {"GET", "other"}


async def test_queries_and_runs_of_the_model_are_timed(client: httpx.AsyncClient) -> None:
    await client.get("/v1/posts")
    await client.post("/v1/score", json={"texts": ["good", "bad", "good"]})
    found = await read(client)
    assert found["voxpop_store_query_duration_seconds_count", "version"] == 1
    assert found["voxpop_store_query_duration_seconds_count", "posts"] > 1, "older and older parts, until there are 50"
    assert found["voxpop_score_duration_seconds_count",] == 1
    assert found["voxpop_score_batch_texts_sum",] == 2, "equal texts are scored once"
    assert found["voxpop_score_waiting_texts",] == 0


async def test_texts_that_wait_for_the_model_are_told(service: Service) -> None:  # noqa: F811
    release, began = threading.Event(), threading.Event()

    class HeldScorer(WordScorer):
        def __call__(self, batch: Any) -> Any:
            began.set()
            assert release.wait(30)
            return super().__call__(batch)

    async with connected(replace(service, scorer=HeldScorer())) as client:
        first = asyncio.create_task(client.post("/v1/score", json={"texts": ["good"]}))
        assert await asyncio.to_thread(began.wait, 30)
        other = asyncio.create_task(client.post("/v1/score", json={"texts": ["good", "bad", "worse"]}))
        while (await read(client))["voxpop_score_waiting_texts",] != 3:
            await asyncio.sleep(0.01)
        release.set()
        assert {answer.status_code for answer in await asyncio.gather(first, other)} == {200}


def test_a_measured_scorer_cuts_what_its_own_does() -> None:
    class ShortScorer(WordScorer):
        def cuts(self, text: str) -> bool:
            return len(text) > 5

    short, whole = MeasuredScorer(ShortScorer(), Metrics()), MeasuredScorer(WordScorer(), Metrics())
    assert (short.cuts("a long text"), short.cuts("a"), whole.cuts("a long text")) == (True, False, False)


async def test_two_servers_of_one_process_share_nothing(service: Service) -> None:  # noqa: F811
    async with connected(service) as one, connected(replace(service, metrics=Metrics())) as other:
        await one.get("/v1/posts")
        key = ("voxpop_http_request_duration_seconds_count", "GET", "/v1/posts", "200")
        assert (await read(one))[key] == 1
        assert key not in await read(other)


async def test_what_a_server_does_not_know_is_left_out(service: Service) -> None:  # noqa: F811
    async with connected(replace(service, status=dict)) as client:
        names = {key[0] for key in await read(client)}
    assert "voxpop_live_streams" in names
    assert not {"voxpop_records_total", "voxpop_lag_seconds", "voxpop_loaded_posts_total"} & names


async def test_a_store_that_is_away_is_said_and_what_was_measured_stays(service: Service) -> None:  # noqa: F811
    def away() -> dict[str, Any]:
        raise Transient("the store is away; ask again")

    async with connected(replace(service, status=away)) as client:
        await client.get("/v1/posts")
        found = await read(client)
    assert found["voxpop_status_known",] == 0 and ("voxpop_gaps_open",) not in found
    assert found["voxpop_http_request_duration_seconds_count", "GET", "/v1/posts", "200"] == 1


async def test_openmetrics_is_given_where_it_is_asked_for(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text") and "# EOF" in answer.text


async def test_alive_touches_nothing_and_ready_tries_everything(service: Service) -> None:  # noqa: F811
    class BrokenStore:
        def query(self, name: str, **params: Any) -> Any:
            raise Terminal("the store is closed; open it again")

    store: Any = BrokenStore()
    async with connected(service) as client:
        assert (await client.get("/readyz")).json() == {"status": "ready"}
    broken = replace(service, store=store, failed=lambda: True, closing=lambda: True)
    async with connected(broken) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        answer = await client.get("/readyz")
        assert "store, pipeline, stopping" in problem(answer, 503)
        assert answer.json()["not_ready"] == ["store", "pipeline", "stopping"]


async def test_a_model_that_hangs_is_not_ready_and_is_asked_once(service: Service) -> None:  # noqa: F811
    release, asked = asyncio.Event(), 0
    loop = asyncio.get_running_loop()

    class HangingScorer(WordScorer):
        def __call__(self, batch: Any) -> Any:
            nonlocal asked
            asked += 1
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(30)
            return super().__call__(batch)

    async with connected(replace(service, scorer=HangingScorer())) as client:
        for _ in range(2):
            answer = await client.get("/readyz")
            assert problem(answer, 503) and answer.json()["not_ready"] == ["model"]
        assert asked == 1
        release.set()
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.01)
