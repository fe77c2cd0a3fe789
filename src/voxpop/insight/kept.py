"""Views that are kept while they are asked for, so that a page that asks every second costs little."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from voxpop.insight.views import MOST_POSTS, Builder, View, Window
from voxpop.seams import Store
from voxpop.stores import queries

LATE: Final = 5.0
"""Seconds for which a view is good though the store has changed, or `TIMES` as long as it took to build."""
TIMES: Final = 10.0
LONGEST: Final = 600.0
"""Seconds after which a view is built anew though no segment was loaded: text is let go of by age as well."""
IDLE: Final = 60.0
"""Seconds without a reader after which a view is let go of, at the next look; there is one every half of them."""
MOST: Final = 16
MOST_HELD: Final = 300_000
"""Views, and posts in all of them, that are kept; a view in use is beside these."""


@dataclass
class _Kept:
    """A view, the store's number when it was built, when that was and how long it took, and when it was last read."""

    view: View
    seq: int
    built: float
    seconds: float
    read: float

    @property
    def late(self) -> float:
        return max(LATE, TIMES * self.seconds)


class Views(Builder):
    """Builds one view at a time, and keeps the last ones.

    A view that was built before the store's last change is some seconds old. While another one is built, a reader gets
    the one before, if it is not older than twice that, and waits else. What the store lets go of, a view has no longer
    than for `LONGEST`, and no longer than for twice `IDLE` once nobody reads it.
    """

    def __init__(self, store: Store, most: int = MOST_POSTS) -> None:
        super().__init__(store, most)
        self._kept: OrderedDict[Window, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._building = threading.Lock()
        self._sweeper: threading.Timer | None = None

    def view(self, window: Window) -> View:
        """The view of a window.

        Raises:
            TooManyPosts: it has more than can be looked at one by one.
        """
        seq = queries.seq(self.store)
        if found := self._good(window, seq, 1):
            return found
        if not self._building.acquire(blocking=False):
            if found := self._good(window, seq, 2):
                return found
            self._building.acquire()
        try:
            # Somebody else may have built it meanwhile.
            return self._good(window, seq, 1) or self._built(window)
        finally:
            self._building.release()

    def _good(self, window: Window, seq: int, lenience: float) -> View | None:
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get(window)
            if kept is None or now - kept.built > (LONGEST if kept.seq == seq else lenience * kept.late):
                return None
            kept.read = now
            self._kept.move_to_end(window)
            return kept.view

    def _built(self, window: Window) -> View:
        # Read first: what is loaded meanwhile makes it old, and is never taken for seen.
        seq, begun = queries.seq(self.store), time.monotonic()
        view = super().view(window)
        now = time.monotonic()
        with self._lock:
            self._kept[window] = _Kept(view, seq, now, now - begun, now)
            self._kept.move_to_end(window)
            while len(self._kept) > MOST or sum(kept.view.held.size for kept in self._kept.values()) > MOST_HELD:
                self._kept.popitem(last=False)
            self._watch()
        return view

    def _watch(self) -> None:
        if self._sweeper is None and self._kept:
            self._sweeper = threading.Timer(IDLE / 2, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        oldest = time.monotonic() - IDLE
        with self._lock:
            for window in [window for window, kept in self._kept.items() if kept.read < oldest]:
                del self._kept[window]
            self._sweeper = None
            self._watch()
