"""The store that the settings name."""

from __future__ import annotations

from voxpop import registry
from voxpop.config import Settings
from voxpop.errors import Terminal
from voxpop.stores.matched import Topics
from voxpop.stores.view import View


def store_of(settings: Settings, topics: Topics, *, read_only: bool = False) -> View:
    """Open the store, matching what is loaded against `topics`.

    Raises:
        Terminal: another process has DuckDB's file, PostgreSQL does not let us in, or what it needs is not installed.
        Transient: PostgreSQL does not answer.
    """
    store: View
    if database := settings.database:
        from voxpop.stores.postgres import Access

        store = registry.load("stores", "postgres").open(Access(database, read_only), topics)
        return store
    if read_only:
        raise Terminal(
            "--read-only needs a store that several processes can open, and one process holds DuckDB's file; name a "
            "PostgreSQL database with --store postgresql://…"
        )
    store = registry.load("stores", "duckdb").open(settings.data / "store.duckdb", topics)
    return store
