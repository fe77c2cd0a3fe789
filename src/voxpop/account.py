"""The account of an ingest: what was read and what became of it, kept beside the log."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Account:
    """Counts of records. `read` = `landed` + `duplicate` + `quarantined`, always.

    `ignored` counts, by kind, what a source holds that is not about a post (likes, follows, profiles); it is no part
    of `read`. `undated` counts those of `landed` that came without a time, or with one to come, and so
    are dated at their ingest.

    >>> Account(read=3, landed=2, quarantined=1).balances
    True
    """

    read: int = 0
    landed: int = 0
    duplicate: int = 0
    quarantined: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    undated: int = 0

    def __add__(self, other: Account) -> Account:
        return Account(
            self.read + other.read,
            self.landed + other.landed,
            self.duplicate + other.duplicate,
            self.quarantined + other.quarantined,
            self.ignored + other.ignored,
            self.undated + other.undated,
        )

    @property
    def balances(self) -> bool:
        """Whether every record read is accounted for."""
        return self.read == self.landed + self.duplicate + self.quarantined

    def to_json(self) -> dict[str, Any]:
        """The account as plain JSON values."""
        return {**asdict(self), "ignored": dict(sorted(self.ignored.items()))}


class Ledger:
    """One ingest's account in `accounts/<start>-<pid>.json`, replaced whole whenever a segment lands.

    An ingest that was killed leaves `finished` null and the counts as of its last segment.
    """

    def __init__(self, root: Path) -> None:
        self.account = Account()
        self._started = datetime.now(UTC)
        self._path = root / "accounts" / f"{self._started:%Y%m%dT%H%M%S%f}-{os.getpid()}.json"

    def add(self, account: Account) -> None:
        """Add counts; nothing is written until `save`."""
        self.account += account

    def save(self, finished: datetime | None = None) -> None:
        """Write the counts so far."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        record = {
            **self.account.to_json(),
            "started": self._started.isoformat(),
            "finished": finished and finished.isoformat(),
        }
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps(record) + "\n")
        os.replace(temporary, self._path)

    def close(self) -> None:
        """Write the final counts."""
        self.save(datetime.now(UTC))


_NEWEST = 20


def running(root: Path) -> Account | None:
    """The account of the ingest that began last in the log at `root` and has not ended; None where none is running.

    For a server that reads nothing itself, beside a collector that does. The trap: one that was killed counts as
    running until another begins; its counts stand still.
    """
    for path in sorted((root / "accounts").glob("*.json"), reverse=True)[:_NEWEST]:
        record = json.loads(path.read_text())
        if record.pop("finished") is None:
            del record["started"]
            return Account(**{**record, "ignored": Counter(record["ignored"])})
    return None
