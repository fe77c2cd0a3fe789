from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h3
import httpx
import pytest

from tests.api.test_app import get, problem
from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import TOPICS, cut, event
from voxpop.api.app import Service
from voxpop.stores.duckdb import DuckDBStore

BERLIN, POTSDAM, LYON = (h3.latlng_to_cell(lat, lon, 5) for lat, lon in ((52.52, 13.40), (52.39, 13.06), (45.76, 4.84)))


def located(number: int, cell: str | None, source: str, **fields: Any) -> dict[str, Any]:
    return event(f"test:{number}", minute=number, h3=cell, geo_source=source, **fields)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    rows = [
        *(located(number, BERLIN, "gps", label="positive") for number in range(6)),
        *(located(number, POTSDAM, "gps", label="negative") for number in range(6, 10)),
        *(located(number, LYON, "gps", country="FR", label="unscored") for number in range(10, 12)),
        *(located(number, None, "profile", label="negative", text="a pear") for number in range(12, 15)),
        located(15, None, "none", country=None),
        located(16, BERLIN, "gps", op="delete", text=None),
    ]
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    store.load(*cut(rows, [])[0])
    yield Service(store, WordScorer(), TOPICS, None, pipeline_status)
    store.close()


async def test_countries_and_cells_count_what_is_in_them(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/map", min_posts=3, resolution=5)
    assert (body["n"], body["n_country"], body["n_cell"], body["n_withheld"]) == (16, 15, 12, 2)
    assert body["coverage"] == {"gps": 12, "place": 0, "profile": 3, "none": 1}
    germany, france = body["countries"]
    assert (germany["country"], germany["n"], germany["net"]) == ("DE", 13, pytest.approx(-1 / 13))
    assert germany["share_negative"] == pytest.approx(7 / 13)
    assert france == {
        "country": "FR", "n": 2, "n_unscored": None, "net": None,
        "share_negative": None, "share_neutral": None, "share_positive": None,
    }  # fmt: skip
    cells = {cell["h3"]: (cell["n"], cell["net"]) for cell in body["cells"]}
    assert cells == {BERLIN: (6, 1.0), POTSDAM: (4, -1.0), LYON: (2, None)}


async def test_coarser_cells_are_sums_of_their_children(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/map", min_posts=1, resolution=1)
    cells = {cell["h3"]: (cell["n"], cell["net"]) for cell in body["cells"]}
    assert cells == {h3.cell_to_parent(BERLIN, 1): (10, pytest.approx(0.2)), h3.cell_to_parent(LYON, 1): (2, None)}
    assert body["cells"][1]["n_unscored"] == 2


async def test_choices_and_periods_narrow_a_map(client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/map", min_posts=1, topic="pear")
    assert (body["n"], body["n_cell"], body["coverage"]["profile"]) == (3, 0, 3)
    body = await get(client, "/v1/map", min_posts=1, label="positive", end="2026-11-19T09:03:00Z")
    assert (body["n"], body["n_cell"], body["coverage"]["gps"]) == (3, 3, 3)
    assert "resolution" in problem(await client.get("/v1/map", params={"resolution": 6}), 422)
