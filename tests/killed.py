"""A pipeline that kills itself: run as `python -m tests.killed STAGE DATA POINT NTH`, by the crash tests.

STAGE is `ingest`, `spool`, `score` or `scrub`. POINT is one of `before-write`, `after-write`, `after-rename`,
`after-load`, or `never`; for `scrub` and `spool`, `touch` is each opening, renaming and removing of a file below DATA
or its spool. The process sends itself SIGKILL the NTH time it gets there. The points are found by Python's own audit
events, so nothing in the package knows.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from voxpop import assembly, config, demo
from voxpop import scrub as scrubs
from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.pipeline import Pipeline
from voxpop.sources.files import FilesSource
from voxpop.spool import SpoolSource

TOUCHES = ("open", "os.rename", "os.remove")


def die_at(point: str, nth: int, data: Path = Path()) -> None:
    """Arrange for this process to be killed."""
    seen = {"count": 0, "renamed": 0}

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if point == "touch" and event in TOUCHES and str(arguments[0]).startswith(str(data)):
            seen["count"] += 1
            if seen["count"] == nth:
                os.kill(os.getpid(), signal.SIGKILL)
        elif arrived(event, arguments, seen) == point:
            seen["count"] += 1
            if seen["count"] == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def arrived(event: str, arguments: tuple[Any, ...], seen: dict[str, int]) -> str:
    """The point that an audit event marks, by what `voxpop.segment.write` does: open, rename, sync the directory."""
    path = str(arguments[0]) if arguments else ""
    if event == "open" and ".parquet." in path and path.endswith(".tmp"):
        return "before-write"
    if event == "os.rename" and ".parquet" in path:
        seen["renamed"] = 1
        return "after-write"
    if event == "open" and seen["renamed"]:
        seen["renamed"] = 0
        return "after-rename"
    return ""


def ingest(data: Path, point: str, nth: int) -> None:
    """Land the demo's recording, in several segments."""
    log = Log(data)
    with log.lock():
        die_at(point, nth)
        asyncio.run(Ingest(log, Rolling(rows=100)).run([FilesSource(demo.recording())]))


def spool(data: Path, point: str, nth: int) -> None:
    """Land what waits in the spool, in several segments."""
    log = Log(data)
    with log.lock():
        die_at(point, nth, data / "spool")
        asyncio.run(Ingest(log, Rolling(rows=2)).run([SpoolSource(data, once=True)]))


def score(data: Path, point: str, nth: int) -> None:
    """Score and load what is missing."""
    settings = config.load(data=data)
    loads = 0

    def loaded(segment: object) -> None:
        nonlocal loads
        loads += 1
        if point == "after-load" and loads == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    with assembly.assembled(settings) as parts:
        die_at(point, nth)
        pipeline: Pipeline = parts.pipeline(loaded)
        pipeline.catch_up()


def scrub(data: Path, point: str, nth: int) -> None:
    """Take what was deleted out of the log."""
    die_at(point, nth, data)
    scrubs.scrub(Log(data))


if __name__ == "__main__":
    stages = {"ingest": ingest, "spool": spool, "score": score, "scrub": scrub}
    stages[sys.argv[1]](Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
