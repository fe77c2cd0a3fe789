"""Export files into the log as Spark jobs: decode, de-duplicate, sort, land."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from voxpop.account import Account, Ledger
from voxpop.bulk.decoding import Decode, Learn, Part, posts_path, rejected_path
from voxpop.bulk.fresh import PIECE_ROWS, sort_fresh
from voxpop.bulk.job import Jobs, Step
from voxpop.bulk.landing import Prepare, plan
from voxpop.bulk.split import SPLIT_BYTES, Split, split
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.seams import Rejected
from voxpop.sources.files import File, planned
from voxpop.sources.formats.columns import check
from voxpop.sources.formats.context import FileOptions
from voxpop.sources.formats.line import AnyLine
from voxpop.sources.opening import STDIN, expand

T = TypeVar("T")
R = TypeVar("R")
_REJECTED_A_TIME: Final = 1000


@dataclass(frozen=True)
class Export:
    """What to read: paths, the meaning of tables in them, and how large the parts are.

    Attributes:
        split_bytes: about how much of a file one task reads, where a file can be cut.
        segment_rows: rows of a segment; the last has what is left.

    Raises:
        Terminal: a path is missing or is a pipe, or the mapping names a field that does not exist.
    """

    paths: Sequence[Path]
    options: FileOptions = field(default_factory=FileOptions)
    split_bytes: int = SPLIT_BYTES
    segment_rows: int = PIECE_ROWS

    def __post_init__(self) -> None:
        # What can be known without Spark is said before it starts, which takes many seconds.
        check(self.options.mapping)
        expand(list(self.paths))
        for path in self.paths:
            if path == STDIN or not (path.is_file() or path.is_dir()):
                raise Terminal(f"{path} is a pipe, which only one process can read; leave --engine out, or give a file")


class BulkIngest:
    """Lands what `voxpop.ingest.Ingest` would land of the same files; the caller holds `log.lock()`.

    Rows, account and quarantine are the same, but for the time of receipt where a file has none. Rows are sorted by
    event time over all files. Nothing that grows with the number of posts comes to the driver. Killed anywhere, the
    log has a beginning of the segments, each whole; the same command again lands the rest, because what has landed is
    no longer fresh.
    """

    def __init__(self, log: Log, jobs: Jobs) -> None:
        # Executors do not share the driver's working directory.
        self._log = Log(log.root.absolute())
        self._jobs = jobs
        self._ledger = Ledger(log.root)

    @property
    def account(self) -> Account:
        """What has become of the records so far."""
        return self._ledger.account

    def run(self, export: Export) -> Account:
        """Read all of it; answers the account.

        Raises:
            Terminal: a file cannot be understood, or Spark could not finish.
        """
        try:
            parts = self._decode(export, planned(export.paths, export.options))
            self._set_aside(parts)
            self._land(export, sum(part.posts for part in parts))
        finally:
            shutil.rmtree(self._log.staging, ignore_errors=True)
            self._ledger.close()
        return self.account

    def _decode(self, export: Export, files: Sequence[File]) -> list[Part]:
        learned = self._learn(export, files)
        decode = Decode(self._log.staging, export.options, datetime.now(UTC), learned)
        whole = set(learned)
        parts = self._over("reading", split(files, export.split_bytes, whole), decode)
        if again := {part.split.file for part in parts if part.needs_whole}:
            parts = [part for part in parts if not self._is_dropped(part, again)]
            splits = [part for part in split(files, export.split_bytes, whole | again) if part.file in again]
            parts += self._over("reading again what has posts without ids", splits, decode)
        return sorted(parts, key=lambda part: part.split.name)

    def _learn(self, export: Export, files: Sequence[File]) -> tuple[int, ...]:
        """The files that tell about users: what they say completes the posts of the files after them."""
        telling = [
            Split(file, number)
            for number, file in enumerate(files)
            if file.is_directory or isinstance(file.recognised.format, AnyLine)
        ]
        found = self._over("reading users", telling, Learn(self._log.staging, export.options))
        return tuple(part.file for part, has_users in zip(telling, found, strict=True) if has_users)

    def _is_dropped(self, part: Part, files: Collection[int]) -> bool:
        """Whether the part is of one of the files; what it staged is taken away then."""
        if part.split.file not in files:
            return False
        for path in (posts_path(self._log.staging, part.split), rejected_path(self._log.staging, part.split)):
            path.unlink(missing_ok=True)
        return True

    def _set_aside(self, parts: Sequence[Part]) -> None:
        quarantine = Quarantine(self._log.root)
        rejected = self._rejected(parts)
        while records := list(islice(rejected, _REJECTED_A_TIME)):
            quarantine.add(records)
        count = sum(part.rejected for part in parts)
        ignored = sum((part.ignored for part in parts), Counter[str]())
        self._ledger.add(Account(read=count, quarantined=count, ignored=ignored))

    def _rejected(self, parts: Sequence[Part]) -> Iterator[Rejected]:
        """Every rejected record, in reading order, with its place in its file."""
        file, before = -1, 0
        for part in parts:
            file, before = part.split.file, before if part.split.file == file else 0
            if part.rejected:
                with rejected_path(self._log.staging, part.split).open(encoding="ascii") as lines:
                    for line in lines:
                        record = Rejected(**json.loads(line))
                        yield replace(record, position=record.position + before)
            before += part.lines

    def _land(self, export: Export, read: int) -> None:
        log, staging = self._log, self._log.staging
        pieces = self._jobs.run("de-duplicating", lambda: sort_fresh(self._jobs.spark, log))
        tail = log.tail()
        segments = plan(pieces, tail, export.segment_rows)
        duplicate = read - sum(made.rows for made in segments)
        self._ledger.add(Account(read=duplicate, duplicate=duplicate))
        undated = self._over("making segments", segments, Prepare(staging, tail.cursors))
        for number, (made, count) in enumerate(zip(segments, undated, strict=True), 1):
            _, tail = log.adopt(made.path(staging), tail)
            self._ledger.add(Account(read=made.rows, landed=made.rows, undated=count))
            self._ledger.save()
            self._jobs.watch(Step("landing", number, len(segments)))

    def _over(self, title: str, items: Sequence[T], task: Callable[[T], R]) -> list[R]:
        """What `task` answers for each item, in order; a task of Spark each."""
        if not items:
            return []
        context = self._jobs.context
        return self._jobs.run(title, lambda: context.parallelize(items, len(items)).map(task).collect())
