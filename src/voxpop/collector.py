"""A process that reads sources into the log and does nothing else: no model, no store, no address to listen on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from typing import Final

from voxpop.account import Account
from voxpop.ingest import Ingest, Progress, Rolling
from voxpop.log import Log
from voxpop.seams import Source
from voxpop.spool import SpoolSource

BEAT_SECONDS: Final = 5.0


class Collector:
    """Reads until it is told to stop; the caller holds `log.lock(takes_spool=True)`.

    Guarantees: what was read has landed when `run` returns, also after SIGTERM or Ctrl-C. It knows no store, so one
    that is away or slow never costs a post. What other processes put into the spool is landed, too. While it lives it
    says so every five seconds, by `Log.beat`; a loop that hangs says nothing.
    """

    def __init__(
        self, log: Log, sources: Sequence[Source], rolling: Rolling, watch: Callable[[Progress], None] | None = None
    ) -> None:
        self._log = log
        self._sources = sources
        self._ingest = Ingest(log, rolling, watch)

    def run(self) -> Account:
        """Read until SIGTERM or Ctrl-C; answers what became of what was read.

        Raises:
            VoxpopError: a source failed for good; everything that was read has landed.
        """
        return asyncio.run(self._until_told())

    async def _until_told(self) -> Account:
        loop = asyncio.get_running_loop()
        reading = loop.create_task(self._ingest.run([*self._sources, SpoolSource(self._log.root)]))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, reading.cancel)
        beating = loop.create_task(self._beat())
        try:
            # The spool has no end, so this one ends by a failure or by being told to.
            await asyncio.wait({reading})
            return self._ingest.account if reading.cancelled() else reading.result()
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        while True:
            self._log.beat()
            await asyncio.sleep(BEAT_SECONDS)
