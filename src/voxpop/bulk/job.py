"""One Spark job: run to its end, watched by its tasks, ended with the command."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from voxpop.errors import Terminal

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

T = TypeVar("T")
POLL_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Step:
    """Where a command is: the name of the step, and how many of its tasks are done."""

    title: str
    done: int
    total: int


Watch = Callable[[Step], None]


@dataclass(frozen=True)
class Jobs:
    """Runs jobs on a session, which is the caller's to stop, and tells `watch` how far each is."""

    spark: SparkSession
    watch: Watch = lambda step: None

    @property
    def context(self) -> SparkContext:
        """For jobs on plain values."""
        return self.spark.sparkContext

    def run(self, title: str, work: Callable[[], T]) -> T:
        """Do `work`, which starts jobs, and answer what it answers; Ctrl-C ends the jobs, too.

        Raises:
            Terminal: a task failed, with the last line of what it said.
        """
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        group = uuid.uuid4().hex

        def grouped() -> T:
            # Of the thread's own: Spark knows the jobs of a group by the thread that starts them.
            self.context.setJobGroup(group, title)
            return work()

        with ThreadPoolExecutor(1) as driver:
            running = driver.submit(grouped)
            try:
                while not running.done():
                    wait([running], POLL_SECONDS)
                    self._tell(title, group)
                return running.result()
            except (Py4JError, PySparkException) as error:
                raise Terminal(
                    f"Spark could not finish {title}: {_cause(error)}; mend that and run it again"
                ) from error
            except BaseException:
                # Again and again: between two jobs there is nothing to cancel.
                while not running.done():
                    self.context.cancelJobGroup(group)
                    wait([running], POLL_SECONDS)
                raise

    def _tell(self, title: str, group: str) -> None:
        tracker = self.context.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
        stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
        known = [stage for stage in stages if stage]
        done = sum(stage.numCompletedTasks for stage in known)
        self.watch(Step(title, done, sum(stage.numTasks for stage in known)))


def _cause(error: Exception) -> str:
    """The line in which a Python task says what it raised, of the pages that Spark says about it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    after = [lines.index(line) for line in lines if line.startswith("Traceback")]
    raised = [line for line in lines[after[0] + 1 :] if not line.startswith(("File ", "at ", "^"))] if after else lines
    named = [line for line in raised if ": " in line and line.split(":")[0].replace(".", "").replace("_", "").isalnum()]
    return (named or raised or ["it did not say why"])[0][:500]
