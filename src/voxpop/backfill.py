"""Counts what was loaded before a topic was there, segment by segment, while new segments are loaded beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from voxpop import segment as segments
from voxpop.errors import Poison
from voxpop.patience import keep_at
from voxpop.segment import Segment

IDLE_SECONDS: Final = 0.5


class Backfilled(Protocol):
    """A store that knows which loaded segments lack which topics."""

    def lacking(self) -> list[Segment]:
        """Segments that were loaded without some topic, newest first."""
        ...

    def backfill(self, segment: Segment, batch: pa.Table) -> bool:
        """Give the segment's posts the topics they lack, in one transaction; False where they lack none."""
        ...


class Backfill:
    """Works off what a store lacks; `run` waits while the store is away.

    Killed anywhere and started again, each post is counted once: what is done is taken from the store's list in the
    transaction that does it.
    """

    def __init__(self, store: Backfilled, scored: Path, watch: Callable[[Segment], None] | None = None) -> None:
        self._store = store
        self._scored = scored
        self._watch = watch or (lambda segment: None)
        self._stop = threading.Event()

    def catch_up(self) -> int:
        """Do what there is to do; answers how many segments were done.

        A scored segment that is away or damaged is left in the list: it is missing, so it is scored again, and done
        next time.
        """
        done = 0
        for segment in self._store.lacking():
            if self._stop.is_set():
                break
            done += self._do(segment)
            self._watch(segment)
        return done

    def run(self) -> None:
        """Work as topics come, until `stop` is called."""
        keep_at(self.catch_up, self._stop, IDLE_SECONDS)

    def stop(self) -> None:
        """Make `run` and `catch_up` end after the segment in hand; any thread may call it."""
        self._stop.set()

    def _do(self, segment: Segment) -> bool:
        path = self._scored / segment.path
        if not path.exists():
            return False
        try:
            return self._store.backfill(segment, segments.read(path))
        except Poison:
            path.unlink(missing_ok=True)
            return False
