"""The engine for a Dask cluster: workers call the job, the driver hands out groups of segments."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from voxpop.errors import Terminal
from voxpop.grouping import grouped
from voxpop.log import is_done
from voxpop.score import Job
from voxpop.segment import Segment
from voxpop.spark.work import Work

if TYPE_CHECKING:
    from dask.distributed import Client, Future, as_completed

POLL_SECONDS: Final = 0.02
AHEAD: Final = 4
"""Groups in the scheduler's hands for each core: enough that none waits, few enough that a long log is no load."""
PATIENCE_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 1.0
GONE: Final = (
    "the Dask scheduler is gone, or another client cancelled the work; what was scored is kept, so start the scheduler "
    "and run the same again"
)

_opening = Lock()

Group = tuple[Segment, ...]


class DaskEngine:
    """Calls the job on Dask's workers, several small segments a task; the client is the caller's to close.

    The log has to be at the same path on driver and workers (a shared file system, or one machine), and the model's
    directory too. Rows never pass through Dask: a worker reads a segment and writes one, so the bytes are those of any
    other engine. What a lost worker had in hand is done again elsewhere, and gives the same bytes.
    """

    def __init__(self, client: Client, patience: float = PATIENCE_SECONDS) -> None:
        """Take a client; `patience` is how many seconds a worker, or a file that was written, may be away."""
        self._client = client
        self._patience = patience

    def cores(self) -> int:
        """How many threads all workers have together.

        Raises:
            Terminal: the scheduler is gone.
        """
        if self._client.status == "closed":
            raise Terminal(GONE)
        try:
            return sum(self._client.nthreads().values()) or 1
        except (OSError, TimeoutError) as error:
            raise Terminal(GONE) from error

    def status(self) -> dict[str, Any]:
        """The scheduler, and how many cores its workers have now; 0 while it is away."""
        try:
            cores = self.cores()
        except Terminal:
            cores = 0
        return {"scheduler": self._client.scheduler.address, "cores": cores}

    def run(self, job: Job, segments: Sequence[Segment]) -> Iterator[Segment]:
        """Yield the segments of each group as it is done, in any order; left early, what waits is cancelled.

        Raises:
            Terminal: no worker is left, several died over one group, the scheduler is gone, or a worker has another
                data directory or another model.
        """
        if not segments:
            return
        cores = self.cores()
        groups = iter(grouped(segments, cores))
        with _Handed(self._client, Work.of(job), self._patience) as handed:
            handed.add(islice(groups, AHEAD * cores))
            while handed.futures:
                for group in handed.done():
                    yield from (self._in_sight(job, segment) for segment in group)
                    handed.add(islice(groups, 1))

    def _in_sight(self, job: Job, segment: Segment) -> Segment:
        """The segment, once the driver sees its file, which a network's file system may show some time later."""
        since = time.monotonic()
        while not is_done(job.scored, segment):
            if time.monotonic() - since > self._patience:
                raise Terminal(
                    f"a Dask worker scored {segment.path}, but it is not in {job.scored}; mount the data directory at "
                    "the same path on every worker"
                )
            time.sleep(POLL_SECONDS)
        return segment


class _Handed:
    """The groups that workers have or will get next."""

    def __init__(self, client: Client, work: Work, patience: float) -> None:
        from dask.distributed import as_completed

        self.futures: dict[Future, Group] = {}
        self._client = client
        self._work = work
        self._patience = patience
        self._completed: as_completed = as_completed(loop=client.loop)

    def __enter__(self) -> _Handed:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.futures and self._client.status == "running":
            self._client.cancel(list(self.futures))

    def add(self, groups: Iterator[Group]) -> None:
        """Hand out groups; each is new to Dask, whatever was computed before."""
        for group in groups:
            future = self._client.submit(_done, self._work, group, pure=False)
            self.futures[future] = group
            self._completed.add(future)

    def done(self) -> Iterator[Group]:
        """Wait until a group is done; answers all that are."""
        self._wait()
        for future in self._completed.next_batch():
            group = self.futures.pop(future)
            _result(future, group)
            yield group

    def _wait(self) -> None:
        last = looked = time.monotonic()
        while not self._completed.has_ready():
            time.sleep(POLL_SECONDS)
            if self._client.status == "closed":
                raise Terminal(GONE)
            now = time.monotonic()
            if now - looked < LOOK_SECONDS:
                continue
            looked = now
            if self._has_workers():
                last = now
            elif now - last > self._patience:
                address = self._client.scheduler.address
                raise Terminal(f"{address} has no worker; start one with `dask worker {address} --nthreads 1`")

    def _has_workers(self) -> bool:
        try:
            return bool(self._client.nthreads())
        except (OSError, TimeoutError):
            # The scheduler does not answer, which the client notices by itself and cancels what it handed out.
            return True


def _done(work: Work, group: Group) -> None:
    """Do the work for a group, on a worker."""
    with _opening:
        # A worker of several threads would open the model in each, all at the same time.
        work.job.model.open()
    for segment in group:
        work(segment)


def _result(future: Future, group: Group) -> Any:
    """Raise what went wrong with a group, in a sentence."""
    from dask.distributed import KilledWorker
    from distributed.comm import CommClosedError

    try:
        return future.result()
    except KilledWorker as error:
        raise Terminal(
            f"{error.allowed_failures + 1} Dask workers died one after another over {_named(group)}; if they ran out "
            "of memory, their log says so: give each more with --memory-limit"
        ) from error
    except (CancelledError, CommClosedError) as error:
        # The second where the scheduler goes just as a result is asked for, before the client notices.
        raise Terminal(GONE) from error


def _named(group: Group) -> str:
    return group[0].path if len(group) == 1 else f"{group[0].path} and {len(group) - 1} more"
