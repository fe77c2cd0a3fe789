"""The engine for many machines: Spark executors call the job, the driver watches the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from voxpop.log import is_done
from voxpop.score import Job
from voxpop.segment import Segment

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

POLL_SECONDS: Final = 0.1


class SparkEngine:
    """Calls the job on Spark's executors, one task a segment; the session is the caller's to stop.

    The log has to be at the same path on driver and executors (a shared file system, or one machine), and the model's
    directory too. Rows never pass through Spark: an executor reads a segment and writes one, so the bytes are those
    of any other engine. A task that Spark repeats writes the same bytes again.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._context = spark.sparkContext

    def run(self, job: Job, segments: Sequence[Segment]) -> Iterator[Segment]:
        """Yield each segment as its file appears, in any order.

        Raises whatever the job raised on an executor, as Spark tells it, once the segments that were done are yielded.
        """
        if not segments:
            return
        # One task has one core, whatever the driver's machine has.
        task = replace(job, model=replace(job.model, threads=1))
        left = list(segments)
        with ThreadPoolExecutor(1) as driver:
            running = driver.submit(self._context.parallelize(segments, len(segments)).foreach, task)
            while left:
                wait([running], POLL_SECONDS)
                ended = running.done()
                done = {segment for segment in left if is_done(job.scored, segment)}
                yield from sorted(done)
                left = [segment for segment in left if segment not in done]
                if ended:
                    break
            running.result()
