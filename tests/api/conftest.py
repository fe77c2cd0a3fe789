from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.test_app import ROWS, connected
from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import TOPICS, cut
from voxpop.api.app import Service
from voxpop.stores.duckdb import DuckDBStore


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    for piece in cut(ROWS, [4]):
        store.load(*piece)
    yield Service(store, WordScorer(), TOPICS, "These posts are invented", pipeline_status)
    store.close()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(service) as client:
        yield client
