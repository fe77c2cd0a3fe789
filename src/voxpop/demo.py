"""The demo: a recording of invented posts replayed as if it happened now, or Bluesky itself, through the whole path."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from voxpop import assembly, config, console
from voxpop.config import Settings, SourceSettings
from voxpop.log import Log
from voxpop.seams import Source
from voxpop.server import Server, Serving
from voxpop.sources import configured
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
    live: bool = False
    """Listen to Bluesky instead of replaying, to the hosts of a `bluesky` source in the settings where there is one."""


def recording() -> list[Path]:
    """The recording that ships: Bluesky's posts in Jetstream's format, X's and its deletions in X API v2's."""
    return sorted((Path(str(files("voxpop"))) / "recording").glob("*.jsonl"))


def run(demo: Demo) -> dict[str, Any]:
    """Serve the demo until interrupted; answers the final status.

    Raises:
        Terminal: it is live, and Bluesky cannot be reached.
    """
    with _directory(demo.data) as data:
        # Invented posts have no place in a store that others use.
        settings = config.load(data=data, port=demo.port, store="duckdb")
        source = _live(settings) if demo.live else _replay(demo.speed)
        with Log(settings.data).lock(takes_spool=True), assembly.assembled(settings) as parts:
            serving = Serving(notice=None if demo.live else NOTICE, open_browser=demo.browser)
            return Server(parts, [source], serving).run()


def _replay(speed: float) -> Source:
    return ReplaySource(recording(), Replay(speed=speed, begin=LAUNCH, loop=True), name="demo")


def _live(settings: Settings) -> Source:
    given = next((table for table in settings.sources if table.kind == "bluesky"), SourceSettings(kind="bluesky"))
    source = configured.bluesky_of(given)
    # A dashboard that waits for ever for its first post would not say why.
    console.say(f"listening to {asyncio.run(source.reach())}")
    return source


@contextmanager
def _directory(wanted: Path | None) -> Iterator[Path]:
    if wanted:
        yield wanted
        return
    with tempfile.TemporaryDirectory(prefix="voxpop-demo-") as throwaway:
        yield Path(throwaway)
