"""The store of a long log, folded as Spark jobs and taken in at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from voxpop import segment as segments
from voxpop.bulk.job import Jobs
from voxpop.errors import Poison
from voxpop.schema import SCORED, TIMESTAMP
from voxpop.segment import Segment
from voxpop.stores import folding, matched
from voxpop.stores.counts import COUNTED
from voxpop.stores.folding import Folded
from voxpop.stores.view import View
from voxpop.topics import Matcher, Topic

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SEGMENTS_A_TASK: Final = 16
PARTITION_BYTES: Final = 64 << 20
BUCKET: Final = ("start", "topic", "source", "country", "lang", "repost")
ENTRY: Final = pa.schema(
    [("day", pa.string()), ("offset", pa.int64()), ("rows", pa.int64()), ("newest_received", TIMESTAMP)]
)
_INCOMING: Final = pa.schema(
    [
        *SCORED,
        pa.field("topics", pa.list_(pa.string())),
        pa.field("position", pa.int64()),
        pa.field("key", pa.int64()),
        pa.field("author_key", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Look:
    """What the driver needs to know of a segment: its entry in the ledger, its bytes, and whether it is damaged."""

    segment: Segment
    rows: int = 0
    newest: datetime | None = None
    size: int = 0
    damaged: bool = False


class BulkRebuild:
    """Makes the store of `scored/` anew: what loading its segments one by one makes, in parallel.

    Topics are found on executors, rows of a post meet on one of them and are folded by the store's own statements,
    and buckets are summed over all. The driver takes in the files in one transaction: killed before its end, the store
    is the old one. Only what the store holds comes to the driver's machine, and not through its memory.
    """

    def __init__(self, store: View, scored: Path, jobs: Jobs) -> None:
        self._store = store
        self._scored = scored.absolute()
        self._jobs = jobs

    def run(self, wanted: Sequence[Segment], matcher: Matcher, keep: timedelta) -> int:
        """Rebuild from those of the wanted segments that are scored; answers how many that are.

        A damaged one is taken away, as a lost computation: it is missing then, and the pipeline scores it again. Text
        of posts older than `keep` does not come to the store.

        Raises:
            Terminal: Spark could not finish; the store is as it was.
        """
        directory = self._scored.parent.parent / "store.staging"
        shutil.rmtree(directory, ignore_errors=True)
        try:
            looks = self._look(wanted, Folded(directory))
            whole = [look for look in looks if not look.damaged]
            task = Fold(directory, datetime.now(UTC) - keep)
            if whole:
                expand = Expand(self._scored, matcher.topics)
                self._jobs.run("folding", lambda: _fold(self._jobs.spark, whole, expand, task))
                self._jobs.run("summing buckets", lambda: _sum(self._jobs.spark, Folded(directory)))
            entries = pa.Table.from_pylist([_entry(look) for look in whole], schema=ENTRY)
            self._store.replace(Folded(directory), entries, self._scored.name)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        return len(whole)

    def _look(self, wanted: Sequence[Segment], folded: Folded) -> list[Look]:
        starts = range(0, len(wanted), SEGMENTS_A_TASK)
        chunks = [tuple(wanted[start : start + SEGMENTS_A_TASK]) for start in starts]
        if not chunks:
            return []
        task, context = LookAt(self._scored, folded.directory), self._jobs.context
        found = self._jobs.run("looking", lambda: context.parallelize(chunks, len(chunks)).flatMap(task).collect())
        for look in found:
            if look.damaged:
                (self._scored / look.segment.path).unlink(missing_ok=True)
        return sorted(found, key=lambda look: look.segment)


@dataclass(frozen=True)
class LookAt:
    """Reads segments whole, as that alone shows damage; stages which authors left."""

    scored: Path
    directory: Path

    def __call__(self, chunk: Sequence[Segment]) -> list[Look]:
        """Look at those that are there."""
        there = [segment for segment in chunk if (self.scored / segment.path).exists()]
        looks, left = [], []
        for segment in there:
            try:
                rows = segments.read(self.scored / segment.path)
                matched.check(segment, rows)
            except Poison:
                looks.append(Look(segment, damaged=True))
                continue
            size = (self.scored / segment.path).stat().st_size
            looks.append(Look(segment, rows.num_rows, pc.max(rows["received_at"]).as_py(), size))
            left.append(folding.departures(rows))
        if any(table.num_rows for table in left):
            name = f"{there[0].offset:0{segments.OFFSET_DIGITS}d}"
            folding.write(Folded(self.directory).path("gone", name), pa.concat_tables(left))
        return looks


@dataclass(frozen=True)
class Expand:
    """Reads segments by name, and gives each row its topics, place and keys."""

    scored: Path
    topics: tuple[Topic, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows of the segments that a batch of `day` and `offset` names."""
        for batch in batches:
            for name in batch.to_pylist():
                segment = Segment(name["day"], name["offset"])
                rows = matched.incoming(segment, segments.read(self.scored / segment.path), _matcher(self.topics))
                yield from rows.cast(_INCOMING).to_batches()


@lru_cache(maxsize=1)
def _matcher(topics: tuple[Topic, ...]) -> Matcher:
    return Matcher(topics)


@dataclass(frozen=True)
class Fold:
    """Folds all rows of some posts into files; the same files again when Spark repeats the task."""

    directory: Path
    forget_before: datetime

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Fold; gives the number of posts."""
        from pyspark import TaskContext

        task = TaskContext.get()
        arriving = iter(batches)
        first = next((batch for batch in arriving if batch.num_rows), None)
        if first is None or task is None:
            return
        reader = pa.RecordBatchReader.from_batches(first.schema, _after(first, arriving))
        part = f"{task.partitionId():08d}"
        posts = folding.fold(reader, Folded(self.directory), part, self.forget_before)
        yield pa.RecordBatch.from_arrays([pa.array([posts], pa.int64())], ["posts"])


def _after(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _fold(spark: SparkSession, looks: Sequence[Look], expand: Expand, fold: Fold) -> None:
    from pyspark.sql.pandas.types import from_arrow_schema

    names = [(look.segment.day, look.segment.offset) for look in looks]
    partitions = 1 + sum(look.size for look in looks) // PARTITION_BYTES
    # One segment a task: to find its topics is the work.
    listed = spark.createDataFrame(names, "day string, offset long").repartition(len(names))
    rows = listed.mapInArrow(expand, from_arrow_schema(_INCOMING))
    rows.repartition(partitions, "key").mapInArrow(fold, "posts long").collect()


def _sum(spark: SparkSession, folded: Folded) -> None:
    from pyspark.sql import functions as F

    # Else Spark writes times in a form that only it reads as UTC.
    spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    parts = spark.read.parquet(f"file://{folded.directory / 'partial'}")
    counts = [F.sum(name).cast("long").alias(name) for name in COUNTED]
    polarity = F.sum("sum_polarity").cast("decimal(18, 6)").alias("sum_polarity")
    parts.groupBy(*BUCKET).agg(*counts, polarity).write.parquet(f"file://{folded.directory / 'buckets'}")


def _entry(look: Look) -> dict[str, object]:
    return {
        "day": look.segment.day,
        "offset": look.segment.offset,
        "rows": look.rows,
        "newest_received": look.newest,
    }
