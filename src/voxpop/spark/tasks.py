"""Segments spread over executors, several small ones a task, as the driver sees them done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Final

from voxpop.grouping import grouped
from voxpop.segment import Segment
from voxpop.spark.failure import explained
from voxpop.spark.work import Awaited, Report, Work

if TYPE_CHECKING:
    from pyspark import SparkContext

POLL_SECONDS: Final = 0.1


def spread(
    context: SparkContext,
    work: Work,
    segments: Sequence[Segment],
    told: Callable[[Sequence[Report]], None] = lambda reports: None,
) -> Generator[Segment, None, None]:
    """Yield each segment as its file appears, in any order; `told` gets the reports, once all tasks are done.

    Closed before the end, it cancels what executors are at; what they have written stays.

    Raises:
        Terminal: an executor failed at a segment again and again, or the cluster is gone; says why. What was done is
            yielded before.
    """
    awaited = Awaited(work.job.scored)
    awaited.add(segments)
    tag = f"voxpop-{uuid.uuid4().hex}"

    def collect() -> list[Report]:
        context.addJobTag(tag)
        groups = grouped(segments, max(1, context.defaultParallelism))
        tasks = context.parallelize(groups, len(groups))
        reports: list[Report] = tasks.flatMap(lambda group: [work(segment) for segment in group]).collect()
        return reports

    with ThreadPoolExecutor(1) as driver, explained():
        running = driver.submit(collect)
        try:
            while not running.done():
                wait([running], POLL_SECONDS)
                yield from awaited.arrived()
            reports = running.result()
            awaited.report(report.segment for report in reports)
            while awaited:
                yield from awaited.arrived()
            told(reports)
        finally:
            if not running.done():
                context.cancelJobsWithTag(tag)
