"""Where tests keep stores: each test of the seam runs on every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres_server import Server, address
from tests.stores.scored import TOPICS
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.matched import Topics
from voxpop.stores.postgres import Access, PostgresStore
from voxpop.stores.view import View

KINDS = ("duckdb", "postgres")


@dataclass
class Place:
    """A file, or the URL of a database; opened as often as a test likes, and closed in the end."""

    where: Path | str
    opened: list[View] = field(default_factory=list)

    def open(self, topics: Topics = TOPICS) -> View:
        """Open the store that is there."""
        where = self.where
        store: View
        if isinstance(where, str):
            store = PostgresStore.open(Access(address(where)), topics)
        else:
            store = DuckDBStore.open(where, topics)
        self.opened.append(store)
        return store

    def close(self) -> None:
        """Close what was opened; again is no harm."""
        for store in self.opened:
            store.close()


@contextmanager
def places(server: Server | None, directory: Path) -> Iterator[Callable[[], Place]]:
    """Make empty places, on a server of PostgreSQL or else below a directory."""
    made: list[Place] = []

    def make() -> Place:
        made.append(Place(server.fresh() if server else directory / f"{len(made)}" / "store.duckdb"))
        return made[-1]

    try:
        yield make
    finally:
        for place in made:
            place.close()
            if server and isinstance(place.where, str):
                server.clear(place.where)
