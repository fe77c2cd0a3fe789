"""On paper: what 10, 100 and 1,000 executors do with X's 500 million posts a day, from costs that were measured."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxpop.log import Log
from voxpop.segment import Segment

POSTS_A_DAY = 500_000_000
"""X's own word of 2013, its last (https://blog.x.com/engineering/en_us/a/2013/new-tweets-per-second-record-and-how)."""
DAY_SECONDS = 86_400
EXECUTORS = (10, 100, 1_000)


@dataclass(frozen=True)
class Costs:
    """What was measured, on this machine.

    Attributes:
        rate: posts a second that one core scores.
        task: seconds that a task costs the cluster's driver, whatever is in it.
        listing: seconds that `missing` takes for each segment of the day.
        load: seconds to load one segment into the store.
        landed: bytes of a post in `landing/` and in `scored/`.
    """

    rate: float
    task: float
    listing: float
    load: float
    landed: float


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
    """For each number of executors of one core, with segments of `size` rows, what each part could do in a day.

    `share` is the part of X that the executors can score. `driver` and `store` are the seconds of a day's work that
    one driver and one store have with that share; more than 86,400 is more than there is.
    """
    found = []
    for executors in EXECUTORS:
        scored = min(POSTS_A_DAY, executors * costs.rate * DAY_SECONDS)
        segments = scored / size
        found.append(
            {
                "executors": executors,
                "share": scored / POSTS_A_DAY,
                "segments": segments,
                "driver": segments * costs.task,
                "listing": segments * costs.listing,
                "store": segments * costs.load,
                "bytes": scored * costs.landed,
            }
        )
    return found
