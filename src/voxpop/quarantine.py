"""The quarantine: records that could not be read, kept whole with the reason, once each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xxhash

from voxpop.seams import Rejected

SHORTEST_ID = 8
SCRUBBED = "scrubbed: deleted at its source"
_LONGEST_REASON = 200
_WORD = re.compile(r"[\w~-]+(?:[:.][\w~-]+)*")


class Quarantine:
    """`quarantine/<day>.jsonl` below the data directory.

    A record is the same record when its origin's name and its text are: reading a file again adds nothing. The trap:
    a kill can leave a torn last line; reading skips it, and the record is written again when its source is read again.
    """

    def __init__(self, root: Path) -> None:
        self.directory = root / "quarantine"
        self._known = {_key(record["origin"], record["line"]) for record in self.records()}

    def __len__(self) -> int:
        return len(self._known)

    def add(self, rejected: Sequence[Rejected]) -> int:
        """Keep records that are not kept yet; answers how many were new."""
        now = datetime.now(UTC)
        fresh = [record for record in rejected if self._is_new(record)]
        if fresh:
            self.directory.mkdir(parents=True, exist_ok=True)
            lines = [json.dumps({**asdict(record), "at": now.isoformat()}) + "\n" for record in fresh]
            with (self.directory / f"{now.date()}.jsonl").open("a", encoding="ascii") as sink:
                # A torn line of a killed writer must not swallow the first of ours.
                sink.writelines(["\n", *lines])
                sink.flush()
                os.fsync(sink.fileno())
        return len(fresh)

    def records(self) -> Iterator[dict[str, Any]]:
        """Every record kept: `origin`, `position`, `line`, `reason`, `at`; oldest first."""
        for path in sorted(self.directory.glob("*.jsonl")):
            yield from _records(path)

    def _is_new(self, record: Rejected) -> bool:
        found = _key(record.origin, record.line)
        known = found in self._known
        self._known.add(found)
        return not known


@dataclass(frozen=True)
class Reason:
    """Why records were set aside: in the words of whoever read them, how many, and when the newest was."""

    reason: str
    n: int
    newest: datetime


class Reasons:
    """Counts the records of a data directory by reason; a file is read again only after it changed. For one thread.

    The trap: a reason may quote what it was read from, which a stranger wrote; escape it. Longer ones are cut.
    """

    def __init__(self, root: Path) -> None:
        self._directory = root / "quarantine"
        self._known: dict[Path, tuple[tuple[int, int], dict[str, tuple[int, str]]]] = {}

    def counts(self) -> list[Reason]:
        """Every reason, the commonest first."""
        total: dict[str, tuple[int, str]] = {}
        for path in sorted(self._directory.glob("*.jsonl")):
            for reason, (n, newest) in self._file(path).items():
                held, latest = total.get(reason, (0, ""))
                total[reason] = held + n, max(latest, newest)
        ranked = sorted(total.items(), key=lambda item: (-item[1][0], item[0]))
        return [Reason(reason, n, datetime.fromisoformat(newest)) for reason, (n, newest) in ranked]

    def _file(self, path: Path) -> dict[str, tuple[int, str]]:
        found = path.stat()
        stamp = found.st_mtime_ns, found.st_size
        if path not in self._known or self._known[path][0] != stamp:
            counts: dict[str, tuple[int, str]] = {}
            for record in _records(path):
                reason = str(record["reason"])[:_LONGEST_REASON]
                counts[reason] = counts.get(reason, (0, ""))[0] + 1, str(record["at"])
            self._known[path] = stamp, counts
        return self._known[path][1]


def scrub(root: Path, ids: Collection[str], *, dry_run: bool = False) -> int:
    """Take lines that hold one of the native ids out of the quarantine of a data directory; answers how many.

    The record stays, with its origin and position, and says why it is empty. It is written over in place, in as many
    bytes, so a writer may add records meanwhile, and a kill leaves at worst a torn line. The traps: an id shorter than
    `SHORTEST_ID` characters would be found in anything, and is not looked for; a record whose id cannot be read cannot
    be found; and a file that is read again brings its lines again, until the next scrub.
    """
    known = {native for native in ids if len(native) >= SHORTEST_ID}
    found = 0
    for path in sorted((root / "quarantine").glob("*.jsonl")) if known else ():
        with path.open("rb" if dry_run else "r+b") as file:
            at = 0
            for line in file.read().splitlines(keepends=True):
                if line.endswith(b"\n") and not known.isdisjoint(_words(_plain(line))):
                    found += 1
                    if not dry_run:
                        file.seek(at)
                        file.write(_emptied(line))
                at += len(line)
            if not dry_run:
                file.flush()
                os.fsync(file.fileno())
    return found


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="ascii") as lines:
        for line in lines:
            try:
                record: dict[str, Any] = json.loads(line.strip() or "{}")
            except ValueError:
                continue
            if record:
                yield record


def _plain(line: bytes) -> str:
    """What a record was read from and why it was refused; for a torn line, all of it."""
    try:
        record = json.loads(line)
        return f"{record['line']}\n{record['reason']}"
    except (ValueError, KeyError, TypeError):
        return line.decode("ascii", "replace")


def _words(text: str) -> set[str]:
    """What may be ids: `did:plc:ana` is one, and so is what comes after the last colon of `x:1234`."""
    whole = set(_WORD.findall(text))
    return whole | {word.rpartition(":")[2] for word in whole}


def _emptied(line: bytes) -> bytes:
    """The record without its content, in as many bytes; spaces where it cannot be told or has no room."""
    try:
        record = {**json.loads(line), "line": "", "reason": SCRUBBED}
        short = json.dumps(record).encode("ascii")
    except (ValueError, TypeError):
        short = b""
    room = len(line) - 1
    return (short if len(short) <= room else b"").ljust(room) + b"\n"


def _key(origin: str, line: str) -> int:
    return xxhash.xxh3_64_intdigest(f"{origin}\0{line}".encode("utf-8", "surrogatepass"))
