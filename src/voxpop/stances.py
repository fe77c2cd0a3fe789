"""Scores posts towards topics and counts what was scored, segment by segment, beside the loads of new segments."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import pyarrow as pa

from voxpop import segment as segments
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.errors import Poison
from voxpop.patience import keep_at
from voxpop.seams import Store
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.towards import Stage

IDLE_SECONDS: Final = 0.5
AT_ONCE: Final = 16
"""Segments of a topic before the next topic has its turn."""


class Stanced(Store, Protocol):
    """A store that knows which loaded segments lack what their posts say of a topic."""

    def follow_stances(self, keys: Mapping[str, str]) -> None:
        """Count stances on these topics, by name, whose rows are those of a key."""
        ...

    def unstanced(self, topic: str, limit: int) -> list[Segment]:
        """Loaded segments without stances on a topic, newest first."""
        ...

    def take_stances(self, topic: str, key: str, segment: Segment, rows: pa.Table) -> bool:
        """Take in what the posts of a loaded segment say of a topic, in one transaction."""
        ...


class Stances:
    """Works off what a store lacks of each topic's stage, newest first; `run` waits while the store is away.

    What `voxpop towards` did already, on whatever engine, is taken in without being scored again. Killed anywhere and
    started again, each post is counted once. `stages` is asked each round, for topics come and go.
    """

    def __init__(
        self, store: Stanced, stages: Callable[[], Sequence[Stage]], watch: Callable[[Segment], None] | None = None
    ) -> None:
        self._store = store
        self._stages = stages
        self._watch = watch or (lambda segment: None)
        self._stop = threading.Event()
        self._engine = EmbeddedEngine()
        self._followed: dict[str, str] | None = None
        self._aside: dict[str, set[Segment]] = {}
        self._rested: int | None = None
        """The store's number at which nothing was lacking."""

    def step(self) -> int:
        """Do at most `AT_ONCE` segments of each topic; answers how many were done.

        One whose scored segment is damaged is set aside: it is scored anew, and done at the next start.
        """
        stages = self._stages()
        keys = {stage.topic.name: stage.made_by for stage in stages}
        if keys != self._followed:
            self._store.follow_stances(keys)
            self._followed, self._aside, self._rested = keys, {}, None
        # Read first: what is loaded meanwhile is looked at next time.
        seq = queries.seq(self._store)
        if seq == self._rested:
            return 0
        done = sum(self._of(stage) for stage in stages)
        self._rested = None if done else seq
        return done

    def catch_up(self) -> int:
        """Work until nothing is lacking; answers how many segments were done."""
        total = 0
        while not self._stop.is_set() and (done := self.step()):
            total += done
        return total

    def run(self) -> None:
        """Work as segments are loaded and topics come, until `stop` is called."""
        keep_at(self.step, self._stop, IDLE_SECONDS)

    def stop(self) -> None:
        """Make `run` and `catch_up` end after the segment in hand; any thread may call it."""
        self._stop.set()

    def _of(self, stage: Stage) -> int:
        aside = self._aside.setdefault(stage.topic.name, set())
        lacking = self._store.unstanced(stage.topic.name, AT_ONCE + len(aside))
        done = 0
        for segment in [segment for segment in lacking if segment not in aside]:
            if self._stop.is_set():
                break
            if self._do(stage, segment):
                done += 1
                self._watch(segment)
            else:
                aside.add(segment)
        return done

    def _do(self, stage: Stage, segment: Segment) -> bool:
        path = stage.directory / segment.path
        if not path.exists():
            for _ in self._engine.run(stage.job, [segment]):
                pass
        try:
            rows = segments.read(path)
        except Poison:
            # Nor is it there where its scored segment is damaged.
            path.unlink(missing_ok=True)
            return False
        return self._store.take_stances(stage.topic.name, stage.made_by, segment, rows)
