"""The scrub: takes what was deleted upstream out of the log, and leaves every row in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from voxpop import quarantine
from voxpop import segment as segments
from voxpop.corrections import CorrectionLog
from voxpop.deletion import COLUMNS, Deletions, Departure, Track, directories, names
from voxpop.errors import Poison, Terminal
from voxpop.log import Log, sweep
from voxpop.removal import Removals
from voxpop.score import fingerprint
from voxpop.segment import Segment

CONTENT: Final = (
    "text", "author", "url", "ref_id", "gps_lat", "gps_lon", "place_name", "place_country", "profile_location",
    "country", "lat", "lon", "h3",
)  # fmt: skip
"""Columns that say what was said, by whom, to whom or where, and what was derived from those; all become null.

So does `author_id`, but not where the account itself is gone: there it is what keeps the account's posts out of the
counts. `post_id`, `rev` and the times stay for the same reason; language and score tell nobody's words, and stay.
"""
BLANKS: Final = {"fingerprint": fingerprint(""), "geo_source": "none"}
"""What columns without null become: what a post without text and place has."""
LAST: Final = "last.txt"
LOCK: Final = ".lock"


@dataclass(frozen=True)
class Options:
    """How to scrub.

    Attributes:
        since: only deletions that were received since then; None for all.
        dry_run: say what would be done, and change nothing.
        patience: seconds to wait for another scrub of the same directory; negative for as long as it takes.
        track: hands on segments one by one, for a progress bar.
    """

    since: datetime | None = None
    dry_run: bool = False
    patience: float = 0.0
    track: Track = lambda title, found: found


@dataclass
class Scrubbed:
    """What a scrub did, or would do: posts whose content was still there, and the files that held it.

    `corrections` counts the labelled posts that lost their text; their labels stay.

    `deleted_posts` and `deleted_accounts` count the deletions looked for; `unreadable` names damaged segments, which
    nobody can look into.
    """

    deleted_posts: int
    deleted_accounts: int
    posts: int = 0
    segments: int = 0
    quarantined: int = 0
    corrections: int = 0
    unreadable: list[str] = field(default_factory=list)
    report: str | None = None
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def scrub(log: Log, options: Options | None = None) -> Scrubbed:
    """Take the content of deleted posts, and of posts of deleted accounts, out of every segment and the quarantine.

    A segment keeps its name, rows, order and footer, and is replaced by one rename, so whoever reads, ingests, scores
    or serves goes on meanwhile; a kill leaves whole segments, and the next scrub does the rest. A second scrub changes
    nothing. What the store counts does not change, nor does what a rebuild or another model's scores would count.

    The traps: a copy made elsewhere (a backup, an export) is not found; and the store lets go of a deleted post's
    text when it loads the deletion, but DuckDB writes over the freed block only some time later.

    Raises:
        Terminal: another scrub of the directory is at work.
    """
    options = options or Options()
    if options.dry_run:
        return _Scrub(log, options).plan()
    with _alone(log.root, options.patience):
        begun = datetime.now(UTC)
        sweep(log.root, whole=True)
        done = _Scrub(log, options).run()
        if options.since is None:
            (log.root / "scrubs" / LAST).write_text(begun.isoformat())
    return done


def is_due(root: Path, every: timedelta) -> bool:
    """Whether the last whole scrub of a data directory began longer ago than `every`, or there was none."""
    try:
        last = datetime.fromisoformat((root / "scrubs" / LAST).read_text())
    except (OSError, ValueError):
        return True
    return datetime.now(UTC) - last >= every


def blanked(table: pa.Table, departures: list[Departure | None]) -> pa.Table:
    """Rows of a landing or scored segment without the content of those that have a departure; all else as it is."""
    gone = pa.array([departure is not None for departure in departures])
    alone = pa.array([departure is not None and not departure.with_account for departure in departures])
    for number, name in enumerate(table.schema.names):
        if name in CONTENT or name == "author_id" or name in BLANKS:
            kind = table.schema.field(number)
            blank = pa.scalar(BLANKS.get(name), kind.type)
            column = pc.if_else(alone if name == "author_id" else gone, blank, table[name])
            table = table.set_column(number, kind, column)
    return table


class _Scrub:
    """One scrub: what was deleted, what still holds it, and taking that out."""

    def __init__(self, log: Log, options: Options) -> None:
        self._log, self._options = log, options
        self._deletions = Deletions.of(log, options.since, options.track)
        self._removals = Removals(log.root)
        self._unreadable: set[str] = set()

    def plan(self) -> Scrubbed:
        """Say what there is to remove, without a change."""
        self._look()
        quarantined = quarantine.scrub(self._log.root, self._deletions.ids(), dry_run=True)
        return self._told((quarantined, self._corrected(dry_run=True)), None)

    def run(self) -> Scrubbed:
        """Remove it."""
        self._look()
        # A kill between a rename and its report would leave a post that is gone and in no report.
        self._removals.plan()
        found = sorted({Segment.parse(Path(path)) for path in self._removals.segments()})
        for segment in self._options.track("scrubbing", found):
            # Landing comes first and `scored/` is looked for after it: whoever scores the segment meanwhile checks,
            # after writing, that landing is still what it read (`voxpop.score.Job`).
            for path in self._paths(segment):
                self._remove(path)
        quarantined = quarantine.scrub(self._log.root, self._deletions.ids())
        return self._told((quarantined, self._corrected()), self._removals.close())

    def _corrected(self, dry_run: bool = False) -> int:
        deleted = self._deletions.posts.keys() | self._deletions.taken.keys()
        return CorrectionLog(self._log.root).scrub(deleted.__contains__, dry_run=dry_run)

    def _look(self) -> None:
        for segment in self._options.track("looking", names(self._log)):
            for path in self._paths(segment):
                self._remove(path, keep=True)

    def _paths(self, segment: Segment) -> Iterator[Path]:
        yield self._log.landing / segment.path
        yield from (base / segment.path for base in directories(self._log)[1:])

    def _remove(self, path: Path, keep: bool = False) -> None:
        """Note what content of deleted posts a segment holds, and take it out unless told to keep it."""
        if not path.exists():
            return
        try:
            file = pq.ParquetFile(path)
            departures = [self._deletions.departure(row) for row in file.read(columns=list(COLUMNS)).to_pylist()]
            if not any(departures):
                return
            table, footer = segments.read(path), segments.read_footer(path)
        except (Poison, pa.ArrowException, OSError):
            self._unreadable.add(self._named(path))
            return
        bare = blanked(table, departures)
        changed = _changed(table, bare, departures)
        for post_id, at in changed.items():
            self._removals.add(post_id, at.isoformat(), [self._named(path)])
        if changed and not keep:
            segments.write(path, bare, footer)

    def _named(self, path: Path) -> str:
        return path.relative_to(self._log.root).as_posix()

    def _told(self, beside: tuple[int, int], report: Path | None) -> Scrubbed:
        quarantined, corrections = beside
        return Scrubbed(
            deleted_posts=len(self._deletions.posts),
            deleted_accounts=len(self._deletions.accounts),
            posts=len(self._removals),
            segments=len(self._removals.segments()),
            quarantined=quarantined,
            corrections=corrections,
            unreadable=sorted(self._unreadable),
            report=str(report) if report else None,
            dry_run=self._options.dry_run,
        )


def _changed(table: pa.Table, bare: pa.Table, departures: list[Departure | None]) -> dict[str, datetime]:
    """The posts whose rows lost something, and when they were deleted."""
    at = [number for number, departure in enumerate(departures) if departure]
    columns = [name for name in table.schema.names if name in (*CONTENT, *BLANKS, "author_id")]
    pairs = zip(*(one.select(columns).take(at).to_pylist() for one in (table, bare)), strict=True)
    differ = [number for number, (before, after) in zip(at, pairs, strict=True) if before != after]
    ids = table["post_id"].take(pa.array(differ, pa.int64())).to_pylist()
    found = zip(ids, (departures[number] for number in differ), strict=True)
    return {post_id: departure.at for post_id, departure in found if departure}


@contextmanager
def _alone(root: Path, patience: float) -> Iterator[None]:
    """Hold the right to scrub: of two at once, the one that knows less could undo what the other did."""
    (root / "scrubs").mkdir(parents=True, exist_ok=True)
    held = FileLock(root / "scrubs" / LOCK)
    try:
        held.acquire(timeout=patience)
    except Timeout as error:
        raise Terminal(f"another process is scrubbing {root}; wait until it has ended") from error
    try:
        yield
    finally:
        held.release()
