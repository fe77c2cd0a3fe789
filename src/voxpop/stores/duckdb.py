"""The store of one process: posts, buckets and ledger in one DuckDB file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from voxpop.errors import Terminal
from voxpop.segment import Segment
from voxpop.stores import folding, matched
from voxpop.stores.file import connect
from voxpop.stores.folding import Folded
from voxpop.stores.matched import Topics
from voxpop.stores.sql import statement

SCHEMA_VERSION: Final = "4"
CHANGES_KEPT: Final = 4096


class DuckDBStore:
    """Posts and buckets of one model's scores through one set of topics, in a DuckDB file.

    Any thread may call any method: writes wait for each other, reads see the last commit. Only one process can have
    the file open. What a load did is on the disk when `load` returns.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, topics: Topics) -> None:
        self._connection = connection
        self._topics = topics
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

    def load(self, segment: Segment, batch: pa.Table) -> bool:
        """Fold a scored segment into posts and buckets, with its ledger entry, in one transaction.

        Of all events of a post the greatest by (is a delete, length of rev, rev, place in the log) wins, so the
        result does not depend on the order in which segments are loaded, and a deletion is final. A deletion of an
        author (`voxpop.schema.posts_of`) takes all of the author's posts up to its time. Answers False, having
        changed nothing, when the ledger already has the segment.

        Raises:
            Poison: the batch does not have the columns of `SCORED`.
            Terminal: another model than the store's scored the batch, or the file cannot be written.
        """
        topics = self._topics
        incoming = matched.incoming(segment, batch, topics)
        with self._transaction() as connection:
            if topics is not self._topics:
                # They changed while this thread matched: what it found would be short of a topic for good.
                incoming = matched.incoming(segment, batch, self._topics)
            model_id = _adopted(connection, batch)
            if _holds(connection, model_id, segment):
                return False
            newest = pc.max(batch["received_at"]).as_py()
            connection.execute(
                "insert into ledger values ($1, $2, $3, $4, nextval('ledger_seq'), $5, $6)",
                [model_id, segment.day, segment.offset, batch.num_rows, newest, datetime.now(UTC)],
            )
            connection.register("incoming", incoming)
            connection.execute(statement("fold").text)
            connection.unregister("incoming")
        return True

    def loaded(self) -> set[Segment]:
        """The segments in the ledger."""
        return {Segment(row["day"], row["offset"]) for row in self.query("loaded").to_pylist()}

    def query(self, name: str, **params: Any) -> pa.Table:
        """Run `sql/<name>.sql` with the parameters its first line names, and answer its rows.

        Raises:
            LookupError: there is no such file.
            TypeError: a parameter is missing or unknown.
            Terminal: the store is closed.
        """
        named = statement(name)
        arguments = named.arguments(params)
        try:
            with self._connection.cursor() as cursor:
                rows: pa.Table = cursor.sql(named.text, params=arguments).to_arrow_table()
        except duckdb.ConnectionException as error:
            raise Terminal("the store is closed; open it again") from error
        return rows

    def newest_received(self) -> datetime | None:
        """When the newest event in the store was received, or None while it is empty."""
        newest: datetime | None = self.query("newest_received")["received_at"][0].as_py()
        return newest

    def stale(self, digest: str, model_id: str) -> bool:
        """Tell whether the store was made for other topics or another model; `reset` it then and load again."""
        with self._connection.cursor() as cursor:
            known = _meta(cursor)
        return (known.get("topics_digest"), known.get("model_id")) != (digest, model_id)

    def reset(self, digest: str, model_id: str) -> None:
        """Drop everything and start as the empty store of these topics and this model."""
        with self._transaction() as connection:
            _create(connection, self._topics, {"topics_digest": digest, "model_id": model_id})

    def replace(self, folded: Folded, ledger: pa.Table, model_id: str) -> None:
        """Hold what was folded apart from the store, and nothing else, in one transaction.

        The store is then as if it had been `reset` and the segments of `ledger` (`day`, `offset`, `rows`,
        `newest_received`) had been loaded one after the other; only that all of it counts as changed at once.
        """
        with self._transaction() as connection:
            _create(connection, self._topics, {"topics_digest": self._topics.digest, "model_id": model_id})
            folding.take_in(connection, folded)
            numbers = connection.execute("select nextval('ledger_seq') from range($1)", [len(ledger)]).fetchall()
            seqs = pa.array(sorted(number for (number,) in numbers), pa.int64())
            connection.register("entries", ledger.append_column("seq", seqs))
            connection.execute(
                'insert into ledger select $1, day, "offset", rows, seq, newest_received, $2 from entries',
                [model_id, datetime.now(UTC)],
            )
            connection.unregister("entries")
            if numbers:
                connection.execute("update meta set value = $1 where key = 'changes_floor'", [str(seqs[-1].as_py())])

    def made_by(self) -> str:
        """The model whose scores the store holds, "" while it holds none."""
        with self._connection.cursor() as cursor:
            return _meta(cursor).get("model_id", "")

    def follow(self, topics: Topics) -> None:
        """Match against other topics from now on; posts and buckets lose what is gone, and `lacking` what is new.

        A topic whose query changed is both. One transaction: whatever is loaded before it lacks the new topics and is
        listed, whatever is loaded after it has them.
        """
        before = self._topics
        try:
            with self._transaction() as connection:
                _follow(connection, topics)
                self._topics = topics
        except BaseException:
            self._topics = before
            raise

    def lacking(self) -> list[Segment]:
        """Segments that were loaded before some topic was there, newest first."""
        rows = self.query("lacking").to_pylist()
        return list(dict.fromkeys(Segment(row["day"], row["offset"]) for row in rows))

    def backfill(self, segment: Segment, batch: pa.Table) -> bool:
        """Give the posts of a loaded segment the topics it lacks, in one transaction; False where it lacks none.

        Only rows that still are their post's newest version gain a topic, so no post is counted twice, whatever was
        loaded since.

        Raises:
            Poison: the batch does not have the columns of `SCORED`.
        """
        topics = self._topics
        incoming = matched.incoming(segment, batch, topics)
        with self._transaction() as connection:
            if topics is not self._topics:
                incoming = matched.incoming(segment, batch, self._topics)
            place = [segment.day, segment.offset]
            lacked = connection.execute('delete from lacking where day = $1 and "offset" = $2 returning topic', place)
            names = {name for (name,) in lacked.fetchall()}
            if names:
                _touch(connection, segment)
                connection.register("gained", matched.gained(incoming, names))
                connection.execute(statement("backfill").text)
                connection.unregister("gained")
        return bool(names)

    def retain(self, max_age: timedelta, max_posts: int) -> None:
        """Let go of text, author, link and coordinates of posts received too long ago, or past the newest `max_posts`.

        Their bare rows stay, so that an edit or a deletion still finds what it replaces; buckets do not change.
        """
        with self._transaction() as connection:
            connection.execute(statement("retain_age").text, [datetime.now(UTC) - max_age])
            connection.execute(statement("retain_count").text, [max_posts])
            _forget_changes(connection)

    def _prepare(self) -> None:
        with self._transaction() as connection:
            connection.execute("create sequence if not exists ledger_seq")
            # DuckDB calls PostgreSQL's date_bin time_bucket.
            connection.execute("create macro if not exists date_bin(i, t, origin) as time_bucket(i, t, origin)")
            if _meta(connection).get("schema_version") != SCHEMA_VERSION:
                _create(connection, self._topics, {"topics_digest": self._topics.digest, "model_id": ""})
        # The first Arrow result of a process takes about a second; better now than under a request.
        self.query("seq")

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._writing:
            try:
                self._connection.execute("begin")
                yield self._connection
                self._connection.execute("commit")
            except duckdb.ConnectionException as error:
                raise Terminal("the store is closed; open it again") from error
            except BaseException as error:
                with suppress(duckdb.TransactionException):
                    self._connection.execute("rollback")
                if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
                    raise Terminal(f"the store cannot be written ({error}); make room and start again") from error
                raise


