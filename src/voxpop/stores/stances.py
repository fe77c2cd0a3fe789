"""What posts say of topics, in a store: which segments' stances are in, and the taking in of more, in a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from voxpop.segment import Segment
from voxpop.stores import ledger
from voxpop.stores.filter import stance_of
from voxpop.stores.ledger import Transaction
from voxpop.stores.sql import statement

_COLUMNS: Final = ("label", "p_negative", "p_neutral", "p_positive", "polarity")


def follow(transaction: Transaction, keys: Mapping[str, str]) -> None:
    """Let go of the stances on topics whose key is another one than that of `keys`, or which are not among them."""
    known: dict[str, str] = dict(transaction.rows("select distinct topic, key from stanced"))
    gone = [name for name, key in known.items() if keys.get(name) != key]
    if not gone:
        return
    newest = transaction.rows('select day, "offset" from ledger order by seq desc limit 1')
    if newest:
        ledger.touch(transaction, Segment(*newest[0]))
    ledger.forget(transaction, [stance_of(name) for name in gone])


def due(transaction: Transaction, topic: str, key: str, segment: Segment) -> bool:
    """Tell whether stances of a segment can be taken in: it is loaded, they are not in, and none is by another key."""
    place = segment.day, segment.offset
    loaded = transaction.rows('select 1 from ledger where day = $1 and "offset" = $2', *place)
    there = transaction.rows('select 1 from stanced where topic = $1 and day = $2 and "offset" = $3', topic, *place)
    others = transaction.rows("select 1 from stanced where topic = $1 and key <> $2 limit 1", topic, key)
    followed = transaction.rows("select 1 from topics where topic = $1", topic)
    return bool(loaded and followed) and not there and not others


def take(transaction: Transaction, topic: str, key: str, segment: Segment, rows: pa.Table) -> None:
    """Count the rows of a segment that are `due`; see `voxpop.stores.view.View.take_stances`."""
    transaction.rows("insert into stanced values ($1, $2, $3, $4)", topic, key, segment.day, segment.offset)
    if not rows.num_rows:
        return
    ledger.touch(transaction, segment)
    names = pa.array([stance_of(topic)] * rows.num_rows, pa.string())
    given = pa.table({"position": rows["position"], "topic": names, **{name: rows[name] for name in _COLUMNS}})
    with transaction.lending("given", given):
        transaction.run(statement("stances").text)
