"""What a store knows of itself, in a transaction: segments that were loaded, topics it follows, its model."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from voxpop.errors import Terminal, Transient
from voxpop.segment import Segment
from voxpop.stores.filter import stance_of
from voxpop.stores.matched import Topics
from voxpop.stores.sql import statement

SCHEMA_VERSION: Final = "10"
CHANGES_KEPT: Final = 4096


class Transaction(Protocol):
    """Statements that take effect together or not at all."""

    def rows(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Run one statement with its positional arguments, and answer its rows."""
        ...

    def run(self, script: str) -> None:
        """Run statements that take no arguments."""
        ...

    def lending(self, name: str, table: pa.Table) -> AbstractContextManager[None]:
        """Let statements read an Arrow table by a name, while the block runs."""
        ...


def begin(transaction: Transaction, topics: Topics, meta: dict[str, str]) -> None:
    """Note in the empty tables of a store what it is made for.

    Numbers of loads go on where they were, so that whoever follows along sees that all of it changed.
    """
    floor = transaction.rows("select nextval('ledger_seq')")[0][0]
    for key, value in {**meta, "schema_version": SCHEMA_VERSION, "changes_floor": str(floor)}.items():
        transaction.rows("insert into meta values ($1, $2)", key, value)
    for name, digest in topics.digests.items():
        transaction.rows("insert into topics values ($1, $2)", name, digest)


def meta(transaction: Transaction) -> dict[str, str]:
    """What the store says of itself; nothing while it has no tables."""
    there = "select 1 from information_schema.tables where table_name = 'meta' and table_schema = current_schema()"
    return dict(transaction.rows(statement("meta").text)) if transaction.rows(there) else {}


def adopted(transaction: Transaction, batch: pa.Table) -> str:
    """The store's model, which is the first batch's where the store was made for none.

    Raises:
        Terminal: another model scored the batch.
    """
    known = meta(transaction)["model_id"]
    scored_by = pc.unique(batch["model_id"]).to_pylist()
    if not known and scored_by:
        known = scored_by[0]
        transaction.rows("update meta set value = $1 where key = 'model_id'", known)
    if set(scored_by) - {known}:
        raise Terminal(f"the store holds scores of {known}, not of {', '.join(scored_by)}; run `voxpop rebuild`")
    return known


def refuse_other_topics(transaction: Transaction, topics: Topics) -> None:
    """See that the store follows these topics, which another process may have changed.

    Raises:
        Transient: it follows others; what was loaded with these would be short of a topic for good.
    """
    if meta(transaction).get("topics_digest") != topics.digest:
        raise Transient(
            "another process made the store follow other topics; this one loads again once its own are the same, so "
            "give both the same settings and data directory"
        )


def holds(transaction: Transaction, model_id: str, segment: Segment) -> bool:
    """Tell whether the ledger has the segment."""
    sql = 'select 1 from ledger where model_id = $1 and day = $2 and "offset" = $3'
    return bool(transaction.rows(sql, model_id, segment.day, segment.offset))


def enter(transaction: Transaction, model_id: str, segment: Segment, held: tuple[int, datetime | None]) -> None:
    """Enter a segment, with the number of its rows and when the newest was received."""
    transaction.rows(
        "insert into ledger values ($1, $2, $3, $4, nextval('ledger_seq'), $5, $6)",
        *(model_id, segment.day, segment.offset, *held, datetime.now(UTC)),
    )


def enter_all(transaction: Transaction, model_id: str, entries: pa.Table) -> None:
    """Enter segments in their order; the record of changes begins after them."""
    taken = transaction.rows("select nextval('ledger_seq') from generate_series(1, $1::bigint)", len(entries))
    seqs = pa.array(sorted(number for (number,) in taken), pa.int64())
    with transaction.lending("entries", entries.append_column("seq", seqs)):
        transaction.rows(
            'insert into ledger select $1::text, day, "offset", rows, seq, newest_received, $2::timestamptz '
            "from entries",
            *(model_id, datetime.now(UTC)),
        )
    if len(seqs):
        transaction.rows("update meta set value = $1 where key = 'changes_floor'", str(seqs[-1].as_py()))


def touch(transaction: Transaction, segment: Segment) -> None:
    """Give the segment the newest number in the ledger, so that whoever follows along looks again."""
    transaction.rows(
        "update ledger set seq = nextval('ledger_seq') where day = $1 and \"offset\" = $2",
        *(segment.day, segment.offset),
    )


def follow(transaction: Transaction, topics: Topics) -> None:
    """Forget topics that are gone and list every segment as lacking those that are new; one that changed is both."""
    before: dict[str, str] = dict(transaction.rows("select topic, digest from topics"))
    gone = [name for name, digest in before.items() if topics.digests.get(name) != digest]
    new = {name: digest for name, digest in topics.digests.items() if before.get(name) != digest}
    if not gone and not new:
        return
    newest = transaction.rows('select day, "offset" from ledger order by seq desc limit 1')
    if newest:
        touch(transaction, Segment(*newest[0]))
    forget(transaction, [*gone, *map(stance_of, gone)])
    for name, digest in new.items():
        transaction.rows("insert into topics values ($1, $2)", name, digest)
        transaction.rows('insert into lacking select $1::text, day, "offset" from ledger', name)
    transaction.rows("update meta set value = $1 where key = 'topics_digest'", topics.digest)


def forget(transaction: Transaction, counted: Sequence[str]) -> None:
    """Take topics, as they are counted, out of everything but the list of topics that the store follows."""
    with transaction.lending("forgotten", pa.table({"topic": pa.array(counted, pa.string())})):
        transaction.run(statement("forget_topics").text)


def forget_changes(transaction: Transaction) -> None:
    """Let go of the record of changes but for the newest loads."""
    floor = transaction.rows("select coalesce(max(seq), 0) from ledger")[0][0] - CHANGES_KEPT
    transaction.rows("delete from changes where seq <= $1", floor)
    transaction.rows(
        "update meta set value = greatest(value::bigint, $1::bigint)::text where key = 'changes_floor'", floor
    )
