"""Partitions of PostgreSQL's tables of buckets: months of minutes and years of hours, made as they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from voxpop.stores.ledger import Transaction

FIRST_YEAR: Final = 2006
"""What is older has one partition for all of it; no network that Voxpop reads is older."""
LAST_YEAR: Final = 9998
_THERE: Final = """
select partition.relname
from pg_inherits join pg_class as partition on partition.oid = inhrelid
where inhparent in ('buckets_minute'::regclass, 'buckets_hour'::regclass)
"""


@dataclass(frozen=True)
class Partition:
    """A table that holds the buckets of `parent` that start in [start, end)."""

    parent: str
    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """Such as `buckets_minute_2026_11` or `buckets_hour_2026`."""
        return (
            f"{self.parent}_{self.start:%Y_%m}" if self.parent == "buckets_minute" else f"{self.parent}_{self.start:%Y}"
        )


def partitions(start: datetime, end: datetime) -> Iterator[Partition]:
    """Those that hold buckets of a period, both ends in it.

    >>> [one.name for one in partitions(datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))]
    ['buckets_minute_2025_12', 'buckets_minute_2026_01', 'buckets_hour_2025', 'buckets_hour_2026']
    """
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    months = range(
        max(first.year, FIRST_YEAR) * 12 + (first.month - 1 if first.year >= FIRST_YEAR else 0), _month(last) + 1
    )
    yield from (Partition("buckets_minute", _of(month), _of(month + 1)) for month in months)
    years = range(max(first.year, FIRST_YEAR), min(last.year, LAST_YEAR) + 1)
    yield from (Partition("buckets_hour", _of(year * 12), _of(year * 12 + 12)) for year in years)


def make_room(transaction: Transaction, wanted: Iterator[Partition]) -> None:
    """Make those that are not there."""
    there = {name for (name,) in transaction.rows(_THERE)}
    for one in wanted:
        if one.name not in there:
            # Unlike `partition of`, attaching lets readers of the other partitions go on.
            transaction.run(
                f"create table {one.name} (like {one.parent} including all);"
                f"alter table {one.parent} attach partition {one.name} "
                f"for values from ('{one.start:%Y-%m-%d} 00:00:00+00') to ('{one.end:%Y-%m-%d} 00:00:00+00')"
            )


def _month(time: datetime) -> int:
    return min(time.year, LAST_YEAR) * 12 + time.month - 1


def _of(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
