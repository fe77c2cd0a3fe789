from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any, get_args

import httpx
import psutil
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.api.test_app import HOSTILE, get, problem
from tests.stores.scored import MORNING, cut, event
from voxpop.api import exports
from voxpop.api.app import Service
from voxpop.api.rows import encoded
from voxpop.output import Format
from voxpop.stores import search
from voxpop.stores.queries import Filter

FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-1", "@sum(1)", "\tx", "\rx", "\nx"]


async def fetched(client: httpx.AsyncClient, **query: Any) -> httpx.Response:
    response = await client.get("/v1/export/posts", params=query)
    assert response.status_code == 200, response.text
    return response


def cells(response: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


async def test_every_format_holds_what_posts_lists(client: httpx.AsyncClient) -> None:
    listed = (await get(client, "/v1/posts", topic="apple", label=["positive", "negative"]))["posts"]
    query: dict[str, Any] = {"topic": "apple", "label": ["positive", "negative"]}
    lines = [json.loads(line) for line in (await fetched(client, **query, format="jsonl")).text.splitlines()]
    assert lines == listed
    answered = await fetched(client, **query, format="parquet")
    rows = pq.read_table(io.BytesIO(answered.content)).to_pylist()
    assert [row["text"] for row in rows] == [post["text"] for post in listed]
    assert rows[0]["created_at"] == MORNING.replace(minute=6) and rows[0]["country"] is None
    answered = await fetched(client, **query)
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    assert answered.headers["content-disposition"] == 'attachment; filename="posts.csv"'
    assert [row["text"] for row in cells(answered)] == [post["text"] for post in listed]
    assert (cells(answered)[0]["created_at"], cells(answered)[0]["topics"]) == ("2026-11-19T09:06:00Z", "apple")
    assert [row["text"] for row in cells(await fetched(client, q="script"))] == [HOSTILE]


async def test_formulas_are_made_inert_unless_told_otherwise(client: httpx.AsyncClient, service: Service) -> None:
    rows = [event(f"o{number}") for number in range(100)]
    rows += [event(f"f{number}", text, 9, author=text) for number, text in enumerate(FORMULAS)]
    service.store.load(*cut(rows, [100])[1])
    query: dict[str, Any] = {"start": "2026-11-19T09:09:00Z"}
    guarded = cells(await fetched(client, **query))
    assert {row["text"] for row in guarded} == {row["author"] for row in guarded} == {f"'{text}" for text in FORMULAS}
    assert {row["text"] for row in cells(await fetched(client, **query, guard=False))} == set(FORMULAS)


async def test_buckets_are_a_file_too(client: httpx.AsyncClient) -> None:
    period: dict[str, Any] = {"start": "2026-11-19T09:00:00Z", "end": "2026-11-19T10:00:00Z", "width": 1800}
    response = await client.get("/v1/export/buckets", params=period)
    assert response.text.splitlines()[:2] == [
        "start,n,n_neg,n_neu,n_pos,n_unscored,net",
        "2026-11-19T09:00:00Z,8,1,0,6,1,0.7142857142857143",
    ]
    lines = await client.get("/v1/export/buckets", params={**period, "group": "country", "format": "jsonl"})
    assert [(row["name"], row["n"]) for row in map(json.loads, lines.text.splitlines())] == [(None, 1), ("DE", 7)]
    assert "intervals" in problem(await client.get("/v1/export/buckets", params={"start": "2000-01-01"}), 422)


async def test_an_export_is_refused_before_it_begins(client: httpx.AsyncClient, service: Service) -> None:
    problem(await client.get("/v1/export/posts", params={"format": "xlsx"}), 422)
    problem(await client.get("/v1/export/posts", params={"topic": "plum"}), 404)
    service.store.close()  # type: ignore[attr-defined]
    assert "closed" in problem(await client.get("/v1/export/posts"), 503)


@pytest.mark.slow
def test_memory_does_not_grow_with_what_is_exported(service: Service) -> None:
    text = "a long text about an apple " * 40
    [(segment, batch)] = cut([event(f"m{number}", f"{number} {text}", number % 50) for number in range(20_000)], [])
    at = batch.schema.get_field_index("post_id")
    for part in range(6):
        ids = pc.binary_join_element_wise(batch["post_id"], str(part), "-")
        service.store.load(replace(segment, offset=1000 + part * 20_000), batch.set_column(at, "post_id", ids))
    # The store is filled once, for that takes longer than all that is tried on it.
    for format in get_args(Format):
        assert_bounded(service, format)


def assert_bounded(service: Service, format: Format) -> None:
    process, sizes, resident = psutil.Process(), [], []
    for piece in encoded(search.pages(service.store, Filter(), (), exports.PAGE), format):
        sizes.append(len(piece))
        resident.append(process.memory_info().rss)
    if format != "parquet":
        assert sum(sizes) > 100_000_000, format
    # What a quarter of the pages took, the rest takes too.
    quarter = len(resident) // 4
    assert max(resident[quarter:]) - max(resident[:quarter]) < 50_000_000, format
