"""The spool: what one process has read for another that holds the log, kept on the disk until it has landed."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec

from voxpop.schema import Post
from voxpop.seams import Fetched, Rejected

GLANCE_SECONDS: Final = 0.3


class _Batch(msgspec.Struct):
    posts: list[Post]
    rejected: list[Rejected]
    ignored: dict[str, int]


class Spool:
    """`spool/` below the data directory: one file for each time a source had something, oldest first.

    Guarantees: a file is whole and on the disk when `put` returns, and stays until what it holds has landed or was
    accounted for; killed in between, it is read again, and what had landed is a duplicate then. Anybody may put; only
    the holder of the log's lock may read.
    """

    def __init__(self, root: Path) -> None:
        self.directory = root / "spool"

    def put(self, fetched: Fetched) -> Path | None:
        """Keep what a source had; None where that is nothing."""
        if not (fetched.posts or fetched.rejected or fetched.ignored):
            return None
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / f"{time.time_ns():020}-{uuid.uuid4().hex}.batch"
        temporary = path.with_name(f".{path.name}.tmp")
        batch = _Batch(list(fetched.posts), list(fetched.rejected), dict(fetched.ignored))
        try:
            with temporary.open("wb") as sink:
                sink.write(msgspec.msgpack.encode(batch))
                sink.flush()
                os.fsync(sink.fileno())
            os.replace(temporary, path)
            _sync(self.directory)
        finally:
            temporary.unlink(missing_ok=True)
        return path

    def files(self) -> list[Path]:
        """What waits, oldest first."""
        return sorted(self.directory.glob("[0-9]*.batch"))


class SpoolSource:
    """The spool as a source: it yields what waits, and removes it once it is told that it has landed.

    The files are its only memory, so its cursor means something only to `landed`.
    """

    name = "spool"

    def __init__(self, root: Path, *, once: bool = False) -> None:
        """With `once`, the source ends when nothing is left; otherwise it goes on looking."""
        self._spool = Spool(root)
        self._once = once
        self._given: dict[str, Path] = {}

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield each file's posts, from the oldest file on, whatever the cursor."""
        while True:
            for path in await asyncio.to_thread(self._spool.files):
                if path.name not in self._given:
                    fetched = await asyncio.to_thread(_fetched, path)
                    if fetched is not None:
                        self._given[path.name] = path
                        yield fetched
            if self._once:
                return
            await asyncio.sleep(GLANCE_SECONDS)

    def landed(self, cursor: str) -> None:
        """Everything given up to `cursor` is in the log or accounted for: it is not needed any more."""
        # In the order given: a clock that was set back can name a later file before an earlier one.
        given = list(self._given)
        for name in given[: given.index(cursor) + 1] if cursor in self._given else []:
            self._given[name].unlink(missing_ok=True)
            del self._given[name]


def _fetched(path: Path) -> Fetched | None:
    try:
        batch = msgspec.msgpack.decode(path.read_bytes(), type=_Batch)
    except FileNotFoundError:
        # It landed, and was removed, after the directory had been looked into.
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        reason = f"the spooled file cannot be read ({error}); give its source to the command again"
        return Fetched(path.name, rejected=[Rejected("spool", 1, path.name, reason)])
    return Fetched(path.name, batch.posts, batch.rejected, batch.ignored)


def _sync(directory: Path) -> None:
    """A rename is on the disk only when its directory is."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
