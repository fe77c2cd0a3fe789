"""A Dask client that Voxpop's jobs can rely on: it answers, and its workers have what this machine has."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from voxpop.errors import Terminal

if TYPE_CHECKING:
    from dask.distributed import Client

T = TypeVar("T")

REACH_SECONDS: Final = 10.0
SAME: Final = ("voxpop", "dask", "distributed", "pyarrow", "onnxruntime", "tokenizers")
"""Packages whose version has to be that of the driver: messages, scores and bytes of a segment depend on them."""


@contextmanager
def opened(scheduler: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """A client for as long as the block runs: of the scheduler at `tcp://host:8786`, else of workers started here.

    Without a scheduler, this machine gets `workers` processes of one thread, one for each core by default, which listen
    on loopback only and end with the block. They import the program's main module again, as every process that Python
    spawns does: a script has to guard what it does with `if __name__ == "__main__"`.

    Raises:
        Terminal: Dask is not installed, no scheduler answers, or its workers have other versions; says what to do.
    """
    try:
        from dask.distributed import Client, LocalCluster
        from dask.system import CPU_COUNT
    except ModuleNotFoundError as error:
        raise Terminal("Dask is not installed; install it with pip install 'voxpop[dask]'") from error
    if scheduler is None:
        local = patiently(
            lambda: LocalCluster(
                n_workers=workers or CPU_COUNT,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                preload=["voxpop.dask.worker"],
                # What ends a job is raised; the rest of what Dask would print comes from ending it.
                silence_logs=logging.CRITICAL,
            )
        )
        with local, Client(local) as client:
            yield client
        return
    reached: Client | None = None
    with suppress(OSError, TimeoutError, ValueError):
        reached = patiently(lambda: Client(scheduler, timeout=REACH_SECONDS))
    if reached is None:
        # The client that did not connect closes itself when it is collected. Within the start of another one that waits
        # for ever: `LoopRunner.start` of distributed holds the lock that closing takes. So it is collected here.
        gc.collect()
        raise Terminal(
            f"no Dask scheduler answers at {scheduler}; start one there with `dask scheduler`, "
            "or leave --scheduler out to use this machine"
        )
    with reached:
        check_versions(reached.get_versions(packages=list(SAME)))
        yield reached


def patiently(start: Callable[[], T]) -> T:
    """What `start` makes, tried once more where Dask's own thread was late.

    `distributed` gives the thread of its event loop ten seconds to begin and then fails an assertion
    (`LoopRunner.start`); on a machine that stood still for so long, that says nothing about the scheduler.

    Raises:
        AssertionError: the thread was late twice.
    """
    try:
        return start()
    except AssertionError:
        return start()


def check_versions(found: Mapping[str, Any]) -> None:
    """Refuse workers that would write other bytes than this machine, or cannot read its messages.

    Takes what `Client.get_versions` answers (https://distributed.dask.org/en/stable/api.html). Workers that come later
    are not looked at here.

    Raises:
        Terminal: names the packages, their versions and a worker.
    """
    ours = _versions(found["client"])
    for address, worker in sorted(found["workers"].items()):
        theirs = _versions(worker)
        wrong = [
            f"{name} {theirs.get(name) or 'missing'} for {version or 'none'}"
            for name, version in ours.items()
            if theirs.get(name) != version
        ]
        if wrong:
            raise Terminal(
                f"the worker {address} has {', '.join(wrong)} here; "
                f"install the same there with pip install 'voxpop[dask]=={ours['voxpop']}'"
            )


def _versions(side: Mapping[str, Any]) -> dict[str, str | None]:
    """The versions that have to agree; of Python the first two numbers."""
    packages = side["packages"]
    python = ".".join(packages["python"].split(".")[:2])
    return {"python": python, **{name: packages.get(name) for name in SAME}}
