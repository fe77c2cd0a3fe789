"""Waiting for something that may come back: longer each time, and said once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from voxpop.errors import Transient

FIRST_SECONDS: Final = 0.25
LONGEST_SECONDS: Final = 5.0


class Patience:
    """How one thread bears with something that is away now and then.

    Attributes:
        trouble: why it waits; None while all is well. Other threads may read it.
    """

    def __init__(self, stop: threading.Event, say: Callable[[str], None]) -> None:
        self._stop = stop
        self._say = say
        self._seconds = FIRST_SECONDS
        self.trouble: str | None = None

    def wait(self, error: Transient) -> None:
        """Wait before the next try, at once over when `stop` is set."""
        if self.trouble is None:
            self._say(f"voxpop: {error}; waiting for it")
        self.trouble = str(error)
        self._stop.wait(error.retry_after or self._seconds)
        self._seconds = min(self._seconds * 2, LONGEST_SECONDS)

    def over(self) -> None:
        """All is well, or well again."""
        if self.trouble is not None:
            self._say("voxpop: it is back")
            self.trouble, self._seconds = None, FIRST_SECONDS


def keep_at(work: Callable[[], int], stop: threading.Event, idle: float) -> None:
    """Do work again and again until `stop` is set: at once where there was some, after `idle` seconds where not.

    While something is away it waits without a word: whoever else uses it says so.
    """
    patience = Patience(stop, lambda line: None)
    while not stop.is_set():
        try:
            done = work()
        except Transient as error:
            patience.wait(error)
            continue
        patience.over()
        if done == 0:
            stop.wait(idle)