def _create(connection: duckdb.DuckDBPyConnection, topics: Topics, meta: dict[str, str]) -> None:
    # Numbers of loads go on where they were, so that whoever follows along sees that all of it changed.
    floor = connection.execute("select nextval('ledger_seq')").fetchall()[0][0]
    connection.execute(statement("drop").text)
    connection.execute(statement("schema").text)
    for key, value in {**meta, "schema_version": SCHEMA_VERSION, "changes_floor": str(floor)}.items():
        connection.execute("insert into meta values ($1, $2)", [key, value])
    for name, digest in topics.digests.items():
        connection.execute("insert into topics values ($1, $2)", [name, digest])


def _meta(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    known = connection.execute("select count(*) from duckdb_tables() where table_name = 'meta'").fetchall()[0][0]
    return dict(connection.execute("select key, value from meta").fetchall()) if known else {}


def _follow(connection: duckdb.DuckDBPyConnection, topics: Topics) -> None:
    before = dict(connection.execute("select topic, digest from topics").fetchall())
    gone = [name for name, digest in before.items() if topics.digests.get(name) != digest]
    new = {name: digest for name, digest in topics.digests.items() if before.get(name) != digest}
    if not gone and not new:
        return
    newest = connection.execute('select day, "offset" from ledger order by seq desc limit 1').fetchall()
    if newest:
        _touch(connection, Segment(*newest[0]))
    connection.register("forgotten", pa.table({"topic": pa.array(gone, pa.string())}))
    connection.execute(statement("forget_topics").text)
    connection.unregister("forgotten")
    for name, digest in new.items():
        connection.execute("insert into topics values ($1, $2)", [name, digest])
        connection.execute('insert into lacking select $1, day, "offset" from ledger', [name])
    connection.execute("update meta set value = $1 where key = 'topics_digest'", [topics.digest])


def _touch(connection: duckdb.DuckDBPyConnection, segment: Segment) -> None:
    """Give the segment the newest number in the ledger, so that whoever follows along looks again."""
    connection.execute(
        "update ledger set seq = nextval('ledger_seq') where day = $1 and \"offset\" = $2",
        [segment.day, segment.offset],
    )


def _adopted(connection: duckdb.DuckDBPyConnection, batch: pa.Table) -> str:
    """The store's model, which is the first batch's where the store was made for none."""
    known = _meta(connection)["model_id"]
    scored_by = pc.unique(batch["model_id"]).to_pylist()
    if not known and scored_by:
        known = scored_by[0]
        connection.execute("update meta set value = $1 where key = 'model_id'", [known])
    if set(scored_by) - {known}:
        raise Terminal(f"the store holds scores of {known}, not of {', '.join(scored_by)}; run `voxpop rebuild`")
    return known


def _holds(connection: duckdb.DuckDBPyConnection, model_id: str, segment: Segment) -> bool:
    found = connection.execute(
        'select 1 from ledger where model_id = $1 and day = $2 and "offset" = $3',
        [model_id, segment.day, segment.offset],
    )
    return bool(found.fetchall())


def _forget_changes(connection: duckdb.DuckDBPyConnection) -> None:
    newest = connection.execute("select coalesce(max(seq), 0) from ledger").fetchall()[0][0]
    floor = newest - CHANGES_KEPT
    connection.execute("delete from changes where seq <= $1", [floor])
    connection.execute(
        "update meta set value = greatest(value::bigint, $1::bigint)::text where key = 'changes_floor'", [floor]
    )
