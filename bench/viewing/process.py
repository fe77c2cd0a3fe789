"""A process that is measured: on a core of its own, with its processor time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

PATIENCE = 120.0
CORES = sorted(os.sched_getaffinity(0))


class Measured:
    """A server on one core; what asks it has the others."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
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
        """The next line that it says."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@contextmanager
def voxpop(store: Path) -> Iterator[Measured]:
    """Our dashboard over a store."""
    with _running([sys.executable, "-m", "bench.viewing.server", str(store)]) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        if not url:
            raise SystemExit("the server did not start; its errors are above")
        yield Measured(process, url)


@contextmanager
def streamlit(store: Path, python: str) -> Iterator[Measured]:
    """The same page made with Streamlit, over the same store."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page = Path(__file__).with_name("streamlit_page.py")
    flags = ["--server.headless=true", "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    words = [python, "-m", "streamlit", "run", str(page), *flags, f"--server.port={port}", "--", str(store)]
    with _running(words) as process:
        url = f"http://127.0.0.1:{port}/"
        _await(url)
        yield Measured(process, url)


@contextmanager
def _running(words: list[str]) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, preexec_fn=_alone)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _alone() -> None:
    os.sched_setaffinity(0, {CORES[0]})


def beside() -> None:
    """Keep this process, and the browser it starts, off the servers' core."""
    os.sched_setaffinity(0, set(CORES[1:] or CORES))


def _await(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
