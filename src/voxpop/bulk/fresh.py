"""The fresh posts: of all that was read, the first of each event that has not landed, by event time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from voxpop import seen
from voxpop.bulk.decoding import KEY, PLACE, SORTED, signed
from voxpop.log import Log

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ORDER: Final = ("created_at", *PLACE)
"""By event time; the place in reading makes it a total order, so that any cluster sorts the same way."""
PIECE_ROWS: Final = 65_536
PARTITION_BYTES: Final = 64 << 20
_KEYS_A_TASK: Final = 32


@dataclass(frozen=True)
class Piece:
    """A staged file of sorted posts, at most `PIECE_ROWS`; pieces sort as their posts do."""

    partition: int
    number: int
    rows: int

    def path(self, staging: Path) -> Path:
        """Where it is."""
        return staging / "sorted" / f"{self.partition:08d}-{self.number:08d}.parquet"


def sort_fresh(spark: SparkSession, log: Log) -> list[Piece]:
    """Write what is fresh of the staged posts below `log.staging`, sorted; answers the pieces in order.

    Of events with one key, the first in reading order is kept, as one reader keeps it, and none that has landed.
    """
    from pyspark.sql import functions as F
    from pyspark.sql.window import Window

    staged = log.staging / "posts"
    if not staged.is_dir():
        return []
    partitions = _partitions(staged)
    posts = (
        spark.read.option("datetimeRebaseMode", "CORRECTED").parquet(f"file://{staged}").repartition(partitions, KEY)
    )
    first = Window.partitionBy(KEY).orderBy(*PLACE)
    fresh = posts.withColumn("nth", F.row_number().over(first)).where("nth = 1").drop("nth")
    if segments := [str(log.landing / segment.path) for segment in log.segments()]:
        fresh = fresh.join(_landed(spark, segments).repartition(partitions, KEY), KEY, "left_anti")
    columns = [*SORTED.names, *PLACE]
    ordered = fresh.select(*columns).repartitionByRange(partitions, *ORDER).sortWithinPartitions(*ORDER)
    done = ordered.mapInArrow(_WritePieces(log.staging), "partition int, number int, rows long").collect()
    return sorted((Piece(*row) for row in done), key=lambda piece: (piece.partition, piece.number))


def _partitions(staged: Path) -> int:
    """How many make a partition about `PARTITION_BYTES` as staged; in memory it is several times as much."""
    size = sum(path.stat().st_size for path in staged.glob("[0-9]*.parquet"))
    return 1 + size // PARTITION_BYTES


def _landed(spark: SparkSession, paths: Sequence[str]) -> DataFrame:
    tasks = 1 + len(paths) // _KEYS_A_TASK
    listed = spark.createDataFrame([(path,) for path in paths], "path string").repartition(tasks)
    return listed.mapInArrow(_landed_keys, f"{KEY} long")


def _landed_keys(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for path in batch["path"].to_pylist():
            found = pa.array([signed(key) for key in seen.keys(Path(path))], pa.int64())
            yield pa.RecordBatch.from_arrays([found], [KEY])


@dataclass(frozen=True)
class _WritePieces:
    """Writes the batches of a partition as pieces; the same files again when Spark repeats the task."""

    staging: Path

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        task = TaskContext.get()
        partition = task.partitionId() if task else 0
        pending: list[pa.RecordBatch] = []
        number = 0
        for batch in batches:
            while batch.num_rows:
                room = PIECE_ROWS - sum(part.num_rows for part in pending)
                pending.append(batch.slice(0, room))
                batch = batch.slice(room)
                if room == pending[-1].num_rows:
                    yield self._write(Piece(partition, number, PIECE_ROWS), pending)
                    pending, number = [], number + 1
        if pending:
            yield self._write(Piece(partition, number, sum(part.num_rows for part in pending)), pending)

    def _write(self, piece: Piece, rows: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
        path = piece.path(self.staging)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{path.name}.{uuid.uuid4().hex}"
        table = pa.Table.from_batches(rows).select(SORTED.names).cast(SORTED)
        pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
        told = ([piece.partition], pa.int32()), ([piece.number], pa.int32()), ([piece.rows], pa.int64())
        return pa.RecordBatch.from_arrays(
            [pa.array(values, kind) for values, kind in told], ["partition", "number", "rows"]
        )
