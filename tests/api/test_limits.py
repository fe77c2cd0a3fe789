"""How much a key, or an address, may ask for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.api.doors import shut
from tests.api.test_app import connected, problem
from voxpop.api.app import Service
from voxpop.api.door import Door
from voxpop.api.limits import Limits, Rates


async def test_requests_are_limited_by_key_with_word_of_what_is_left(service: Service, tmp_path: Path) -> None:
    few = shut(tmp_path, Rates(requests=3))
    ana, ben = few.bearer("ana"), few.bearer("ben")
    async with connected(replace(service, door=few.door)) as client:
        left = [(await client.get("/v1/status", headers=ana)).headers["ratelimit"] for _ in range(3)]
        assert [one.split(";")[:2] for one in left] == [['"requests"', f"r={count}"] for count in (2, 1, 0)]
        refused = await client.get("/v1/status", headers=ana)
        assert "3 requests a minute" in problem(refused, 429)
        assert refused.headers["ratelimit-policy"] == '"requests";q=3;w=60'
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await client.get("/v1/status", headers=ben)).status_code == 200


async def test_texts_are_counted_and_an_explanation_as_what_it_costs(service: Service, tmp_path: Path) -> None:
    few = shut(tmp_path, Rates(texts=1000))
    headers = few.bearer()
    async with connected(replace(service, door=few.door)) as client:
        assert (await client.post("/v1/explain", json={"text": "good"}, headers=headers)).status_code == 200
        assert (await client.post("/v1/score", json={"texts": ["good"] * 700}, headers=headers)).status_code == 200
        refused = await client.post("/v1/score", json={"texts": ["good"] * 100}, headers=headers)
        assert "1,000 texts a minute" in problem(refused, 429) and refused.headers["retry-after"] == "60"
        assert (await client.post("/v1/score", json={"texts": ["good"] * 10}, headers=headers)).status_code == 200


async def test_predictions_count_as_texts_too_and_refuse_in_their_form(service: Service, tmp_path: Path) -> None:
    few = shut(tmp_path, Rates(texts=3))
    headers = few.bearer()
    async with connected(replace(service, door=few.door)) as client:
        batch = {"inputs": [["good"], ["bad"]]}
        assert (await client.post("/predict", json=batch, headers=headers)).status_code == 200
        refused = await client.post("/predict", json=batch, headers=headers)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert refused.json()["error_type"] == "Overloaded" and "3 texts a minute" in refused.json()["error"]


async def test_addresses_are_counted_where_there_are_no_keys(service: Service) -> None:
    async with connected(replace(service, door=Door(limits=Limits(Rates(requests=2))))) as client:
        assert [(await client.get("/v1/status")).status_code for _ in range(3)] == [200, 200, 429]
