"""Running a live source into a log, and what must be in it afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa

from voxpop import segment as segments
from voxpop.account import Account
from voxpop.gaps import GapLedger
from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.seams import Source
from voxpop.sources.bluesky import BlueskySource, Live
from voxpop.sources.continuity import Tolerance
from voxpop.sources.formats.line import decode_line
from voxpop.sources.rotation import Pace
from voxpop.sources.websocket import Limits

Event = tuple[str, str, str | None, str | None]
PATIENCE = 60.0


def source(*hosts: str, stall: float = 20.0, frame_bytes: int = 16 << 20, **fields: object) -> BlueskySource:
    """A source that does not wait long before it tries again."""
    limits = Limits(connect_seconds=20, stall_seconds=stall, frame_bytes=frame_bytes)
    live = Live(hosts, pace=Pace(0.001, 0.002), limits=limits, tolerance=Tolerance(5, 3600), **fields)  # type: ignore[arg-type]
    return BlueskySource(live)


async def listen(data: Path, listened: Source, until: Callable[[Account], bool]) -> Account:
    """Read into the log until enough was read, then stop as Ctrl-C does."""
    log = Log(data)
    with log.lock():
        ingest = Ingest(log, Rolling(seconds=0.05))
        reading = asyncio.create_task(ingest.run([listened]))
        async with asyncio.timeout(PATIENCE):
            while not until(ingest.account) and not reading.done():
                await asyncio.sleep(0.01)
        reading.cancel()
        done = await asyncio.gather(reading, return_exceptions=True)
        if isinstance(done[0], Exception):
            raise done[0]
        return ingest.account


def landed(data: Path) -> list[Event]:
    """Every event in the log, in the order landed."""
    log = Log(data)
    tables = [segments.read(log.landing / segment.path) for segment in log.segments()]
    rows = pa.concat_tables(tables).select(["post_id", "op", "rev", "text"]).to_pylist() if tables else []
    return [(row["post_id"], row["op"], row["rev"], row["text"]) for row in rows]


def expected(frames: Iterable[bytes]) -> list[Event]:
    """What frames hold, each event once."""
    posts = [post for frame in frames for post in decode_line(frame).posts]
    return list(dict.fromkeys((post.post_id, post.op, post.rev, post.text) for post in posts))


def enough(frames: Iterable[bytes]) -> Callable[[Account], bool]:
    """Whether as much has landed as frames hold."""
    total = len(expected(frames))
    return lambda account: account.landed >= total


def states(data: Path) -> list[str]:
    """The states of the gaps in the ledger."""
    return [gap.state for gap in GapLedger(data).gaps()]
