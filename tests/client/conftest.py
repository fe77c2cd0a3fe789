from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import serving
from tests.api.test_app import ROWS
from tests.api.wordlist import WordScorer, pipeline_status
from tests.stores.scored import cut
from voxpop.api.app import Service
from voxpop.catalogue import Catalogue
from voxpop.stores.corrections import Corrections
from voxpop.stores.duckdb import DuckDBStore
from voxpop.topics import Topic


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of eight posts."""
    folder: Path = tmp_path_factory.mktemp("served")
    catalogue = Catalogue([Topic.read("apple", "Apple", "apple"), Topic.read("pear", "Pear", "pear")], folder)
    store = DuckDBStore.open(folder / "store.duckdb", catalogue.matcher)
    for piece in cut(ROWS, [4]):
        store.load(*piece)
    catalogue.followed_by(store.follow)
    kept = Corrections(store, folder)
    yield Service(store, WordScorer(), catalogue, "These posts are invented", pipeline_status, corrections=kept)
    store.close()


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    """A server of it on loopback."""
    with serving(service) as url:
        yield url
