"""Folding apart from the store: what some of the posts come to, in files that a store takes in whole.

Any division of the posts by their `key` gives the same: an event's fate depends on the events of its own post and on
when its author left, and sums of buckets add up.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from voxpop.schema import TIMESTAMP, posts_of
from voxpop.stores.file import connect
from voxpop.stores.matched import author_key
from voxpop.stores.sql import statement

EVERY: Final = 1 << 62
GONE: Final = pa.schema([("author_key", pa.int64()), ("until", TIMESTAMP)])


@dataclass(frozen=True)
class Folded:
    """Where the parts of a folding lie: Parquet files in `posts/`, `partial/` (buckets), `buckets/` and `gone/`.

    `gone` is there before a part is folded; `buckets` has each bucket once, and is summed from `partial`.
    """

    directory: Path

    def files(self, name: str) -> str:
        """The files of one kind, as DuckDB takes them."""
        return str(self.directory / name / "*.parquet")

    def has(self, name: str) -> bool:
        """Whether there is any file of that kind."""
        return any((self.directory / name).glob("*.parquet"))

    def path(self, name: str, part: str) -> Path:
        """The file of one part."""
        return self.directory / name / f"{part}.parquet"


def departures(scored: pa.Table) -> pa.Table:
    """Which authors left, and when, of the rows of a scored segment; an author may be in it more than once."""
    deletes = scored.select(["post_id", "source", "author_id", "created_at"]).filter(pc.equal(scored["op"], "delete"))
    found = [
        {"author_key": author_key(row["source"], row["author_id"]), "until": row["created_at"]}
        for row in deletes.to_pylist()
        if row["author_id"] and row["post_id"] == posts_of(row["source"], row["author_id"])
    ]
    return pa.Table.from_pylist(found, schema=GONE)


def write(path: Path, table: pa.Table) -> None:
    """Write a part whole or not at all."""
    with _committed(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def fold(incoming: pa.RecordBatchReader, folded: Folded, part: str, forget_before: datetime) -> int:
    """Fold the rows of `voxpop.stores.matched.incoming` of some posts, all events of each; answers the posts' number.

    The statements are those of the store. Text of posts received before `forget_before` is let go of, as
    `View.retain` does.
    """
    with tempfile.TemporaryDirectory(prefix="voxpop-fold-") as scratch:
        connection = connect(Path(scratch) / "part.duckdb")
        try:
            connection.execute("set threads = 1")
            lay_out(connection)
            if folded.has("gone"):
                connection.execute(f"insert into gone {_ALL_GONE}", [folded.files("gone")])
            fold_in(connection, incoming)
            connection.execute(statement("forget_text").text, [forget_before, None, None, EVERY])
            _copy(connection, "posts", folded.path("posts", part))
            _copy(connection, "buckets_minute", folded.path("partial", part))
            return int(connection.execute("select count(*) from posts").fetchall()[0][0])
        finally:
            connection.close()


def lay_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a store in an empty database, for `fold_in`."""
    connection.execute(statement("schema").text)
    # The fold notes what it touches under the newest entry of the ledger.
    connection.execute("insert into ledger values ('', '', 0, 0, 0, null, now())")


def fold_in(connection: duckdb.DuckDBPyConnection, incoming: pa.RecordBatchReader | pa.Table) -> None:
    """Fold rows of `voxpop.stores.matched.incoming` into posts and buckets by the store's own statements, once."""
    connection.register("arriving", incoming)
    connection.execute("create table incoming as select * from arriving")
    connection.execute(statement("fold").text)


def take_in(connection: duckdb.DuckDBPyConnection, folded: Folded) -> None:
    """Fill the empty tables of posts, buckets and gone authors of a store, in the caller's transaction.

    By one thread: several leave the tables in pieces, which the next loads would stand still to join, for longer than
    was won.
    """
    with _one_thread(connection):
        if folded.has("gone"):
            connection.execute(f"insert into gone {_ALL_GONE}", [folded.files("gone")])
        for name, table in {"posts": "posts", "buckets": "buckets_minute"}.items():
            if folded.has(name):
                connection.execute(f"insert into {table} by name select * from read_parquet($1)", [folded.files(name)])
        connection.execute(statement("roll_up").text)


@contextmanager
def _one_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    # By a cursor of its own, since an aborted transaction takes no statement more.
    with connection.cursor() as setting:
        setting.execute("set threads = 1")
        try:
            yield
        finally:
            setting.execute("reset threads")


_ALL_GONE: Final = "select author_key, max(until) from read_parquet($1) group by author_key"


def _copy(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    with _committed(path) as temporary:
        connection.execute(f"copy {table} to '{_quoted(temporary)}' (format parquet, compression zstd)")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


@contextmanager
def _committed(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex}"
    yield temporary
    os.replace(temporary, path)
