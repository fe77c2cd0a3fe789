"""What has landed already, as 64-bit keys: eight bytes a post, so that the whole log fits in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import xxhash

from voxpop.log import Log

MERGE_AT = 262_144


def key(post_id: str, op: str, rev: str | None) -> int:
    """The key of one event: a post is created once, deleted once, and updated once for each revision.

    An account can be deleted, come back and be deleted again, so `rev` tells those events apart too.
    Two different events share a key with probability n²/2⁶⁵: about one in 3,700 that any two of 10⁸ do.
    """
    repeats = op == "update" or post_id.partition(":")[2].startswith("author:")
    version = rev or "" if repeats else ""
    return xxhash.xxh3_64_intdigest(f"{post_id}\0{op}\0{version}".encode("utf-8", "surrogatepass"))


class Seen:
    """A growing set of keys.

    >>> seen = Seen()
    >>> seen.add(7), seen.add(7), len(seen)
    (True, False, 1)
    """

    def __init__(self) -> None:
        self._sorted: npt.NDArray[np.uint64] = np.empty(0, np.uint64)
        self._recent: set[int] = set()

    @classmethod
    def of(cls, log: Log) -> Seen:
        """The keys of everything in `landing/`; about a second for a million posts."""
        seen = cls()
        for segment in log.segments():
            for found in _keys(log.landing / segment.path):
                seen.add(found)
        return seen

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def __contains__(self, item: int) -> bool:
        if item in self._recent:
            return True
        at = int(np.searchsorted(self._sorted, np.uint64(item)))
        return at < len(self._sorted) and int(self._sorted[at]) == item

    def add(self, item: int) -> bool:
        """Add a key; answers whether it was new."""
        if item in self:
            return False
        self._recent.add(item)
        if len(self._recent) >= MERGE_AT:
            fresh = np.fromiter(self._recent, np.uint64, len(self._recent))
            self._sorted = np.sort(np.concatenate([self._sorted, fresh]))
            self._recent.clear()
        return True


def _keys(path: Path) -> list[int]:
    table = pq.read_table(path, columns=["post_id", "op", "rev"], partitioning=None)
    columns = [table[name].to_pylist() for name in ("post_id", "op", "rev")]
    return [key(*row) for row in zip(*columns, strict=True)]
