"""A running Voxpop for tests of the page: a real store, the real API and dashboard, a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from tests.stores.scored import MODEL, TOPICS, event, table
from voxpop import models
from voxpop.api.app import Service, create_api
from voxpop.api.door import Door
from voxpop.catalogue import Catalogue
from voxpop.dashboard.app import mount
from voxpop.score import ModelSpec
from voxpop.seams import Scorer
from voxpop.segment import Segment
from voxpop.stores.corrections import Corrections
from voxpop.stores.duckdb import DuckDBStore
from voxpop.topics import Matcher

PATIENCE = 10.0


@dataclass
class Served:
    """A server that runs, and the way to load more into its store."""

    store: DuckDBStore
    url: str = ""
    notice: str | None = None
    offset: int = 0
    topics: Matcher | Catalogue = TOPICS
    door: Door = field(default_factory=Door)
    stop: threading.Event = field(default_factory=threading.Event)
    corrections: Corrections | None = None
    running: Service | None = None
    towards: Callable[[], Scorer] | None = None

    def load(self, rows: Sequence[dict[str, Any]]) -> None:
        """Load rows as the log's next segment."""
        assert self.store.load(Segment("2026-11-19", self.offset), table(rows))
        self.offset += len(rows)

    def service(self) -> Service:
        """The parts as the API and the page read them."""
        scorer = ModelSpec("onnx", models.find("en-small")).open()
        parts = Service(self.store, scorer, self.topics, self.notice, self.status, self.stop.is_set)
        return replace(parts, door=self.door, corrections=self.corrections, towards=self.towards)

    def status(self) -> dict[str, Any]:
        """What a collecting server says of itself."""
        received = self.store.newest_received()
        lag = (datetime.now(UTC) - received).total_seconds() if received else None
        return {"sources": ["test"], "behind_segments": 0, "lag_seconds": lag}


def opened(path: Path) -> DuckDBStore:
    """An empty store."""
    store = DuckDBStore.open(path, TOPICS)
    store.reset(TOPICS.digest, MODEL)
    return store


def recent(name: str, minutes_ago: float = 0.1, **fields: Any) -> dict[str, Any]:
    """A scored post of just now."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return event(f"test:{name}", **{"text": f"an apple {name}", "created_at": at, "received_at": at, **fields})


@contextmanager
def serving(served: Served, port: int = 0) -> Iterator[Served]:
    """Serve until the block ends, on a free port of its own if `port` is 0."""
    served.stop.clear()
    service = served.running = served.service()
    api = create_api(service)
    mount(api, service)
    config = uvicorn.Config(api, port=port, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        served.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
        yield served
    finally:
        served.stop.set()
        server.should_exit = True
        thread.join()
