from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx

from tests.api.test_app import get, problem
from tests.stores.scored import MORNING
from tests.stores.test_alerts import HOUR, row
from voxpop.api.app import Service
from voxpop.stores import alerts
from voxpop.stores.duckdb import DuckDBStore

HOSTILE = "<b>plum</b>"


def noted(service: Service, hours: int = 1, **fields: Any) -> None:
    assert isinstance(service.store, DuckDBStore)
    with service.store.writing() as transaction:
        more = row("a2", topic="pear", state="closed", closed=MORNING + HOUR, measure="net", value=-0.4, expected=0.1)
        alerts.note(transaction, [row(**fields), more], MORNING + hours * HOUR, [])


async def test_alerts_say_what_changed_since_when_and_why(service: Service, client: httpx.AsyncClient) -> None:
    assert await get(client, "/v1/alerts") == {"until": None, "alerts": []}
    driver = {
        "kind": "word",
        "name": HOSTILE,
        "also": [],
        "beside": "before",
        "share": 0.5,
        "share_beside": 0.0,
        "z": 9,
    }
    noted(service, why=json.dumps({"net_change": None, "drivers": [driver], "mixes": []}))
    body = await get(client, "/v1/alerts", topic="apple")
    (alert,) = body["alerts"]
    assert body["until"] == "2026-11-19T10:00:00Z"
    assert (
        alert["text"] == "apple: 90 posts in an hour where 10 were expected (9.0 times as many), since 2026-11-19 09:00"
    )
    assert (alert["first"]["start"], alert["first"]["end"]) == ("2026-11-19T09:00:00Z", "2026-11-19T10:00:00Z")
    assert alert["why"]["drivers"][0]["name"] == HOSTILE


async def test_alerts_are_chosen_by_state_and_time(service: Service, client: httpx.AsyncClient) -> None:
    noted(service)
    for given in ({"state": ["open", "ongoing"]}, {"since": "2026-11-19T12:00:00"}):
        assert [one["id"] for one in (await get(client, "/v1/alerts", **given))["alerts"]] == ["a1"]
    (fell,) = (await get(client, "/v1/alerts", state="closed"))["alerts"]
    assert (fell["id"], fell["measure"]) == ("a2", "net")
    both = await get(client, "/v1/alerts", topic=["apple", "pear"])
    assert {one["id"] for one in both["alerts"]} == {"a1", "a2"}
    problem(await client.get("/v1/alerts", params={"topic": ["apple", "plum"]}), 404)
    problem(await client.get("/v1/alerts", params={"state": "gone"}), 422)
    assert "nearer" in problem(await client.get("/v1/alerts", params={"since": "0001-01-01T00:00:00"}), 422)


async def test_a_client_that_has_the_alerts_is_told_so_until_they_change(
    service: Service, client: httpx.AsyncClient
) -> None:
    noted(service)
    tag = (await client.get("/v1/alerts")).headers["etag"]
    asked = {"if-none-match": tag}
    assert (await client.get("/v1/alerts", headers=asked)).status_code == 304
    noted(service, 2, state="ongoing", last=MORNING + timedelta(hours=2))
    assert (await client.get("/v1/alerts", headers=asked)).status_code == 200
