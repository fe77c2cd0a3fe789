"""The append-only log: directories of segments, what is missing between two of them, and the writer's lock."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from voxpop import segment as segments
from voxpop.errors import Poison, Terminal
from voxpop.segment import Segment

POISONED = ".poison"
STALE_SECONDS = 3600.0


class Held(Terminal):
    """Another process may append to the log.

    Attributes:
        takes_spool: it lands what others put into the spool (`voxpop.spool`).
    """

    def __init__(self, message: str, takes_spool: bool) -> None:
        super().__init__(message)
        self.takes_spool = takes_spool


@dataclass(frozen=True)
class Tail:
    """Where the log ends: the offset of the next row, and each source's cursor as of the last segment."""

    offset: int = 0
    day: str = ""
    cursors: dict[str, str] = field(default_factory=dict)


class Log:
    """`landing/` and `scored/<model_id>/` below one data directory.

    Appending is for the holder of `lock()` alone; reading needs no lock, because a segment never changes but for the
    content that `voxpop.scrub` takes out, by a rename, row for row.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.landing = root / "landing"
        self.staging = root / "staging"
        """Where the holder of `lock()` prepares what will land; whatever a killed one left is gone with the next."""
        self._sealed: dict[str, set[str]] = {}

    def scored(self, model_id: str) -> Path:
        """The directory of segments scored by one model."""
        return self.root / "scored" / model_id

    def segments(self) -> list[Segment]:
        """Every landing segment, in the order it landed."""
        return [segment for day in _days(self.landing) for segment in _listed(self.landing / day)]

    def missing(self, model_id: str) -> list[Segment]:
        """Landing segments the model has neither scored nor set aside as poison, oldest first.

        This difference is the only progress there is. A day that is over and complete is not listed again by this
        object: segments land in day order, so it can gain none.
        """
        scored = self.scored(model_id)
        sealed = self._sealed.setdefault(model_id, set())
        days = _days(self.landing)
        missing: list[Segment] = []
        for day in days:
            if day in sealed:
                continue
            left = sorted(set(_listed(self.landing / day)) - _done(scored / day))
            missing += left
            if not left and day != days[-1]:
                sealed.add(day)
        return missing

    def towards(self, model_id: str, key: str) -> Path:
        """The directory of what one model found that posts say of one topic; `key` stands for the topic."""
        return self.root / "towards" / model_id / key

    def missing_towards(self, scored: Path, towards: Path) -> list[Segment]:
        """Segments of `scored` that `towards` has no answer to, oldest first: the difference of two directories."""
        return sorted(segment for day in _days(scored) for segment in set(_listed(scored / day)) - _done(towards / day))

    def tail(self) -> Tail:
        """Read where the log ends, from the newest segment's footer.

        Raises:
            Poison: the newest segment is damaged.
        """
        days = _days(self.landing)
        newest = max((segment for day in days[-1:] for segment in _listed(self.landing / day)), default=None)
        if newest is None:
            return Tail()
        footer = segments.read_footer(self.landing / newest.path)
        return Tail(newest.offset + int(footer["rows"]), newest.day, dict(footer["cursors"]))

    def append(self, rows: pa.RecordBatch, tail: Tail, cursors: dict[str, str]) -> tuple[Segment, Tail]:
        """Write rows and the cursors that resume after them, both in one rename; answers the new tail.

        The day never goes back, whatever the clock does, so segments sort as they landed.
        """
        segment = Segment(_today(tail), tail.offset)
        merged = {**tail.cursors, **cursors}
        footer = {"offset": tail.offset, "rows": rows.num_rows, "cursors": merged}
        segments.write(self.landing / segment.path, pa.Table.from_batches([rows]), footer)
        return segment, Tail(tail.offset + rows.num_rows, segment.day, merged)

    def adopt(self, prepared: Path, tail: Tail) -> tuple[Segment, Tail]:
        """Append a segment that was written whole elsewhere on this file system, by one rename; answers the new tail.

        Raises:
            Poison: the file is no segment, or its footer says another offset than the log's end.
        """
        footer = segments.read_footer(prepared)
        if footer["offset"] != tail.offset:
            raise Poison(
                f"{prepared} begins at row {footer['offset']}, and the log ends at {tail.offset}; make it anew"
            )
        segment = Segment(_today(tail), tail.offset)
        segments.move(prepared, self.landing / segment.path)
        return segment, Tail(tail.offset + int(footer["rows"]), segment.day, dict(footer["cursors"]))

    @contextmanager
    def lock(self, *, takes_spool: bool = False) -> Iterator[None]:
        """Hold the right to append; the kernel lets it go when the process ends, however it ends.

        With `takes_spool`, others are told that the spool is landed as long as it is held.

        Raises:
            Held: another process holds it; the message names the process.
        """
        self.landing.mkdir(parents=True, exist_ok=True)
        held = FileLock(self.landing / ".lock")
        holder = self.landing / ".holder.json"
        try:
            held.acquire(timeout=0)
        except Timeout as error:
            raise _refusal(self.root, holder) from error
        try:
            holder.write_text(json.dumps({**_myself(), "takes_spool": takes_spool}))
            sweep(self.root)
            shutil.rmtree(self.staging, ignore_errors=True)
            yield
        finally:
            holder.unlink(missing_ok=True)
            held.release()

    def beat(self) -> None:
        """Say that the holder of `lock()` is at work: the time of `.holder.json`, which `voxpop.health` looks at."""
        with suppress(FileNotFoundError):
            os.utime(self.landing / ".holder.json")


def set_aside(scored: Path, segment: Segment, reason: str) -> None:
    """Mark a landing segment as unreadable for this model, with the reason, so that it is no longer missing."""
    marker = (scored / segment.path).with_suffix(POISONED)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(reason)


def is_done(scored: Path, segment: Segment) -> bool:
    """Whether a landing segment is scored or set aside in the directory of a model's scored segments."""
    path = scored / segment.path
    return path.exists() or path.with_suffix(POISONED).exists()


