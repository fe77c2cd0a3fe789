from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.scored import TOPICS
from voxpop.stores.duckdb import DuckDBStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    yield store
    store.close()
