"""Progress of long work, on a terminal as it goes and in a log file once a minute."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm

A_MINUTE = 60.0


def bar(title: str, total: int, unit: str) -> tqdm[Any]:
    """Return a progress bar on standard error with rate and time left."""
    seen = 0.5 if sys.stderr.isatty() else A_MINUTE
    return tqdm(desc=title, total=total, unit=unit, mininterval=seen, maxinterval=seen, dynamic_ncols=True)
