"""A process that is measured: on a core of its own, with its processor time; it never outlives the bench."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil

PATIENCE = 60.0
GRACE = 10.0
CORES = sorted(os.sched_getaffinity(0))
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Measured:
    """A server on one core; what asks it has the others."""

    def __init__(self, process: subprocess.Popen[str], url: str = "") -> None:
        self.url = url
        self._process = process
        self._known = psutil.Process(process.pid)

    def cpu(self) -> float:
        """Seconds of processor so far, with those of its children."""
        family = [self._known, *self._known.children(recursive=True)]
        return sum(one.cpu_times().user + one.cpu_times().system for one in family)

    def tell(self, line: str) -> None:
        """A line on its standard input."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """The next line that it says; an error where none comes."""
        assert self._process.stdout
        ready = select.select([self._process.stdout], [], [], PATIENCE)[0]
        line = self._process.stdout.readline().strip() if ready else ""
        if not line:
            raise RuntimeError("the server has ended" if ready else f"the server said nothing for {PATIENCE:.0f} s")
        return line

    def updates(self) -> int:
        """How often it has loaded posts so far; Voxpop's alone knows."""
        self.tell("updates 0")
        return int(self.hear())


@contextmanager
def voxpop(store: Path) -> Iterator[Measured]:
    """Our dashboard over a store."""
    with _running([sys.executable, "-m", "bench.viewing.server", str(store)], subprocess.PIPE) as process:
        served = Measured(process)
        served.url = served.hear()
        yield served


@contextmanager
def streamlit(store: Path, python: str) -> Iterator[Measured]:
    """The same page made with Streamlit, over the same store."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page = Path(__file__).with_name("streamlit_page.py")
    flags = ["server.headless=true", "server.fileWatcherType=none", "server.address=127.0.0.1", f"server.port={port}"]
    flags += ["browser.gatherUsageStats=false", "logger.level=error"]
    words = [python, "-m", "streamlit", "run", str(page), *(f"--{flag}" for flag in flags), "--", str(store)]
    # What it says goes beside the errors: nobody reads it, and a pipe that is full would stop it.
    with _running(words, sys.stderr.fileno()) as process:
        url = f"http://127.0.0.1:{port}/"
        _await(url, process)
        yield Measured(process, url)


def beside() -> None:
    """Keep this process, and the browser it starts, off the servers' core."""
    os.sched_setaffinity(0, set(CORES[1:] or CORES))


def end_with_all() -> None:
    """On SIGINT and SIGTERM, end with whatever was started; else a server would go on and hold its store."""

    def end(number: int, frame: FrameType | None) -> None:
        # Not again while it ends.
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        kill_all()
        raise SystemExit(128 + number)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)


def kill_all() -> None:
    """Kill what this process has started, and what that has: servers, and browsers with all of theirs."""
    started = psutil.Process().children(recursive=True)
    for one in started:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(started, GRACE)


@contextmanager
def _running(words: list[str], output: int) -> Iterator[subprocess.Popen[str]]:
    # A group of its own, so that it ends with all that it starts.
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=output, text=True, start_new_session=True, preexec_fn=_alone
    )
    try:
        yield process
    finally:
        _signalled(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        _signalled(process, signal.SIGKILL)
        process.wait()


def _signalled(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _alone() -> None:
    # Even where the bench is killed and cannot end it.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.sched_setaffinity(0, {CORES[0]})


def _await(url: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"Streamlit ended with {process.returncode}") from None
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
