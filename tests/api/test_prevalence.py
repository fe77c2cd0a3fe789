from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.api.test_app import connected, get, problem
from tests.api.wordlist import WordScorer, pipeline_status
from tests.insight.drawn import correction
from tests.stores.scored import TOPICS, cut, event
from voxpop.api.app import Service
from voxpop.stores.duckdb import DuckDBStore

NAMES = ("negative", "neutral", "positive")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Sixty apples of which the labels say a third is each; the model was sure of none but the positive ones."""
    rows = [
        event(f"a{number}", "an apple", number, label=NAMES[number % 3], confidence=0.9 if number % 3 == 2 else 0.6)
        for number in range(60)
    ]
    rows += [event(f"p{number}", "a pear", number, label="negative", country="FR") for number in range(40)]
    rows += [event("u", "neither", 61, label="unscored")]
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    for piece in cut(rows, [30]):
        store.load(*piece)
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status, correction=correction(spread=200.0))
    store.close()


@pytest.fixture
async def uncorrected(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(replace(service, correction=None)) as client:
        yield client


async def test_shares_are_corrected_and_what_was_counted_stands_beside_them(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/prevalence", topic="apple")
    assert body["correction"] == {"posts": 2000, "topics": 100} and body["confidence"] == 0.9
    total = body["total"]
    assert (total["n"], total["n_scored"]) == (60, 60)
    assert total["counted"] == {name: pytest.approx(1 / 3) for name in NAMES} | {"net": 0}
    assert sum(total[name]["value"] for name in NAMES) == pytest.approx(1)
    for name in (*NAMES, "net"):
        assert total[name]["low"] < total[name]["value"] < total[name]["high"]
    # It leans on the pears, of which the model was sure that all are negative.
    assert total["negative"]["value"] > 0.38
    assert body["rows"] == []


async def test_a_model_without_a_correction_answers_what_it_counts_and_says_so(uncorrected: httpx.AsyncClient) -> None:
    body = await get(uncorrected, "/v1/prevalence")
    assert body["correction"] is None
    assert (body["total"]["n"], body["total"]["n_scored"]) == (101, 100)
    assert body["total"]["negative"]["value"] == body["total"]["counted"]["negative"] == 0.6
    assert body["total"]["negative"]["low"] < 0.6 < body["total"]["negative"]["high"]


async def test_a_series_has_every_interval_and_nothing_where_nothing_is_scored(client: httpx.AsyncClient) -> None:
    period = {"start": "2026-11-19T09:00:00Z", "end": "2026-11-19T10:10:00Z"}
    body = await get(client, "/v1/prevalence", width=600, **period)
    assert [row["start"][11:16] for row in body["rows"]] == [f"{9 + at // 6:02}:{at % 6}0" for at in range(7)]
    assert sum(row["n_scored"] for row in body["rows"]) == body["total"]["n_scored"] == 100
    last = body["rows"][-1]
    assert (last["n"], last["n_scored"], last["net"]) == (1, 0, {"value": None, "low": None, "high": None})
    wide, narrow = body["rows"][0]["net"], body["total"]["net"]
    assert wide["high"] - wide["low"] > narrow["high"] - narrow["low"]


async def test_groups_are_the_names_of_a_dimension(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/prevalence", group="topic")
    assert [(row["name"], row["n"]) for row in body["rows"]] == [("apple", 60), ("pear", 40)]
    apple, pear = body["rows"]
    assert pear["net"]["high"] < apple["net"]["low"]
    body = await get(client, "/v1/prevalence", group="country", country="FR")
    assert [row["name"] for row in body["rows"]] == ["FR"]


async def test_what_cannot_be_asked_is_refused(client: httpx.AsyncClient) -> None:
    for asked, why in {
        "width=60&group=topic": "leave one out",
        "label=positive": "leave label out",
        "width=60&start=2026-01-01&end=2026-11-01": "choose a greater width",
    }.items():
        assert why in problem(await client.get(f"/v1/prevalence?{asked}"), 422)
    problem(await client.get("/v1/prevalence", params={"topic": "plum"}), 404)


async def test_comparisons_tell_who_leads_and_who_is_apart(service: Service) -> None:
    async with connected(replace(service, correction=correction())) as client:
        body = await get(client, "/v1/compare")
    apple, pear = (topic["standing"] for topic in body["topics"])
    assert apple["leads_net"] > 0.95 and pear["leads_net"] == pytest.approx(1 - apple["leads_net"])
    assert apple["share_low"] < 0.6 < apple["share_high"] and apple["leads_share"] > 0.95
    (pair,) = body["apart"]
    assert (pair["one"], pair["other"]) == ("apple", "pear") and 0 < pair["low"] < pair["net"] < pair["high"]


async def test_an_empty_store_has_no_shares(tmp_path: Path) -> None:
    store = DuckDBStore.open(tmp_path / "empty.duckdb", TOPICS)
    empty = Service(store, WordScorer(), TOPICS, None, pipeline_status, correction=correction())
    async with connected(empty) as client:
        for asked in ({}, {"width": 60}, {"group": "country"}):
            body = await get(client, "/v1/prevalence", **asked)
            assert body["start"] is None and body["rows"] == []
            assert body["total"]["net"] == {"value": None, "low": None, "high": None}
        assert (await get(client, "/v1/compare"))["apart"] == []
    store.close()
