"""Reads files whole, for tests of what is in them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from voxpop.schema import Post
from voxpop.seams import Fetched, Rejected
from voxpop.sources.files import FilesSource
from voxpop.sources.formats.context import FileOptions

FIXTURES = Path(__file__).parents[1] / "fixtures" / "files"


@dataclass
class Reading:
    posts: list[Post] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    fetched: list[Fetched] = field(default_factory=list)

    @property
    def records(self) -> int:
        return len(self.posts) + len(self.rejected) + self.ignored.total()


async def reading(source: FilesSource, cursor: str | None = None) -> Reading:
    found = Reading()
    async for fetched in source.read(cursor):
        found.posts += fetched.posts
        found.rejected += fetched.rejected
        found.ignored.update(fetched.ignored)
        found.fetched.append(fetched)
    return found


def read(*paths: Path, cursor: str | None = None, options: FileOptions | None = None) -> Reading:
    return asyncio.run(reading(FilesSource(paths, options), cursor))


def lines(path: Path, count: int, start: int = 0) -> Path:
    path.write_text("".join(f"post number {number}\n" for number in range(start, start + count)))
    return path
