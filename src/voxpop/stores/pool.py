"""Connections to PostgreSQL for any thread, over asyncpg on an event loop of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pyarrow as pa

from voxpop.address import Address
from voxpop.errors import Terminal
from voxpop.stores import columns
from voxpop.stores.refusal import explained

if TYPE_CHECKING:
    import asyncpg

OLDEST: Final = 15
CONNECTIONS: Final = 10
CONNECT_SECONDS: Final = 5.0
QUERY_SECONDS: Final = 60.0
_SETTINGS: Final = {
    "application_name": "voxpop",
    "timezone": "UTC",
    # Filters are parameters that may be null: a plan for any of them would read everything.
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
    # A loader whose machine is lost must not hold the others up for the two hours of the system's default.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "300000",
}
_Answer = TypeVar("_Answer")


class Pool:
    """Connections to one database; they are made as they are needed, and anew where the database was away.

    Any thread but that of the pool's own loop may call any method; every method waits.

    Raises:
        Terminal: asyncpg is missing, the database does not let us in, or it is older than PostgreSQL 15.
        Transient: the database does not answer.
    """

    def __init__(self, address: Address, settings: Mapping[str, str] = {}) -> None:
        try:
            import asyncpg
        except ModuleNotFoundError as error:
            raise Terminal("PostgreSQL needs asyncpg; install it with pip install 'voxpop[postgres]'") from error
        self.address = address
        self._schemas: dict[str, pa.Schema] = {}
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="voxpop-postgres", daemon=True)
        self._thread.start()
        try:
            with explained(address):
                self._pool = self._wait(self._opened(asyncpg, {**_SETTINGS, **settings}))
            self._refuse_old()
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        """Close every connection, those in use as well."""
        if not self._closed:
            self._closed = True
            self._wait(self._shut())
            self._end()

    def fetch(self, sql: str, arguments: Sequence[Any] = ()) -> pa.Table:
        """Run a statement and answer its rows."""
        with self._explained():
            return self._wait(self._fetched(sql, arguments))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection, and a transaction on it that ends with the block."""
        with self._explained():
            connection = self._wait(self._pool.acquire(timeout=CONNECT_SECONDS))
            try:
                transaction = connection.transaction()
                self._wait(transaction.start())
                try:
                    yield Session(self, connection)
                except BaseException:
                    self._undo(connection, transaction)
                    raise
                self._wait(transaction.commit())
            finally:
                self._wait(self._pool.release(connection))

    def run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Do asynchronous work on one of the connections."""
        answer: _Answer = self._wait(work)
        return answer

    def _wait(self, work: Any) -> Any:
        async def awaited() -> Any:
            return await work

        future = asyncio.run_coroutine_threadsafe(awaited(), self._loop)
        try:
            return future.result()
        except BaseException:
            # Where this thread was interrupted, the work would go on without anybody who waits for it.
            future.cancel()
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        if self._closed:
            raise Terminal("the store is closed; open it again")
        with explained(self.address):
            yield

    async def _opened(self, asyncpg: Any, settings: dict[str, str]) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            self.address.url.get_secret_value(),
            # A pool that keeps some open makes them anew by itself when the database is away, and reports to nobody.
            min_size=0,
            max_size=CONNECTIONS,
            timeout=CONNECT_SECONDS,
            server_settings=settings,
        )

    def _refuse_old(self) -> None:
        version = self.fetch("select current_setting('server_version') as version")["version"][0].as_py()
        if int(version.partition(".")[0].partition("beta")[0]) < OLDEST:
            raise Terminal(f"{self.address} is PostgreSQL {version}; Voxpop needs {OLDEST} or newer")

    async def _fetched(self, sql: str, arguments: Sequence[Any]) -> pa.Table:
        async with self._pool.acquire(timeout=CONNECT_SECONDS) as connection:
            if sql not in self._schemas:
                prepared = await connection.prepare(sql)
                self._schemas[sql] = columns.schema(prepared.get_attributes())
            rows = await connection.fetch(sql, *arguments, timeout=QUERY_SECONDS)
            return columns.table(rows, self._schemas[sql])

    def _undo(self, connection: Any, transaction: Any) -> None:
        # Where that fails the connection is lost, and the database has done it; why it began to fail is what counts.
        with suppress(Exception):
            self._wait(transaction.rollback())

    async def _shut(self) -> None:
        try:
            await asyncio.wait_for(self._pool.close(), CONNECT_SECONDS)
        except TimeoutError:
            self._pool.terminate()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Session:
    """One transaction on PostgreSQL; a `voxpop.stores.ledger.Transaction`."""

    def __init__(self, pool: Pool, connection: asyncpg.Connection) -> None:
        self._pool = pool
        self._connection = connection

    def rows(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Run one statement with its positional arguments, and answer its rows."""
        return [tuple(row) for row in self._pool.run(self._connection.fetch(sql, *arguments))]

    def run(self, script: str) -> None:
        """Run statements that take no arguments."""
        self._pool.run(self._connection.execute(script))

    @contextmanager
    def lending(self, name: str, table: pa.Table) -> Iterator[None]:
        """Let statements read an Arrow table by a name, while the block runs: a temporary table."""
        self.run(f'create temp table "{name}" ({columns.definition(table.schema)}) on commit drop')
        self.copy(name, table)
        # Without statistics the planner takes a handful of rows for thousands, and reads all posts to find them.
        self.run(f'analyze "{name}"')
        yield
        self.run(f'drop table pg_temp."{name}"')

    def copy(self, name: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Put rows into a table's columns of the same names."""
        self._pool.run(
            self._connection.copy_to_table(name, source=_sent(rows), columns=rows.schema.names, format="csv")
        )


async def _sent(rows: pa.Table | pa.RecordBatch) -> AsyncIterator[bytes]:
    for part in columns.csv(rows):
        yield part
