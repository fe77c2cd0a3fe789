"""The report of a scrub: which posts were taken out of which segments, and when; never what they said."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

PLANNED = ".planned"


@dataclass
class Removal:
    """One post: when its source deleted it, and the files below the data directory that held its content."""

    deleted_at: str
    segments: set[str] = field(default_factory=set)


class Removals:
    """`scrubs/<start>-<pid>.jsonl` below the data directory, a line for each post.

    Guarantees: what is to be removed is on the disk, as `.planned`, before anything is. A scrub that was killed leaves
    that file, and the next one takes its lines over; so each removal is in a report, at worst in two.
    """

    def __init__(self, root: Path) -> None:
        self._directory = root / "scrubs"
        self._found: dict[str, Removal] = {}
        started = datetime.now(UTC)
        self._path = self._directory / f"{started:%Y%m%dT%H%M%S%f}-{os.getpid()}.jsonl"

    def __len__(self) -> int:
        return len(self._found)

    def segments(self) -> set[str]:
        """Every file that is named."""
        return {path for removal in self._found.values() for path in removal.segments}

    def add(self, post_id: str, deleted_at: str, segments: Iterable[str]) -> None:
        """Note that files hold, or held, the content of a post."""
        self._found.setdefault(post_id, Removal(deleted_at)).segments.update(segments)

    def plan(self) -> None:
        """Write down what is to be removed, with what killed scrubs had planned; nothing if that is nothing."""
        left = sorted(self._directory.glob(f"*{PLANNED}"))
        for path in left:
            # With its report beside it, a plan was carried out to the end.
            if not path.with_suffix(".jsonl").exists():
                for line in path.read_text(encoding="utf-8").splitlines():
                    one = json.loads(line)
                    self.add(one["post_id"], one["deleted_at"], one["segments"])
        if self._found:
            self._write(self._path.with_suffix(PLANNED), None)
        for path in left:
            path.unlink()

    def close(self) -> Path | None:
        """Write the report; answers where it is, or None where nothing was removed."""
        if not self._found:
            return None
        self._write(self._path, datetime.now(UTC).isoformat())
        self._path.with_suffix(PLANNED).unlink(missing_ok=True)
        return self._path

    def _write(self, path: Path, scrubbed_at: str | None) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as sink:
            sink.writelines(self._lines(scrubbed_at))
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, path)

    def _lines(self, scrubbed_at: str | None) -> Iterator[str]:
        for post_id, removal in self._found.items():
            line = {"post_id": post_id, "deleted_at": removal.deleted_at, "scrubbed_at": scrubbed_at}
            yield json.dumps({**line, "segments": sorted(removal.segments)}) + "\n"
