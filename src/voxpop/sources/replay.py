"""The replay: recorded posts delivered again at their own pace, as if they happened now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from voxpop.errors import Terminal
from voxpop.schema import Post
from voxpop.seams import Fetched, Rejected
from voxpop.sources.files import FilesSource

GLANCE_SECONDS = 0.2


@dataclass(frozen=True)
class Replay:
    """How to replay.

    Attributes:
        speed: recorded seconds per second, above 0.
        begin: recorded moment that becomes now; what lies before it is delivered at once, as history, at its recorded
            distance. None begins with the first post.
        loop: begin again at the end; each further cycle delivers new posts, whose ids end in `~<cycle>`.
    """

    speed: float = 1.0
    begin: datetime | None = None
    loop: bool = False


@dataclass(frozen=True)
class _Recording:
    posts: list[Post]
    rejected: list[Rejected]
    ignored: Counter[str]

    def at(self, index: int) -> datetime:
        at = self.posts[index].created_at
        assert at is not None  # _record keeps only posts with a time
        return at


class ReplaySource:
    """Plays every format `FilesSource` reads, ordered by event time across files.

    Records without a time cannot be replayed and are rejected. The cursor is `cycle:index`; resuming goes on with the
    next post at once, whatever time has passed, so a stopped replay does not rush to catch up.
    """

    def __init__(self, paths: Sequence[Path], replay: Replay | None = None, name: str = "replay") -> None:
        self.name = name
        self._files = FilesSource(paths)
        self._replay = replay or Replay()

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Deliver the recording from its beginning, or after `cursor`.

        Raises:
            Terminal: the files hold no post with a time.
        """
        recording = await self._record()
        cycle, index = _position(cursor)
        anchor = recording.at(min(index, len(recording.posts) - 1))
        if cursor is None:
            yield (history := self._history(recording))
            index, anchor = len(history.posts), self._replay.begin or anchor
        while True:
            async for fetched in self._play(recording, cycle, index, anchor):
                yield fetched
            if not self._replay.loop:
                return
            cycle, index, anchor = cycle + 1, 0, recording.at(0)

    async def _record(self) -> _Recording:
        fetched = [part async for part in self._files.read(None)]
        rejected = [record for part in fetched for record in part.rejected]
        found = [post for part in fetched for post in part.posts]
        rejected += [
            Rejected(self.name, 0, post.text or "", "no time to replay it at") for post in found if not post.created_at
        ]
        timed = [(post.created_at, post) for post in found if post.created_at]
        posts = [post for _, post in sorted(timed, key=lambda pair: pair[0])]
        if not posts:
            raise Terminal("the files to replay hold no post with a time; name a recording with --config")
        return _Recording(posts, rejected, sum((Counter(part.ignored) for part in fetched), Counter()))

    def _history(self, recording: _Recording) -> Fetched:
        """What lies before the beginning, shifted as a whole."""
        begin = self._replay.begin or recording.at(0)
        shift = datetime.now(UTC) - begin
        past = [post for index, post in enumerate(recording.posts) if recording.at(index) < begin]
        posts = [_moved(post, (post.created_at or begin) + shift, 0) for post in past]
        return Fetched(f"0:{len(posts)}", posts, recording.rejected, dict(recording.ignored))

    async def _play(self, recording: _Recording, cycle: int, index: int, anchor: datetime) -> AsyncIterator[Fetched]:
        """One cycle from `index` on, where `anchor` is the recorded moment that is now."""
        begun, total = datetime.now(UTC), len(recording.posts)
        while index < total:
            now = datetime.now(UTC)
            due = [
                begun + (recording.at(at) - anchor) / self._replay.speed for at in range(index, min(index + 500, total))
            ]
            ready = sum(moment <= now for moment in due)
            if not ready:
                await asyncio.sleep(min(GLANCE_SECONDS, (due[0] - now) / timedelta(seconds=1)))
                continue
            posts = [_moved(recording.posts[index + at], due[at], cycle) for at in range(ready)]
            index += ready
            yield Fetched(f"{cycle}:{index}", posts, done=None if self._replay.loop else index / total)


def _moved(post: Post, at: datetime, cycle: int) -> Post:
    suffix = f"~{cycle}" if cycle else ""
    ref_id = post.ref_id and post.ref_id + suffix
    return msgspec.structs.replace(post, post_id=post.post_id + suffix, ref_id=ref_id, created_at=at)


def _position(cursor: str | None) -> tuple[int, int]:
    cycle, _, index = (cursor or "0:0").partition(":")
    return int(cycle), int(index)
