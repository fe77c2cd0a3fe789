"""`/v1/quarantine`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx

from tests.api.test_app import connected, get
from voxpop.api.app import Service
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.seams import Rejected


async def test_records_that_could_not_be_read_are_counted_by_reason(service: Service, tmp_path: Path) -> None:
    reasons = ["no id", "not UTF-8", "no id"]
    Quarantine(tmp_path).add([Rejected("a.jsonl", at, f"line {at}", why) for at, why in enumerate(reasons)])
    async with connected(replace(service, log=Log(tmp_path))) as client:
        found = await get(client, "/v1/quarantine")
    assert found["records"] == 3
    assert [(one["reason"], one["n"]) for one in found["reasons"]] == [("no id", 2), ("not UTF-8", 1)]
    assert "line 0" not in str(found)


async def test_a_service_without_a_log_has_set_nothing_aside(client: httpx.AsyncClient) -> None:
    assert await get(client, "/v1/quarantine") == {"records": 0, "reasons": []}
