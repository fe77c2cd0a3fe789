"""Waiting until something is so, and saying what was found and when."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = float(os.environ.get("CONTAINERS_PATIENCE", "300"))
"""Seconds: what takes longer does not work, whatever else the machine does."""


def until(true: Callable[[], bool], what: str) -> None:
    """Wait until something is so, and say how long it took.

    Raises:
        AssertionError: it did not come to pass; says what.
    """
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < PATIENCE, f"in {PATIENCE:.0f} s it did not come to pass that {what}"
        time.sleep(0.5)
    told(f"{what}, after {time.monotonic() - began:.1f} s")


def told(line: str) -> None:
    """Say what was found."""
    print(line, flush=True)
