"""The gap ledger: when a live source was not heard, why, and whether what it said then came later after all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import msgspec

State = Literal["lost", "lagging", "recovered", "missed"]
OPEN: Final = ("lost", "lagging")


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A period of one source, in event time, and what is known about it.

    `lost`: not connected, or connected and not yet known to go on where it was. `lagging`: connected without a hole,
    but behind. `recovered`: everything in it has landed. `missed`: the other side no longer had it.
    """

    source: str
    noticed: datetime
    """When it was noticed, by this machine's clock; with `source` it tells gaps apart."""
    start: datetime
    """The last event before it."""
    end: datetime | None = None
    """The first event known after it; None while it is open."""
    state: State
    reason: str
    events: int | None = None
    """For `missed`: about how many posts, at the rate before; None where the rate is not known."""

    @property
    def is_open(self) -> bool:
        """Whether it goes on now."""
        return self.state in OPEN


class GapLedger:
    """`gaps.jsonl` below the data directory: one line each time something about a gap changes, never rewritten.

    Guarantees: a line is on the disk when `note` returns, and a line torn by a kill is skipped. The trap: a gap that
    was open when its process was killed has no last line; it ends where the source's next gap begins, since a
    source that is read again notes a gap from the last event that landed. Until it is, the ledger says nothing of the
    time since the kill.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / "gaps.jsonl"
        self._read: tuple[tuple[int, int], list[Gap]] = ((0, 0), [])

    def note(self, gap: Gap) -> None:
        """Add what is now known of a gap."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as sink:
            # A torn line of a killed writer must not swallow ours.
            sink.write(b"\n" + msgspec.json.encode(gap) + b"\n")
            sink.flush()
            os.fsync(sink.fileno())

    def gaps(self) -> list[Gap]:
        """Every gap as it is known now, in the order noticed; the file is read again only after it changed."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return []
        version = (found.st_mtime_ns, found.st_size)
        if version != self._read[0]:
            self._read = (version, folded(_records(self._path)))
        return self._read[1]


def folded(records: Iterable[Gap]) -> list[Gap]:
    """The last word on each gap; a gap left open before another of its source ends where that one begins."""
    latest: dict[tuple[str, datetime], Gap] = {}
    for record in records:
        latest[record.source, record.noticed] = record
    gaps = list(latest.values())
    ends = {
        (source, earlier.noticed): later.start
        for source in {gap.source for gap in gaps}
        for earlier, later in pairwise(gap for gap in gaps if gap.source == source)
        if earlier.is_open
    }
    known = [_ended(gap, ends.get((gap.source, gap.noticed))) for gap in gaps]
    return [gap for gap in known if gap.end is None or gap.end > gap.start]


def _ended(gap: Gap, end: datetime | None) -> Gap:
    """What was behind had no hole, so it has come up to where the next gap begins."""
    if end is None:
        return gap
    state: State = "recovered" if gap.state == "lagging" else gap.state
    return msgspec.structs.replace(gap, end=end, state=state)


def _records(path: Path) -> Iterable[Gap]:
    for line in path.read_bytes().split(b"\n"):
        try:
            if line:
                yield msgspec.json.decode(line, type=Gap)
        except msgspec.MsgspecError:
            continue
