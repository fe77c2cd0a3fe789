"""The quarantine: records that could not be read, kept whole with the reason, once each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xxhash

from voxpop.seams import Rejected


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
            for line in path.read_text(encoding="ascii").splitlines():
                try:
                    record: dict[str, Any] = json.loads(line or "{}")
                except ValueError:
                    continue
                if record:
                    yield record

    def _is_new(self, record: Rejected) -> bool:
        found = _key(record.origin, record.line)
        known = found in self._known
        self._known.add(found)
        return not known


def _key(origin: str, line: str) -> int:
    return xxhash.xxh3_64_intdigest(f"{origin}\0{line}".encode("utf-8", "surrogatepass"))
