"""A Dask scheduler and its workers as processes of their own, on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 60


@dataclass
class DaskCluster:
    """What runs; a worker has one thread, and no nanny that would start it again."""

    scheduler: subprocess.Popen[bytes]
    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(
        self,
        python: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        """Start one in a directory, with more in its environment, and Python's own arguments."""
        arguments = [self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        command = [*python, "-m", "distributed.cli.dask_worker", *arguments]
        self.workers.append(started(command, environment, directory))


@contextmanager
def dask_cluster(tmp_path: Path, workers: int, environment: Mapping[str, str] | None = None) -> Iterator[DaskCluster]:
    """A scheduler, and so many workers, which may not have joined yet; all are killed in the end."""
    told = tmp_path / "scheduler.json"
    arguments = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    cluster = DaskCluster(started(["-m", "distributed.cli.dask_scheduler", *arguments], environment), "")
    try:
        cluster.address = _address(told)
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        for process in (*cluster.workers, cluster.scheduler):
            process.kill()
            process.wait()


def started(
    arguments: Sequence[str], environment: Mapping[str, str] | None, directory: Path | None = None
) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=directory,
        env={**os.environ, **(environment or {})},
        stdout=quiet,
        stderr=quiet,
    )


def _address(told: Path) -> str:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if told.exists() and (text := told.read_text()).endswith("}"):
            address: str = json.loads(text)["address"]
            return address
        time.sleep(0.05)
    raise TimeoutError("no Dask scheduler has started")
