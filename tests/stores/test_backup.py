"""A backup of a store that was restored is the store."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.postgres_server import Server, address, tool
from tests.stores.scored import TOPICS, cut, event
from tests.stores.view import tables
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.postgres import Access, PostgresStore

PIECES = cut([event(f"test:{n % 7}", rev=str(n), minute=n * 900) for n in range(20)], range(0, 20, 3))


def test_a_dump_that_is_restored_is_the_store_and_goes_on(postgres: Server, tmp_path: Path) -> None:
    url, other = postgres.fresh(), postgres.fresh()
    store = PostgresStore.open(Access(address(url)), TOPICS)
    for piece in PIECES[:4]:
        store.load(*piece)
    before = tables(store)
    dump = tmp_path / "store.dump"
    # The commands of docs/operations.md.
    subprocess.run([tool("pg_dump"), "--format=custom", f"--file={dump}", url], check=True)
    store.close()
    postgres.clear(url)
    subprocess.run([tool("pg_restore"), "--no-owner", f"--dbname={other}", dump], check=True)
    again = PostgresStore.open(Access(address(other)), TOPICS)
    assert tables(again) == before
    assert [again.load(*piece) for piece in PIECES] == [False] * 4 + [True] * 3
    again.close()
    postgres.clear(other)


def test_a_copy_of_the_file_that_is_put_back_is_the_store_and_goes_on(tmp_path: Path) -> None:
    path, copy = tmp_path / "store.duckdb", tmp_path / "copy.duckdb"
    store = DuckDBStore.open(path, TOPICS)
    for piece in PIECES[:4]:
        store.load(*piece)
    before = tables(store)
    store.close()
    shutil.copy(path, copy)
    path.unlink()
    shutil.copy(copy, path)
    again = DuckDBStore.open(path, TOPICS)
    assert tables(again) == before
    assert [again.load(*piece) for piece in PIECES] == [False] * 4 + [True] * 3
    again.close()
