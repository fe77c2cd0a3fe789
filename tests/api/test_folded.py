"""Near-copies and authors' further posts left out of every route, and refused where there are too many posts."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.serving import serving
from tests.api.test_app import get, problem
from tests.api.wordlist import WordScorer, pipeline_status
from tests.command import voxpop
from tests.insight.test_views import PLANTED
from tests.stores.scored import TOPICS, cut
from voxpop.api.app import Service
from voxpop.client import AsyncClient, Client
from voxpop.errors import Terminal
from voxpop.stores.duckdb import DuckDBStore

START = "2026-11-19T09:00:00Z"
END = "2026-11-19T12:00:00Z"
COUNTED = [
    ({}, 27, 16, None),
    ({"copies": "false"}, 16, 5, {"posts": 27, "copies": 11, "repeats": 0, "unread": 0}),
    ({"one_voice": "true"}, 17, 16, {"posts": 27, "copies": 0, "repeats": 10, "unread": 0}),
    ({"copies": "false", "one_voice": "true"}, 6, 5, {"posts": 27, "copies": 11, "repeats": 10, "unread": 0}),
]
ROUTES = {
    "/v1/buckets", "/v1/compare", "/v1/prevalence", "/v1/copies", "/v1/corrections/next", "/v1/drivers", "/v1/map",
    "/v1/posts", "/v1/export/posts", "/v1/export/buckets", "/v1/models/{model_id}/health",
}  # fmt: skip


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    store.load(*cut(PLANTED, [])[0])
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status)
    store.close()


async def test_the_routes_that_take_a_filter_take_the_switches(client: httpx.AsyncClient) -> None:
    paths = (await get(client, "/openapi.json"))["paths"]
    taking = {
        path
        for path, methods in paths.items()
        for each in methods.values()
        if {"copies", "one_voice"} <= {given["name"] for given in each.get("parameters", ())}
    }
    assert taking == ROUTES


@pytest.mark.parametrize(("switches", "n", "apples", "folded"), COUNTED)
async def test_every_route_counts_the_same(
    client: httpx.AsyncClient, switches: dict[str, str], n: int, apples: int, folded: dict[str, int] | None
) -> None:
    given = {**switches, "start": START, "end": END}
    buckets = await get(client, "/v1/buckets", **given, width=3600)
    found = {
        "buckets": sum(bucket["n"] for bucket in buckets["buckets"]),
        "map": (await get(client, "/v1/map", **given))["n"],
        "prevalence": (await get(client, "/v1/prevalence", **given))["total"]["n"],
        "series": sum(row["n"] for row in (await get(client, "/v1/prevalence", **given, width=3600))["rows"]),
        "posts": len((await get(client, "/v1/posts", **given))["posts"]),
        "drivers": (await get(client, "/v1/drivers", **given))["now"]["n"],
        "copies": (await get(client, "/v1/copies", **given))["read"],
        "compare": (await get(client, "/v1/compare", **given))["n_all"],
        "next": len((await get(client, "/v1/corrections/next", **given, n=100, drawn="random"))["suggestions"]),
        "export": len(rows(await client.get("/v1/export/posts", params=given))),
        "series export": sum(int(row["n"]) for row in rows(await client.get("/v1/export/buckets", params=given))),
    }
    assert set(found.values()) == {n}, found
    assert buckets["folded"] == folded
    for path in ("/v1/map", "/v1/posts", "/v1/prevalence", "/v1/compare"):
        assert (await get(client, path, **given))["folded"] == folded
    named = (await get(client, "/v1/buckets", **given, group="topic", width=3600))["buckets"]
    (apple, _) = (await get(client, "/v1/compare", **given))["topics"]
    alone = await get(client, "/v1/buckets", **given, topic="apple", width=3600)
    of = sum(bucket["n"] for bucket in named if bucket["name"] == "apple")
    assert of == apple["current"]["n"] == sum(bucket["n"] for bucket in alone["buckets"]) == apples


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_too_many_posts_are_a_problem_that_names_the_fix(service: Service, client: httpx.AsyncClient) -> None:
    service.views.most = 20
    for path in ROUTES - {"/v1/models/{model_id}/health"}:
        said = problem(await client.get(path, params={"copies": "false", "start": START, "end": END}), 422)
        assert said.startswith("27 posts are too many") and "choose a shorter time or a narrower topic" in said
        assert (await client.get(path, params={"start": START, "end": END})).status_code == 200
    assert (await get(client, "/v1/map", copies="false", topic="apple"))["n"] == 5


async def test_an_answer_that_may_be_some_seconds_old_has_no_tag(client: httpx.AsyncClient) -> None:
    assert "ETag" in (await client.get("/v1/map")).headers
    answer = await client.get("/v1/map", params={"copies": "false"})
    assert "ETag" not in answer.headers and answer.headers["Cache-Control"] == "private, no-cache"


def test_the_clients_and_the_command_line_ask_the_same(service: Service) -> None:
    chosen: dict[str, Any] = {"start": START, "end": END, "copies": False, "one_voice": True}
    with serving(service) as url:
        with Client(url) as client:
            assert sum(client.buckets(**chosen, width=3600)["n"].to_pylist()) == 6
            assert client.posts(**chosen).num_rows == client.posts(limit=99, **chosen).num_rows == 6
            assert client.compare(**chosen)["current_n"].to_pylist() == [5, 2]
        assert asyncio.run(counted(url, chosen)) == 6
        asked = ("query", "posts", "--no-copies", "--one-voice", "--start", START, "--end", END, "--format", "jsonl")
        assert len(voxpop(*asked, "--url", url).stdout.splitlines()) == 6
        service.views.most = 20
        # Another choice, of which no view is kept.
        with Client(url) as client, pytest.raises(Terminal, match="choose a shorter time"):
            client.buckets(**chosen, reposts=False, width=3600)
        ran = voxpop(*asked, "--no-reposts", "--url", url)
        assert ran.returncode == 1 and "choose a shorter time or a narrower topic" in ran.stderr


async def counted(url: str, chosen: dict[str, Any]) -> int:
    async with AsyncClient(url) as client:
        return sum((await client.buckets(**chosen, width=3600))["n"].to_pylist())
