"""The loop: what is missing is scored, what is scored is loaded; nothing else is remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from voxpop import segment as segments
from voxpop.errors import Poison, Transient, VoxpopError
from voxpop.log import Log
from voxpop.patience import Patience
from voxpop.score import Job
from voxpop.seams import Engine, Following, Store, Wide
from voxpop.segment import Segment

SEGMENTS_A_ROUND = 64
SEGMENTS_A_CORE = 256
"""For an engine of many cores: enough that tiny segments fill a task, and that few cores wait for a round to end."""
IDLE_SECONDS = 0.25


def _quiet(line: str) -> None:
    pass


def _idle() -> None:
    pass


@dataclass(frozen=True)
class Parts:
    """What a pipeline joins.

    Attributes:
        say: told, a line each, when the store is away and when it is back.
        refresh: called when the store could not be loaded, as that may be for topics that another process changed.
    """

    log: Log
    engine: Engine
    job: Job
    model_id: str
    store: Store
    say: Callable[[str], None] = _quiet
    refresh: Callable[[], object] = _idle


@dataclass
class Loads:
    """What a pipeline did since it was made.

    Attributes:
        segments: that it loaded, and `posts` in them.
        scored: segments that its engine scored, in `seconds`; not on an engine that looks for work itself.
    """

    segments: int = 0
    posts: int = 0
    scored: int = 0
    seconds: float = 0.0


class Pipeline:
    """Scores and loads until nothing is missing.

    Killed anywhere and started again, it ends in the same scored segments and the same store: a segment is scored or
    it is missing, and the store knows which it has loaded. While the store is away scoring goes on, and what is scored
    is loaded when it is back.
    """

    def __init__(self, parts: Parts, watch: Callable[[Segment], None] | None = None) -> None:
        self._parts = parts
        self._watch = watch or (lambda segment: None)
        self._stop = threading.Event()
        self.behind = 0
        """Segments that were missing when last looked and are not scored yet."""
        self.loads = Loads()
        self._patience = Patience(self._stop, parts.say)
        self._pending = self._scored_but_not_loaded()

    @property
    def trouble(self) -> str | None:
        """Why nothing can be loaded now; None while all is well."""
        return self._patience.trouble

    def step(self) -> int:
        """Do one round of at most `SEGMENTS_A_ROUND` segments, or more on many cores; answers how many were loaded."""
        loaded = self._load_pending()
        missing = self._parts.log.missing(self._parts.model_id)
        self.behind = len(missing)
        for segment in self._timed(self._parts.engine.run(self._parts.job, missing[: self._round()])):
            loaded += self._load_or_keep(segment)
            self.behind -= 1
            if self._stop.is_set():
                break
        return loaded

    def catch_up(self) -> int:
        """Work until nothing is missing; answers how many segments were loaded."""
        total = self.step()
        while (self.behind or self._pending) and not self._stop.is_set():
            total += self.step()
        return total

    def run(self) -> None:
        """Work as segments land, until `stop` is called."""
        if isinstance(self._parts.engine, Following):
            return self._follow(self._parts.engine)
        while not self._stop.is_set():
            if self.step() == 0 and self.behind == 0 and not self._pending:
                self._stop.wait(IDLE_SECONDS)

    def stop(self) -> None:
        """Make `run` end after the segment in hand; any thread may call it."""
        self._stop.set()

    def _timed(self, scored: Iterator[Segment]) -> Iterator[Segment]:
        began = time.perf_counter()
        for segment in scored:
            self.loads.scored += 1
            self.loads.seconds += time.perf_counter() - began
            yield segment
            began = time.perf_counter()

    def _round(self) -> int:
        engine = self._parts.engine
        return SEGMENTS_A_CORE * engine.cores() if isinstance(engine, Wide) else SEGMENTS_A_ROUND

    def _follow(self, engine: Following) -> None:
        self._load_pending()
        self.behind = len(self._parts.log.missing(self._parts.model_id))
        for segment in engine.follow(self._parts.job, self._stop):
            self._load_or_keep(segment)
            # Meanwhile the engine scores on; it may have nothing more to tell of for long.
            while self._pending and not self._stop.is_set():
                self._load_pending()
            self.behind = len(self._parts.log.missing(self._parts.model_id))

    def _load_pending(self) -> int:
        """Load what waits, until the store is away."""
        loaded = 0
        while self._pending and not self._stop.is_set():
            try:
                loaded += self._load(self._pending[0])
            except Transient as error:
                self._wait(error)
                break
            self._pending.pop(0)
            self._patience.over()
        return loaded

    def _load_or_keep(self, segment: Segment) -> int:
        """Load a segment, or keep it for when the store is back."""
        if not self._pending:
            try:
                return self._load(segment)
            except Transient as error:
                self._wait(error)
        self._pending.append(segment)
        return 0

    def _wait(self, error: Transient) -> None:
        self._patience.wait(error)
        try:
            self._parts.refresh()
        except VoxpopError:
            # It is still away, or the topics cannot be read, which others say; the next round asks again.
            return

    def _load(self, segment: Segment) -> bool:
        path = self._parts.job.scored / segment.path
        if not path.exists():
            return False
        try:
            rows = segments.read(path)
            loaded = self._parts.store.load(segment, rows)
        except Poison:
            # A damaged scored segment is a lost computation, not lost data: without it, it is missing again.
            path.unlink()
            return False
        self.loads.segments += loaded
        self.loads.posts += rows.num_rows if loaded else 0
        self._watch(segment)
        return loaded

    def _scored_but_not_loaded(self) -> list[Segment]:
        """Segments that were scored when an earlier run ended between rename and load."""
        done = self._parts.store.loaded()
        return [segment for segment in self._parts.log.segments() if segment not in done]
