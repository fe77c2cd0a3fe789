"""What has landed already, as 64-bit keys: most of them in one sorted file, so that neither start nor memory grows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from voxpop.errors import Poison
from voxpop.log import Log
from voxpop.segment import Segment

FILE: Final = "seen.keys"
MERGE_AT: Final = 65_536
"""Keys that are looked up in a set before they are put in order."""
_FORMAT: Final = 0x766F785345454E01
_HEADER: Final = 4

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Keeping:
    """When the file is written anew: after so many rows or segments, which is all that the next start reads."""

    rows: int = 524_288
    segments: int = 2_048


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

    Exact for keys: nothing is forgotten, however long the log. `seen.keys` in the data directory holds those of the
    log's first rows in order, and is looked up where it lies; it is made from the log and can be deleted. The trap: a
    log that lost segments in the middle has a file that no longer fits, which is noticed by their names and made again.

    >>> seen = Seen()
    >>> seen.add([7, 8, 7]), seen.add([8, 9]), len(seen)
    ([True, True, False], [False, True], 3)
    """

    def __init__(self) -> None:
        self._kept, self._sorted = _none(), _none()
        self._recent: set[int] = set()
        self._path: Path | None = None
        self._keeping = Keeping()
        self._segments = 0
        self._names = xxhash.xxh3_64()

    @classmethod
    def of(cls, log: Log, keeping: Keeping | None = None) -> Seen:
        """The keys of everything in `landing/`: the file's, and those of the segments that landed after it.

        Raises:
            Poison: one of these segments is damaged.
        """
        listed = log.segments()
        seen = cls()
        seen._path, seen._keeping = log.root / FILE, keeping or Keeping()
        seen._kept, covered = _open(seen._path, listed)
        for segment in listed[:covered]:
            seen._names.update(segment.path.encode())
        for segment in listed[covered:]:
            seen.add(keys(log.landing / segment.path))
            seen.landed(segment)
        return seen

    def __len__(self) -> int:
        return len(self._kept) + len(self._sorted) + len(self._recent)

    def add(self, items: Sequence[int]) -> list[bool]:
        """Add keys; answers for each whether it was new."""
        wanted = np.fromiter(items, np.uint64, len(items))
        known = _holds(self._kept, wanted) | _holds(self._sorted, wanted)
        fresh = []
        for item, old in zip(items, known.tolist(), strict=True):
            new = not old and item not in self._recent
            if new:
                self._recent.add(item)
            fresh.append(new)
        if len(self._recent) >= MERGE_AT:
            self._merge()
        return fresh

    def landed(self, segment: Segment) -> None:
        """Note that all keys added so far are those of the log up to this segment, and now and then keep them."""
        self._names.update(segment.path.encode())
        self._segments += 1
        fresh = len(self._sorted) + len(self._recent)
        if self._path and (fresh >= self._keeping.rows or self._segments >= self._keeping.segments):
            self._keep(self._path, segment)

    def _merge(self) -> None:
        fresh = np.fromiter(self._recent, np.uint64, len(self._recent))
        self._sorted = np.sort(np.concatenate([self._sorted, fresh]))
        self._recent.clear()

    def _keep(self, path: Path, last: Segment) -> None:
        """Write the file anew: block by block, so that it takes no memory however large it is."""
        self._merge()
        header = np.array([_FORMAT, last.offset, self._names.intdigest(), len(self)], np.uint64)
        temporary = path.with_name(f".{path.name}.tmp")
        with temporary.open("wb") as sink:
            for block in (header, *merged(self._kept, self._sorted)):
                block.tofile(sink)
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, path)
        self._kept, self._sorted, self._segments = _mapped(path), _none(), 0


def _none() -> Keys:
    return np.empty(0, np.uint64)


def _holds(ordered: Keys, wanted: Keys) -> npt.NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.asarray(ordered[at] == wanted)


def merged(kept: Keys, fresh: Keys, block: int = 1 << 20) -> Iterator[Keys]:
    """Two sorted arrays without a key in common as one, in blocks."""
    done = 0
    for start in range(0, len(kept), block):
        part = kept[start : start + block]
        upto = int(np.searchsorted(fresh, part[-1]))
        yield np.sort(np.concatenate([part, fresh[done:upto]]))
        done = upto
    yield fresh[done:]


def _mapped(path: Path) -> Keys:
    return np.memmap(path, np.uint64, "r")[_HEADER:]


def _open(path: Path, listed: Sequence[Segment]) -> tuple[Keys, int]:
    """The kept keys, and how many of the log's segments they cover; none and 0 unless the file fits the log."""
    try:
        header = np.fromfile(path, np.uint64, _HEADER)
        size = path.stat().st_size
    except FileNotFoundError:
        return _none(), 0
    if len(header) < _HEADER or int(header[0]) != _FORMAT or size != 8 * (_HEADER + int(header[3])):
        return _none(), 0
    covered = [segment.path for segment in listed if segment.offset <= int(header[1])]
    if xxhash.xxh3_64_intdigest("".join(covered).encode()) != int(header[2]):
        return _none(), 0
    return _mapped(path), len(covered)


def keys(path: Path) -> list[int]:
    """The keys of the rows of one landing segment.

    Raises:
        Poison: it is damaged.
    """
    try:
        table = pq.read_table(path, columns=["post_id", "op", "rev"], partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        raise Poison(f"{path} is not a whole segment ({error}); move it away to go on without it") from error
    columns: Iterable[list[str]] = [table[name].to_pylist() for name in ("post_id", "op", "rev")]
    return [key(*row) for row in zip(*columns, strict=True)]
