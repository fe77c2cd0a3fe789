"""A streaming query that scores what lands, as the driver follows it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Final

from voxpop.errors import Terminal
from voxpop.grouping import TASKS_A_CORE, grouped
from voxpop.log import Log
from voxpop.segment import Segment
from voxpop.spark.failure import explained, is_ours
from voxpop.spark.tasks import spread
from voxpop.spark.work import Report, Work

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TRIGGER: Final = "250 milliseconds"
POLL_SECONDS: Final = 0.1
RETRIES: Final = 3


class Stream:
    """Scores what lands until it is stopped.

    Each batch asks the log what is missing and spreads that over the executors. Spark's own offsets are those of a
    clock: its checkpoint is a directory that is thrown away, for what is done is in the log. A batch that Spark
    repeats, whole or in part, writes the same bytes again.
    """

    def __init__(self, spark: SparkSession, work: Work, say: Callable[[str], None]) -> None:
        self._spark, self._work, self._say = spark, work, say
        self._log = Log(work.job.landing.parent)
        self._arrived: Queue[Segment] = Queue()
        self._failure: Exception | None = None

    def segments(self, stopped: threading.Event) -> Iterator[Segment]:
        """Yield each segment once it is scored or set aside, in any order; those of a stopped batch that are, too.

        A stream that fails is started again, for that loses nothing, but not many times in which nothing gets done.

        Raises:
            Terminal: an executor failed at the same segment again and again, or the cluster is gone; says why.
        """
        failures = 0
        while not stopped.is_set():
            try:
                for segment in self._until_it_ends(stopped):
                    failures = 0
                    yield segment
            except Terminal as error:
                failures += 1
                if failures > RETRIES or is_ours(error.__cause__):
                    raise
                self._say(f"spark: the stream ended and is started again: {error}")

    def _until_it_ends(self, stopped: threading.Event) -> Iterator[Segment]:
        with tempfile.TemporaryDirectory(prefix="voxpop-stream-", ignore_cleanup_errors=True) as place, explained():
            halt = threading.Event()
            query = self._start(Path(place), halt)
            try:
                while not stopped.is_set() and query.isActive:
                    yield from self._next()
            finally:
                halt.set()
                query.stop()
            while not self._arrived.empty():
                yield self._arrived.get()
            if not stopped.is_set():
                raise self._failure or query.exception() or Terminal("Spark ended the stream; start Voxpop again")

    def _start(self, place: Path, halt: threading.Event) -> Any:
        self._failure = None

        def batch(clock: DataFrame, number: int) -> None:
            try:
                self._batch(halt)
            except Exception as error:
                self._failure = error
                raise

        clock = self._spark.readStream.format("rate").load()
        stream = clock.writeStream.foreachBatch(batch).option("checkpointLocation", place.as_uri())
        return stream.trigger(processingTime=TRIGGER).queryName("voxpop").start()

    def _batch(self, halt: threading.Event) -> None:
        """What is missing now, or the oldest of it; in a thread of Spark's."""
        context, began = self._spark.sparkContext, time.monotonic()
        missing = self._log.missing(self._work.model_id)
        cores = max(1, context.defaultParallelism)
        # Enough to keep cores busy, few enough that one slow task does not hold up many.
        tasks = grouped(missing, cores)[: TASKS_A_CORE * cores]
        chosen = [segment for group in tasks for segment in group]
        if not chosen:
            return

        def told(reports: Sequence[Report]) -> None:
            self._say(line(reports, time.monotonic() - began, len(missing) - len(chosen)))

        with closing(spread(context, self._work, chosen, told)) as arriving:
            for segment in arriving:
                self._arrived.put(segment)
                if halt.is_set():
                    return

    def _next(self) -> Iterator[Segment]:
        try:
            yield self._arrived.get(timeout=POLL_SECONDS)
        except Empty:
            return


def line(reports: Sequence[Report], seconds: float, behind: int) -> str:
    """What the log says about a batch: segments, posts, speed, and what was left when it began."""
    posts = sum(report.posts for report in reports)
    workers = len({report.worker for report in reports})
    speed = posts / max(seconds, 1e-9)
    return (
        f"spark: {len(reports):,} segments, {posts:,} posts in {seconds:.1f} s ({speed:,.0f}/s, {workers} workers), "
        f"{behind:,} segments behind"
    )
