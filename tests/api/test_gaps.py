from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_app import connected, problem
from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import TOPICS
from tests.test_gaps import gap, minute
from voxpop.api.app import Service
from voxpop.gaps import GapLedger
from voxpop.stores.duckdb import DuckDBStore


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    ledger = GapLedger(tmp_path)
    ledger.note(gap(1, 0, "missed", end=minute(1), events=40))
    ledger.note(gap(5, 4, "recovered", end=minute(6)))
    ledger.note(gap(9, 8, source="x"))
    yield replace(Service(store, WordScorer(), TOPICS, None, pipeline_status), gaps=ledger.gaps)
    store.close()


async def asked(service: Service, **params: Any) -> list[dict[str, Any]]:
    async with connected(service) as client:
        response = await client.get("/v1/gaps", params=params)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["gaps"]
    return found


async def test_gaps_come_newest_first_with_what_is_known(service: Service) -> None:
    found = await asked(service)
    assert [each["state"] for each in found] == ["lost", "recovered", "missed"]
    assert found[0]["end"] is None
    assert (found[2]["start"], found[2]["end"], found[2]["events"]) == (
        "2026-11-19T09:00:00Z",
        "2026-11-19T09:01:00Z",
        40,
    )


async def test_gaps_can_be_chosen_by_source_and_period(service: Service) -> None:
    assert [each["source"] for each in await asked(service, source="x")] == ["x"]
    assert [each["state"] for each in await asked(service, start="2026-11-19T09:05:00")] == ["lost", "recovered"]
    assert [each["state"] for each in await asked(service, end="2026-11-19T09:04:00Z")] == ["missed"]
    assert len(await asked(service, limit=1)) == 1


async def test_a_time_that_is_none_is_refused(service: Service) -> None:
    async with connected(service) as client:
        problem(await client.get("/v1/gaps", params={"start": "soon"}), 422)
