"""From sources to the log: stamp, de-duplicate, roll segments, account for every record."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec

from voxpop.account import Account, Ledger
from voxpop.config import Settings
from voxpop.gaps import Gap, GapLedger
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.schema import Post, to_batch
from voxpop.seams import Fetched, Keeping, Source
from voxpop.seen import Seen, key
from voxpop.segment import Segment

CLOCKS_DIFFER = timedelta(hours=1)

QUEUE_LENGTH = 8

Inbox = asyncio.Queue[tuple[str, Fetched | None] | None]
"""What sources had, by their names; None in place of it when one was read to its end, and alone when all were."""


@dataclass(frozen=True)
class Rolling:
    """When a segment is closed: at `rows` rows, or when its oldest row is `seconds` old.

    A segment holds at most `rows` rows and what the source gave in one go; `seconds` bounds the latency of a slow
    stream.
    """

    rows: int = 4096
    seconds: float = 1.0

    @classmethod
    def of(cls, settings: Settings) -> Rolling:
        """As the settings say."""
        return cls(settings.roll_rows, settings.roll_seconds)


@dataclass(frozen=True)
class Progress:
    """What a watcher of `ingest` is told: the account so far, and the fraction read where the source has an end.

    `ends` has the sources that were read to their end, and when.
    """

    account: Account
    done: float | None
    segment: Segment | None = None
    ends: Mapping[str, datetime] = field(default_factory=dict)


@dataclass
class _Open:
    """The segment being filled."""

    posts: list[Post] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    recovered: list[Gap] = field(default_factory=list)
    since: float = 0.0


class Ingest:
    """Reads sources into a log; the caller holds `log.lock()` and gives it an event loop of its own.

    Guarantees: every record read is landed, counted as a duplicate, quarantined, or counted by what it was in
    `ignored`; rows and the cursors that resume after them commit in one rename. A kill loses only rows that are not
    landed yet, and the cursors make the next run read them again.
    """

    def __init__(
        self, log: Log, rolling: Rolling | None = None, watch: Callable[[Progress], None] | None = None
    ) -> None:
        self._log = log
        self._rolling = rolling or Rolling()
        self._watch = watch or (lambda progress: None)
        self._tail = log.tail()
        self._seen = Seen.of(log)
        self._quarantine = Quarantine(log.root)
        self._ledger = Ledger(log.root)
        self._gaps = GapLedger(log.root)
        self._open = _Open()
        self._keeping: dict[str, Keeping] = {}
        self._done: float | None = None
        self._ends: dict[str, datetime] = {}

    @property
    def account(self) -> Account:
        """What has been read so far, and what became of it."""
        return self._ledger.account

    async def run(self, sources: Sequence[Source], *, resume: bool = True) -> Account:
        """Read every source to its end, all at once; answers the account.

        With `resume`, each source starts after its cursor in the log's newest segment. When cancelled, what was read
        is landed first. Whatever a source raises is raised here, after what was read before it has landed.
        """
        queue: Inbox = asyncio.Queue(QUEUE_LENGTH)
        self._keeping = {source.name: source for source in sources if isinstance(source, Keeping)}
        cursors: Mapping[str, str] = self._tail.cursors if resume else {}
        readers = asyncio.create_task(_read_all(sources, cursors, queue))
        try:
            await self._drain(queue)
            await readers
        finally:
            readers.cancel()
            self._roll()
            self._ledger.close()
            # Connections end with their readers, not some time after.
            await asyncio.gather(readers, return_exceptions=True)
        return self.account

    async def _drain(self, queue: Inbox) -> None:
        # One `get` lives across time-outs: cancelling it, as `wait_for` does, can lose the item it had taken.
        getting = asyncio.create_task(queue.get())
        try:
            while True:
                ready, _ = await asyncio.wait({getting}, timeout=self._patience())
                if ready:
                    item = getting.result()
                    if item is None:
                        return
                    self._add(*item)
                    getting = asyncio.create_task(queue.get())
                if self._is_due():
                    self._roll()
                self._tell()
        finally:
            getting.cancel()

    def _patience(self) -> float | None:
        if not self._open.posts:
            return None
        return max(0.0, self._open.since + self._rolling.seconds - time.monotonic())

    def _is_due(self) -> bool:
        return len(self._open.posts) >= self._rolling.rows or self._patience() == 0.0

    def _add(self, name: str, fetched: Fetched | None) -> None:
        now = datetime.now(UTC)
        if fetched is None:
            self._ends[name] = now
            return
        news = self._seen.add([key(post.post_id, post.op, post.rev) for post in fetched.posts])
        fresh = [post for post, new in zip(fetched.posts, news, strict=True) if new]
        self._quarantine.add(fetched.rejected)
        if fresh and not self._open.posts:
            self._open.since = time.monotonic()
        self._open.posts += [stamped(post, now) for post in fresh]
        self._open.cursors[name] = fetched.cursor
        self._done = self._done if fetched.done is None else fetched.done
        self._note(fetched.gaps)
        self._ledger.add(
            Account(
                read=len(fetched.posts) + len(fetched.rejected),
                landed=len(fresh),
                duplicate=len(fetched.posts) - len(fresh),
                quarantined=len(fetched.rejected),
                ignored=Counter(fetched.ignored),
                undated=sum(is_undated(post, now) for post in fresh),
            )
        )
        if name in self._keeping and not self._open.posts:
            self._ledger.save()
            self._keeping[name].landed(fetched.cursor)

    def _note(self, gaps: Sequence[Gap]) -> None:
        """Put gaps in the ledger: bad news at once, good news when the posts that make it true have landed."""
        for gap in gaps:
            if gap.state == "recovered" and self._open.posts:
                self._open.recovered.append(gap)
            else:
                self._gaps.note(gap)

    def _roll(self) -> None:
        if not self._open.posts:
            return
        closing, self._open = self._open, _Open()
        segment, self._tail = self._log.append(to_batch(closing.posts), self._tail, closing.cursors)
        self._seen.landed(segment)
        self._ledger.save()
        self._note(closing.recovered)
        for name in self._keeping.keys() & closing.cursors.keys():
            self._keeping[name].landed(closing.cursors[name])
        self._tell(segment)

    def _tell(self, segment: Segment | None = None) -> None:
        self._watch(Progress(replace(self.account), self._done, segment, dict(self._ends)))


def is_undated(post: Post, now: datetime) -> bool:
    """Whether a post has no time that can be its own, and so is dated at its ingest: none, or one that is yet to come.

    Clocks may differ by an hour without being told of.
    """
    return post.op != "delete" and (post.created_at is None or post.created_at > now + CLOCKS_DIFFER)


def stamped(post: Post, now: datetime) -> Post:
    """Give a post its processing time, and clamp its event time by it: clients' clocks lie.

    A post from the future counts as of now; a post without a time happened when it was received.
    """
    received = post.received_at or now
    created = min(post.created_at or received, received)
    return msgspec.structs.replace(post, created_at=created, received_at=received)


async def _read_all(sources: Sequence[Source], cursors: Mapping[str, str], queue: Inbox) -> None:
    """Feed the queue from all sources at once, then end it with None; the queue's bound is the back-pressure."""
    try:
        async with asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(_read(source, cursors.get(source.name), queue))
    except ExceptionGroup as errors:
        await queue.put(None)
        raise errors.exceptions[0] from None
    await queue.put(None)


async def _read(source: Source, cursor: str | None, queue: Inbox) -> None:
    reading = source.read(cursor)
    try:
        async for fetched in reading:
            await queue.put((source.name, fetched))
        await queue.put((source.name, None))
    finally:
        if isinstance(reading, AsyncGenerator):
            # Left to the garbage collector, a connection would outlive its reader.
            await reading.aclose()
