"""On paper: what 10, 100 and 1,000 executors do with X's 500 million posts a day, from costs that were measured."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxpop.grouping import ROWS_A_TASK
from voxpop.log import Log
from voxpop.pipeline import SEGMENTS_A_CORE
from voxpop.segment import Segment

POSTS_A_DAY = 500_000_000
"""X's own word of 2013, its last (https://blog.x.com/engineering/en_us/a/2013/new-tweets-per-second-record-and-how)."""
EXECUTORS = (10, 100, 1_000)


@dataclass(frozen=True)
class Costs:
    """What was measured, on this machine.

    Attributes:
        rate: posts a second that one core scores.
        task: seconds that a task costs the cluster's driver, whatever is in it.
        listing: seconds that `missing` takes for each segment of the day.
        load: seconds to load a post into the store, with all it costs.
    """

    rate: float
    task: float
    listing: float
    load: float


def listing(scratch: Path, segments: int) -> float:
    """Seconds to find what is missing on a day of so many segments, of which all but one are scored."""
    log = Log(scratch / f"listed-{segments}")
    for directory in (log.landing, log.scored("m")):
        (directory / "2026-11-19").mkdir(parents=True)
        for at in range(segments if directory == log.landing else segments - 1):
            (directory / Segment("2026-11-19", at).path).touch()
    begun = time.perf_counter()
    assert len(log.missing("m")) == 1
    return time.perf_counter() - begun


def task(spark: Any, tasks: int = 400) -> float:
    """Seconds that Spark needs for a task that does nothing, in a job of many."""

    def nothing(_: int) -> None:
        return None

    spark.sparkContext.parallelize(range(tasks), tasks).foreach(nothing)
    begun = time.perf_counter()
    spark.sparkContext.parallelize(range(tasks), tasks).foreach(nothing)
    return (time.perf_counter() - begun) / tasks


def table(costs: Costs, size: int) -> list[dict[str, float]]:
    """Seconds of each part for one day of X in segments of `size` rows, by the number of executors of one core.

    The parts go on at the same time, so the day takes as long as the longest of them. Only `scoring` becomes less with
    executors: the driver launches tasks and lists the log, and one store loads one segment after another.
    """
    segments = POSTS_A_DAY / size
    return [
        {
            "executors": executors,
            "scoring": POSTS_A_DAY / (executors * costs.rate),
            "tasks": max(POSTS_A_DAY / max(size, ROWS_A_TASK), 1) * costs.task,
            "listing": math.ceil(segments / (SEGMENTS_A_CORE * executors)) * segments * costs.listing,
            "store": POSTS_A_DAY * costs.load,
        }
        for executors in EXECUTORS
    ]


def longest(line: dict[str, float]) -> str:
    """The part that a line's day waits for."""
    return max(("scoring", "tasks", "listing", "store"), key=lambda part: line[part])
