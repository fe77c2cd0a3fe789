from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.postgres_server import Server, serving

# How long an example takes is the machine's doing, which other work may share.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "posts.csv"
    path.write_text(
        "id,text,created_at\n1,GTA 6 is amazing,2026-11-19\n2,gta6 servers down again,2026-11-19\n3,,never\n"
    )
    return path


@pytest.fixture(scope="session")
def pair_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a model that reads a post beside a topic."""
    for library in ("torch", "transformers", "onnx"):
        pytest.importorskip(library, reason="needs PyTorch: make training")
    from tests.pairs import save_pair_model

    with warnings.catch_warnings():
        # The libraries warn of their own future, which no test here can change.
        warnings.simplefilter("ignore")
        return save_pair_model(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark session for all tests, as a start takes many seconds: two threads of this machine."""
    pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")
    from voxpop.spark.session import Cluster, opened

    with opened(Cluster("local[2]", {"spark.sql.shuffle.partitions": "2"})) as session:
        yield session


@pytest.fixture(scope="session")
def dask() -> Iterator[Any]:
    """One Dask client for all tests: two worker processes of this machine."""
    pytest.importorskip("distributed", reason="install Dask with pip install 'voxpop[dask]'")
    from voxpop.dask.client import opened

    with opened(workers=2) as client:
        yield client


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server of PostgreSQL for all tests; each takes a database of its own on it."""
    with serving() as server:
        yield server
