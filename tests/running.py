"""A Voxpop that serves as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE = 90.0


@dataclass
class Running:
    """One that runs; `url` is its page."""

    process: subprocess.Popen[str]
    url: str
    said: Callable[[], str]
    """What it wrote to standard error so far."""

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)


@contextmanager
def running(*arguments: object) -> Iterator[Running]:
    """`voxpop run` or `serve` on a free port until the block ends, then stopped as by `kill`."""
    command = [sys.executable, "-m", "voxpop", *map(str, arguments), "--port", "0"]
    # The process shares our place in the file, so it has to append wherever we read.
    with tempfile.TemporaryFile("a+") as said:
        process = subprocess.Popen(command, stderr=said, stdout=subprocess.DEVNULL, text=True)

        def text() -> str:
            said.seek(0)
            return said.read()

        def address() -> str | None:
            assert process.poll() is None, text()
            found = re.search(r"https?://\S+/(?=\s)", text())
            return found[0] if found else None

        try:
            until(lambda: address() is not None)
            yield Running(process, address() or "", text)
        finally:
            # Not Ctrl-C: a child of a background job ignores what its parent ignored.
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
