"""A job as an executor does it: on one core, with what only another machine can get wrong looked at first."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from voxpop import segment as segments
from voxpop.errors import Terminal
from voxpop.log import is_done
from voxpop.score import Job, openings
from voxpop.segment import Segment

SEEN_SECONDS: Final = 90.0
"""For so long a network file system may go on saying that a file is not there (nfs(5), `acdirmax` and more)."""


class Report(NamedTuple):
    """What became of one segment on an executor."""

    day: str
    offset: int
    posts: int
    seconds: float
    worker: str
    """Host and process id of the Python worker."""
    opened: int
    """How many models that worker has opened since it started: 1, unless the model changed."""

    @property
    def segment(self) -> Segment:
        """The segment that was scored or set aside."""
        return Segment(self.day, self.offset)


@dataclass(frozen=True)
class Work:
    """A job and the model that its scores must be of; picklable."""

    job: Job
    model_id: str

    @classmethod
    def of(cls, job: Job) -> Work:
        """The job for one core: a task has one, whatever the driver's machine has."""
        return cls(job.for_worker(), job.model.open().model_id)

    def __call__(self, segment: Segment) -> Report:
        """Do the job on this machine.

        Raises:
            Terminal: this machine has not the same data directory or not the same model as the driver.
        """
        began, job = time.monotonic(), self.job
        if not (job.landing / segment.path).is_file():
            raise Terminal(
                f"the executor on {socket.gethostname()} does not see {job.landing / segment.path}; "
                "mount the data directory there, at the same path"
            )
        found = job.model.open().model_id
        if found != self.model_id:
            raise Terminal(
                f"the executor on {socket.gethostname()} has the model {found}, not {self.model_id}; "
                "install the same version of Voxpop and of the model there"
            )
        job(segment)
        scored = job.scored / segment.path
        posts = int(segments.read_footer(scored)["rows"]) if scored.exists() else 0
        worker = f"{socket.gethostname()}:{os.getpid()}"
        return Report(segment.day, segment.offset, posts, time.monotonic() - began, worker, openings())


class Awaited:
    """Segments that executors are at, as the driver sees them arrive in the file system."""

    def __init__(self, scored: Path) -> None:
        self._scored = scored
        self._left: set[Segment] = set()
        self._reported: dict[Segment, float] = {}

    def __len__(self) -> int:
        return len(self._left)

    def add(self, expected: Iterable[Segment]) -> None:
        """Look out for these, too."""
        self._left.update(expected)

    def report(self, done: Iterable[Segment]) -> None:
        """Take note that executors are done with these, whether they are seen yet or not."""
        now = time.monotonic()
        self._reported.update({segment: now for segment in done if segment in self._left})

    def arrived(self) -> list[Segment]:
        """Those that are scored or set aside and were not answered before, oldest first.

        Raises:
            Terminal: one was reported long ago and is still not seen, so the executors write elsewhere.
        """
        done = sorted(segment for segment in self._left if is_done(self._scored, segment))
        self._left.difference_update(done)
        for segment in done:
            self._reported.pop(segment, None)
        if self._reported and time.monotonic() - min(self._reported.values()) > SEEN_SECONDS:
            raise Terminal(
                f"executors scored {min(self._reported)}, but it is not in {self._scored} here; "
                "mount the same data directory at the same path everywhere"
            )
        return done
