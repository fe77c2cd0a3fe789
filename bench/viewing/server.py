"""The dashboard of a store, in a process of its own, that loads new posts each second while it is told to.

    python -m bench.viewing.server FILE

Says its address on standard output. On standard input, a line each: `load N` loads N posts a second from then on,
`day N` loads N posts of the last 24 hours at once and says `loaded`, `updates 0` says how often it has loaded posts. It
ends with its standard input.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn

from bench.history import ROWS, TOPICS, batch
from voxpop import models
from voxpop.api.app import Service, create_api
from voxpop.dashboard.app import mount
from voxpop.insight import correction
from voxpop.score import ModelSpec
from voxpop.segment import Segment
from voxpop.stores.duckdb import DuckDBStore


class Loader:
    """Loads segments of invented posts, as the pipeline of a collecting process does."""

    def __init__(self, store: DuckDBStore) -> None:
        self._store = store
        self._numbers = np.random.default_rng(9)
        self._offset = 2 * 10**9
        self.rate = 0
        self.updates = 0

    def run(self) -> None:
        """Load `rate` posts of now each second, for ever."""
        while True:
            time.sleep(1)
            if self.rate:
                self._load(self.rate, datetime.now(UTC) - timedelta(seconds=20))

    def day(self, posts: int) -> None:
        """Load so many posts of the last 24 hours."""
        for done in range(0, posts, ROWS):
            self._load(min(ROWS, posts - done), datetime.now(UTC) - timedelta(days=1) * (1 - done / posts))

    def status(self) -> dict[str, Any]:
        """What the page's pill shows."""
        newest = self._store.newest_received()
        lag = (datetime.now(UTC) - newest).total_seconds() if newest else None
        return {"sources": ["bench"], "behind_segments": 0, "lag_seconds": lag}

    def _load(self, rows: int, start: datetime) -> None:
        made = batch(self._numbers, self._offset, rows, start)
        self._store.load(Segment(f"{start:%Y-%m-%d}", self._offset), made)
        self._offset += rows
        self.updates += 1


def listen(loader: Loader, server: uvicorn.Server) -> None:
    """Do as standard input says; where it ends, so does the server."""
    for line in sys.stdin:
        word, count = line.split()
        if word == "load":
            loader.rate = int(count)
        elif word == "day":
            loader.day(int(count))
            print("loaded", flush=True)
        else:
            print(loader.updates, flush=True)
    server.should_exit = True


class Server(uvicorn.Server):
    """Says where it listens."""

    async def startup(self, sockets: Any = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        print(f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}/", flush=True)


def main() -> None:
    directory = models.find("en-small")
    store = DuckDBStore.open(Path(sys.argv[1]), TOPICS)
    loader = Loader(store)
    known = correction.find(directory, None)
    service = Service(store, ModelSpec("onnx", directory).open(), TOPICS, None, loader.status, correction=known)
    api = create_api(service)
    mount(api, service)
    server = Server(uvicorn.Config(api, port=0, log_level="error", access_log=False, timeout_graceful_shutdown=1))
    for work in (loader.run, lambda: listen(loader, server)):
        threading.Thread(target=work, daemon=True).start()
    server.run()
    store.close()


if __name__ == "__main__":
    main()
