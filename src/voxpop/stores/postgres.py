"""The store of many processes: posts, buckets and ledger in a PostgreSQL database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from voxpop.address import Address
from voxpop.errors import Terminal
from voxpop.stores import intake, ledger, partitions
from voxpop.stores.folding import Folded
from voxpop.stores.ledger import SCHEMA_VERSION, Transaction
from voxpop.stores.matched import Topics
from voxpop.stores.migrations import migrate, migrations, newest_of, refuse_newer
from voxpop.stores.pool import Pool, Session
from voxpop.stores.sql import statement
from voxpop.stores.view import View

_TABLES: Final = (
    "posts, drawn, stances, stanced, gone, buckets_minute, buckets_hour, buckets_day, "
    "facets_minute, facets_hour, facets_day, changes, ledger, meta, topics, lacking, alerts"
)
_LOCK: Final = "select pg_advisory_xact_lock(hashtext('voxpop'), hashtext(current_schema()))"
"""One writer at a time in a schema of a database; it is let go of when the transaction or the process ends."""

_BY_INDEX: Final = "set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off"
"""The planner takes a temporary table without statistics for thousands of rows, and would read all posts to find a
few: a load took half a second with a million posts, whatever its size."""


@dataclass(frozen=True)
class Access:
    """A database, and whether it is only read: nothing is made, loaded or moved there then."""

    address: Address
    read_only: bool = False


class PostgresStore(View):
    """Posts and buckets in a PostgreSQL database, which any number of processes can read and load; see `View`.

    Loads of all processes wait for each other. Where the database goes away, methods raise `Transient` until it is
    back; then the same object works again.
    """

    def __init__(self, pool: Pool, topics: Topics, *, read_only: bool = False) -> None:
        super().__init__(topics)
        self._pool = pool
        self._read_only = read_only
        self._writing = threading.Lock()

    @classmethod
    def open(cls, access: Access, topics: Topics) -> PostgresStore:
        """Connect, and make or migrate the tables; content of another schema version is emptied, and is `stale`.

        Raises:
            Transient: the database does not answer.
            Terminal: it does not let us in, is older than PostgreSQL 15, or was made by a newer Voxpop; with
                `read_only`, also where it has no store of this version.
        """
        settings = {"default_transaction_read_only": "on"} if access.read_only else {}
        pool = Pool(access.address, settings)
        store = cls(pool, topics, read_only=access.read_only)
        try:
            store._look() if access.read_only else store._prepare()
        except BaseException:
            pool.close()
            raise
        return store

    def close(self) -> None:
        """Close the connections, after the write in hand."""
        with self._writing:
            self._pool.close()

    def query(self, name: str, **params: Any) -> pa.Table:
        """Run `sql/<name>.sql`; see `View.query`."""
        named = statement(name)
        arguments = named.arguments(params)
        return self._pool.fetch(named.fitted(params), arguments)

    def _prepare(self) -> None:
        migrate(self._transaction, migrations())
        with self._transaction() as transaction:
            if ledger.meta(transaction).get("schema_version") != SCHEMA_VERSION:
                self._begin(transaction, self._topics.digest, "")

    def _look(self) -> None:
        with self._pool.session() as session:
            newest, known = newest_of(session), migrations()[-1].number
        refuse_newer(newest, migrations())
        if newest < known or self.meta().get("schema_version") != SCHEMA_VERSION:
            raise Terminal(
                f"{self._pool.address} holds the store of an older version; start `voxpop run --store …` of this "
                "version first, which brings it up to date"
            )

    def _empty(self, transaction: Transaction) -> None:
        transaction.run(f"truncate {_TABLES}")

    def _take_in(self, transaction: Transaction, folded: Folded) -> None:
        assert isinstance(transaction, Session)
        intake.take_in(transaction, folded)

    def _expect(self, transaction: Transaction, batch: pa.Table) -> None:
        transaction.run(_BY_INDEX)
        if batch.num_rows:
            times = pc.min_max(batch["created_at"])
            partitions.make_room(transaction, partitions.partitions(times["min"].as_py(), times["max"].as_py()))

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        if self._read_only:
            raise Terminal("the store was opened with --read-only; leave it out to load")
        with self._writing, self._pool.session() as session:
            session.rows(_LOCK)
            yield session
