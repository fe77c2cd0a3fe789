"""A load into a full disk ends in one sentence, and leaves nothing of itself; real disks of a few megabytes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import Server, address
from tests.stores.scored import TOPICS, cut, event
from tests.stores.view import naive, seen
from voxpop.errors import Terminal
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.postgres import Access, PostgresStore
from voxpop.stores.view import View

ROWS = [event(f"test:{n}", f"apple {os.urandom(1000).hex()}", author=os.urandom(500).hex()) for n in range(6000)]
PIECES = cut(ROWS, range(0, 6000, 200))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB; an empty database of PostgreSQL takes 9."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", directory], capture_output=True)
    if mounted.returncode:
        pytest.skip("to mount a small file system needs root; run it in a container as root")
    yield directory
    # Lazily, as a test that failed may have files open there.
    subprocess.run(["umount", "--lazy", directory], check=True)


def filled(store: View) -> int:
    """Load until the disk is full; answers how many segments were loaded."""
    loaded = 0
    with pytest.raises(Terminal, match="make room") as full:
        for piece in PIECES:
            assert store.load(*piece)
            loaded += 1
    assert "\n" not in str(full.value)
    assert 0 < loaded < len(PIECES)
    return loaded


def test_duckdb(disk: Path) -> None:
    store = DuckDBStore.open(disk / "store.duckdb", TOPICS)
    loaded = filled(store)
    store.close()
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    again = DuckDBStore.open(disk / "store.duckdb", TOPICS)
    # DuckDB can find the disk full when the segment is in its journal already; then it is loaded.
    found = again.loaded()
    assert found in ({segment for segment, _ in PIECES[:count]} for count in (loaded, loaded + 1))
    assert seen(again) == naive(PIECES[: len(found)])
    again.close()


def test_postgresql(disk: Path, postgres: Server) -> None:
    if not postgres.directory:
        pytest.skip("VOXPOP_TEST_POSTGRES may be on another machine; leave it out")
    # Its tables alone: the server's journal is on the other disk.
    owner = (postgres.directory / "data").stat()
    os.chown(disk, owner.st_uid, owner.st_gid)
    for parent in [*disk.parents][:-2]:
        parent.chmod(parent.stat().st_mode | 0o001)
    postgres.run(f"create tablespace small location '{disk}'")
    url = postgres.create()
    database = url.rpartition("/")[2]
    try:
        postgres.run(f"alter database {database} set tablespace small")
        store = PostgresStore.open(Access(address(url)), TOPICS)
        loaded = filled(store)
        assert store.loaded() == {segment for segment, _ in PIECES[:loaded]}
        assert seen(store) == naive(PIECES[:loaded])
        store.close()
    finally:
        postgres.run(f"drop database {database} with (force)")
        postgres.run("drop tablespace small")
