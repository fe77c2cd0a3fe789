"""The store of one process: posts, buckets and ledger in one DuckDB file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from voxpop.errors import Terminal
from voxpop.stores import folding, ledger
from voxpop.stores.file import DATE_BIN, answer, connect
from voxpop.stores.folding import Folded
from voxpop.stores.ledger import SCHEMA_VERSION, Transaction
from voxpop.stores.matched import Topics
from voxpop.stores.sql import statement
from voxpop.stores.view import View


class DuckDBStore(View):
    """Posts and buckets in a DuckDB file, which only one process can have open; see `View`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, topics: Topics) -> None:
        super().__init__(topics)
        self._connection = connection
        self._writing = threading.Lock()

    @classmethod
    def open(cls, path: Path, topics: Topics) -> DuckDBStore:
        """Open the file, or create it; a file of another schema version is emptied, and is `stale`.

        Raises:
            Terminal: another process has it open, or it is no DuckDB file.
        """
        store = cls(connect(path), topics)
        store._prepare()
        return store

    def close(self) -> None:
        """Close the file, after the write in hand."""
        with self._writing:
            self._connection.close()

    def query(self, name: str, **params: Any) -> pa.Table:
        """Run `sql/<name>.sql`; see `View.query`."""
        try:
            return answer(self._connection, name, params)
        except duckdb.ConnectionException as error:
            raise Terminal("the store is closed; open it again") from error

    def _prepare(self) -> None:
        with self._transaction() as transaction:
            transaction.run("create sequence if not exists ledger_seq")
            transaction.run(DATE_BIN)
            if ledger.meta(transaction).get("schema_version") != SCHEMA_VERSION:
                self._begin(transaction, self._topics.digest, "")
        # The first Arrow result of a process takes about a second; better now than under a request.
        self.query("seq")

    def _empty(self, transaction: Transaction) -> None:
        transaction.run(statement("drop").text)
        transaction.run(statement("schema").text)

    def _take_in(self, transaction: Transaction, folded: Folded) -> None:
        folding.take_in(self._connection, folded)

    def _expect(self, transaction: Transaction, batch: pa.Table) -> None:
        pass

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        with self._writing:
            try:
                self._connection.execute("begin")
                yield _Writing(self._connection)
                self._connection.execute("commit")
            except duckdb.ConnectionException as error:
                raise Terminal("the store is closed; open it again") from error
            except BaseException as error:
                # After a fatal error DuckDB does not even roll back; the next opening does.
                with suppress(duckdb.TransactionException, duckdb.FatalException):
                    self._connection.execute("rollback")
                if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException | duckdb.FatalException):
                    told = str(error).splitlines()[0]
                    raise Terminal(f"the store cannot be written ({told}); make room and start again") from error
                raise


class _Writing:
    """A transaction on DuckDB's connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, list(arguments)).fetchall()

    def run(self, script: str) -> None:
        self._connection.execute(script)

    @contextmanager
    def lending(self, name: str, table: pa.Table) -> Iterator[None]:
        self._connection.register(name, table)
        yield
        self._connection.unregister(name)
