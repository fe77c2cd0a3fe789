"""The engine for many machines: Spark executors call the job, the driver watches the log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from voxpop.score import Job
from voxpop.segment import Segment
from voxpop.spark.stream import Stream
from voxpop.spark.tasks import spread
from voxpop.spark.work import Work

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkEngine:
    """Calls the job on Spark's executors, several small segments a task; the session is the caller's to stop.

    The log has to be at the same path on driver and executors (a shared file system, or one machine). Rows never pass
    through Spark: an executor reads a segment and writes one, so the bytes are those of any other engine. A task that
    Spark repeats writes the same bytes again.
    """

    def __init__(self, spark: SparkSession, say: Callable[[str], None] = lambda line: None) -> None:
        """Take the session, and what a line about each batch is said to."""
        self.session, self._say = spark, say

    def run(self, job: Job, segments: Sequence[Segment]) -> Iterator[Segment]:
        """Yield each segment as its file appears, in any order; see `voxpop.spark.tasks.spread`."""
        if segments:
            yield from spread(self.session.sparkContext, Work.of(job), segments)

    def cores(self) -> int:
        """How many tasks run at once."""
        return max(1, int(self.session.sparkContext.defaultParallelism))

    def follow(self, job: Job, stopped: threading.Event) -> Iterator[Segment]:
        """Yield each segment of the job's log as it is scored, those that land meanwhile too, until `stopped`.

        See `voxpop.spark.stream.Stream`.
        """
        yield from Stream(self.session, Work.of(job), self._say).segments(stopped)

    def status(self) -> dict[str, Any]:
        """The master, and how many executors there are now; on one machine the driver is the one there is."""
        context = self.session.sparkContext
        known = len(context._jsc.sc().statusTracker().getExecutorInfos())
        return {"master": context.master, "executors": known if context.master.startswith("local") else known - 1}
