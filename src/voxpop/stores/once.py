"""A store that is asked each question once."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from voxpop.seams import Store
from voxpop.segment import Segment


class Once:
    """Remembers what a store answered, for as long as one answer takes to make.

    Guarantees: the same question gets the same rows, so that parts of a page that ask alike agree, also while posts
    come in. The trap: what changes meanwhile is not seen; make one for each answer. For one thread.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[Any, ...], pa.Table] = {}

    def load(self, segment: Segment, batch: pa.Table) -> bool:
        """As the store."""
        self._known.clear()
        return self._store.load(segment, batch)

    def loaded(self) -> set[Segment]:
        """As the store."""
        return self._store.loaded()

    def query(self, name: str, **params: Any) -> pa.Table:
        """The rows that the store answers, or answered."""
        key = (name, *((given, _hashable(params[given])) for given in sorted(params)))
        if key not in self._known:
            self._known[key] = self._store.query(name, **params)
        return self._known[key]


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value
