"""Reading a source into a log that another process may hold: directly, or through the spool."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from voxpop.account import Account
from voxpop.ingest import Ingest, Progress, Rolling, is_undated
from voxpop.log import Held, Log
from voxpop.seams import Source
from voxpop.spool import GLANCE_SECONDS, Spool, SpoolSource

ROOM: Final = 16
"""Files that may wait in the spool: reading faster than they land would only copy the source onto the disk."""

Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class Delivered:
    """What became of a source.

    Attributes:
        account: of what was read; handed over, it has no `landed` and no `duplicate`, for another counts those.
        handed_over: it went through the spool, and what it held has landed.
    """

    account: Account
    handed_over: bool

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; counts that are another's are left out."""
        found = self.account.to_json()
        if self.handed_over:
            found = {key: found[key] for key in ("read", "quarantined", "ignored", "undated")}
        return {**found, "handed_over": self.handed_over}


def deliver(log: Log, source: Source, rolling: Rolling, watch: Watch) -> Delivered:
    """Read a source to its end; what it held has landed or is accounted for when this returns.

    A kill loses nothing that was read: what waits in the spool lands with the next process that holds the log.

    Raises:
        Held: another process holds the log, and does not look into the spool.
    """
    try:
        with log.lock():
            left = SpoolSource(log.root, once=True)
            return Delivered(asyncio.run(Ingest(log, rolling, watch).run([source, left], resume=False)), False)
    except Held as held:
        if not held.takes_spool:
            raise
    return Delivered(asyncio.run(_Handover(log, rolling, watch).run(source)), True)


class _Handover:
    """Puts what a source has into the spool, and waits until it is gone from there."""

    def __init__(self, log: Log, rolling: Rolling, watch: Watch) -> None:
        self._log, self._rolling, self._watch = log, rolling, watch
        self._spool = Spool(log.root)
        self._account = Account()

    async def run(self, source: Source) -> Account:
        files: list[Path] = []
        async for fetched in source.read(None):
            read, bad = len(fetched.posts) + len(fetched.rejected), len(fetched.rejected)
            now = datetime.now(UTC)
            undated = sum(is_undated(post, now) for post in fetched.posts)
            self._account += Account(read, 0, 0, bad, Counter(fetched.ignored), undated)
            if path := await asyncio.to_thread(self._spool.put, fetched):
                files.append(path)
            self._watch(Progress(self._account, fetched.done))
            while len(self._spool.files()) >= ROOM:
                await self._wait()
        while any(path.exists() for path in files):
            await self._wait()
        return self._account

    async def _wait(self) -> None:
        """Let the other work; where it has ended meanwhile, take its place."""
        if not await asyncio.to_thread(self._emptied):
            await asyncio.sleep(GLANCE_SECONDS)

    def _emptied(self) -> bool:
        try:
            with self._log.lock():
                asyncio.run(
                    Ingest(self._log, self._rolling).run([SpoolSource(self._log.root, once=True)], resume=False)
                )
        except Held:
            return False
        return True
