"""What was deleted upstream: the posts, and the accounts with all they had said, as the whole log tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from voxpop.log import Log
from voxpop.schema import posts_of
from voxpop.segment import Segment

COLUMNS = ("post_id", "source", "op", "rev", "author_id", "created_at", "received_at")
"""What tells whether a row was deleted; none of it is content."""

Track = Callable[[str, list[Segment]], Iterable[Segment]]
"""Hands on segments one by one, under a title: a place for a progress bar."""


class Departure(NamedTuple):
    """Why a row is to be forgotten: since when, and whether its account went rather than the post alone."""

    at: datetime
    with_account: bool


@dataclass
class Deletions:
    """Every deletion in a log, asked about one row at a time.

    A row is deleted if its post was, or its account was after it, or if it is an earlier or later version of a post
    that its account took with it. That is what the store does not count, and no row that it counts: whether a row
    is deleted follows from the set of events, as the counts do, not from their order. Memory grows with the number of
    deletions and with the posts of deleted accounts, not with the log.
    """

    posts: dict[str, datetime] = field(default_factory=dict)
    """`post_id` to when the source deleted it."""
    accounts: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """Source and author to until when the author's posts are gone."""
    taken: dict[str, datetime] = field(default_factory=dict)
    """Posts that do not count because of their account, to when that was deleted."""

    @classmethod
    def of(cls, log: Log, since: datetime | None = None, track: Track = lambda title, found: found) -> Deletions:
        """Read the deletions of a log; with `since`, those that were received since then alone.

        A segment that cannot be read in `landing/` is read as one of the models scored it; one that cannot be read
        at all is passed over.
        """
        found = cls()
        for segment in track("deletions", names(log)):
            for row in _rows(log, segment, only_deletions=True):
                if since is None or row["received_at"] >= since:
                    found._note(row)
        if found.accounts:
            found._take(log, track)
        return found

    def departure(self, row: dict[str, Any]) -> Departure | None:
        """Why a row, given as its `COLUMNS`, is to be forgotten; None where it is not."""
        post_id = row["post_id"]
        if post_id in self.posts:
            return Departure(self.posts[post_id], with_account=False)
        until = self.taken.get(post_id) or self._gone(row)
        return Departure(until, with_account=True) if until else None

    def ids(self) -> set[str]:
        """The native ids of deleted posts and accounts, as a record in quarantine may hold them."""
        posts = {post_id.partition(":")[2].rpartition("/")[2] for post_id in self.posts}
        return posts | {author_id for _, author_id in self.accounts}

    def _note(self, row: dict[str, Any]) -> None:
        account = row["source"], row["author_id"] or ""
        at = row["created_at"]
        if row["post_id"] == posts_of(*account):
            self.accounts[account] = max(self.accounts.get(account, at), at)
        else:
            self.posts[row["post_id"]] = min(self.posts.get(row["post_id"], at), at)

    def _gone(self, row: dict[str, Any]) -> datetime | None:
        until = self.accounts.get((row["source"], row["author_id"] or ""))
        return until if until and row["created_at"] <= until else None

    def _take(self, log: Log, track: Track) -> None:
        """Find the posts whose winning event, by the order of `stores/sql/fold.sql`, went with its account.

        Their other versions, which may name no author, count no more than that event does.
        """
        suspects: set[str] = set()
        for segment in track("accounts", names(log)):
            suspects.update(row["post_id"] for row in _rows(log, segment) if self._gone(row))
        best: dict[str, tuple[tuple[Any, ...], datetime | None]] = {}
        for segment in track("versions", names(log)):
            for number, row in enumerate(_rows(log, segment)):
                if row["post_id"] in suspects:
                    rev = row["rev"] or ""
                    rank = (row["op"] == "delete", len(rev), rev, segment.offset + number)
                    if row["post_id"] not in best or rank > best[row["post_id"]][0]:
                        best[row["post_id"]] = rank, self._gone(row)
        self.taken = {post_id: until for post_id, (_, until) in best.items() if until and post_id not in self.posts}


def names(log: Log) -> list[Segment]:
    """Every segment that is in `landing/` or that some model scored, in the order of the log."""
    paths = (path for base in directories(log) for path in base.glob("*/[0-9]*.parquet"))
    return sorted({Segment.parse(path) for path in paths})


def directories(log: Log) -> list[Path]:
    """`landing/`, then `scored/` of each model that there is now."""
    return [log.landing, *sorted(path for path in log.root.glob("scored/*") if path.is_dir())]


def _rows(log: Log, segment: Segment, *, only_deletions: bool = False) -> Iterator[dict[str, Any]]:
    for base in directories(log):
        try:
            table = pq.ParquetFile(base / segment.path).read(columns=list(COLUMNS))
        except (pa.ArrowException, OSError):
            continue
        yield from (table.filter(pc.equal(table["op"], "delete")) if only_deletions else table).to_pylist()
        return
