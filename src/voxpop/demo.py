"""The demo: a recording of invented posts, replayed as if it happened now, through the whole path."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from voxpop import assembly, config
from voxpop.log import Log
from voxpop.server import Server, Serving
from voxpop.sources.replay import Replay, ReplaySource

LAUNCH = datetime(2026, 11, 19, 5, 0, tzinfo=UTC)
"""The recorded moment at which the demo begins; what lies before it is there at once as history."""
NOTICE = "Demo: every post on this page is invented. It replays a made-up launch night, shifted to now."


@dataclass(frozen=True)
class Demo:
    """How to run the demo; `data` None throws the log and the store away in the end."""

    data: Path | None = None
    port: int | None = None
    browser: bool = True
    speed: float = 2.0


def recording() -> list[Path]:
    """The recording that ships: Bluesky's posts in Jetstream's format, X's and its deletions in X API v2's."""
    return sorted((Path(str(files("voxpop"))) / "recording").glob("*.jsonl"))


def run(demo: Demo) -> dict[str, Any]:
    """Serve the demo until interrupted; answers the final status."""
    with _directory(demo.data) as data:
        settings = config.load(data=data, port=demo.port)
        source = ReplaySource(recording(), Replay(speed=demo.speed, begin=LAUNCH, loop=True), name="demo")
        with Log(settings.data).lock(), assembly.assembled(settings) as parts:
            return Server(parts, [source], Serving(notice=NOTICE, open_browser=demo.browser)).run()


@contextmanager
def _directory(wanted: Path | None) -> Iterator[Path]:
    if wanted:
        yield wanted
        return
    with tempfile.TemporaryDirectory(prefix="voxpop-demo-") as throwaway:
        yield Path(throwaway)
