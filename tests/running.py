"""A Voxpop that serves as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
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

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)


@contextmanager
def running(*arguments: object) -> Iterator[Running]:
    """`voxpop run` or `serve` on a free port until the block ends, then Ctrl-C."""
    command = [sys.executable, "-m", "voxpop", *map(str, arguments), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://\S+/(?=\s)", line):
                # A full pipe would hold the process up.
                threading.Thread(target=process.stderr.read, daemon=True).start()
                yield Running(process, found[0])
                return
        raise AssertionError("".join(said))
    finally:
        # A background job's child ignores what its parent ignored, so the other of the two signals.
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