def _today(tail: Tail) -> str:
    return max(datetime.now(UTC).date().isoformat(), tail.day)


def _days(directory: Path) -> list[str]:
    if not directory.is_dir():
        return []
    return sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())


def _listed(day: Path, *also: str) -> list[Segment]:
    """The day's segments in order; by names alone, because a day of a slow stream has tens of thousands."""
    names = sorted(os.listdir(day)) if day.is_dir() else []
    parts = [os.path.splitext(name) for name in names]
    return [Segment(day.name, int(stem)) for stem, end in parts if stem.isdigit() and end in (".parquet", *also)]


def _done(day: Path) -> set[Segment]:
    return set(_listed(day, POISONED))


def sweep(root: Path, *, whole: bool = False) -> None:
    """Remove temporary files of writers that were killed; a living writer's is younger than an hour.

    Looks at the newest day of each directory only, so that a long log costs nothing, unless the `whole` is asked for.
    """
    bases = (root / "landing", *root.glob("scored/*"), *root.glob("towards/*/*"))
    days = [base / day for base in bases for day in _days(base)[0 if whole else -1 :]]
    for directory in (root / "spool", *days):
        for path in directory.glob(".*.tmp"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > STALE_SECONDS:
                    path.unlink()


def _myself() -> dict[str, Any]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "command": " ".join(sys.argv[:3]), "since": since}


def _refusal(root: Path, holder: Path) -> Held:
    who: dict[str, Any] = {}
    try:
        who = json.loads(holder.read_text())
        name = f"process {who['pid']} on {who['host']} ({who['command']}, since {who['since']})"
    except (OSError, ValueError, KeyError):
        name = "another process"
    message = f"{name} is writing to {root}; stop it, or give another --data directory"
    return Held(message, bool(who.get("takes_spool")))
