"""One process that ingests, scores, loads and serves, and stops clean on Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import uvicorn
from fastapi import FastAPI

from voxpop import console
from voxpop.account import Account, running
from voxpop.api.app import Service, create_api
from voxpop.api.entrance import opened
from voxpop.assembly import Assembly
from voxpop.checkpoints.opening import towards_of
from voxpop.config import Settings
from voxpop.dashboard.app import mount
from voxpop.errors import Terminal, Transient
from voxpop.gaps import GapLedger
from voxpop.ingest import Ingest, Progress, Rolling
from voxpop.insight import correction, health
from voxpop.insight.views import seen
from voxpop.listening import listen
from voxpop.observability import logs
from voxpop.observability.measured import MeasuredScorer, MeasuredStore
from voxpop.observability.metrics import Metrics
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scrub import Options, is_due, scrub
from voxpop.seams import Source, Telling
from voxpop.spool import SpoolSource
from voxpop.stores.corrections import Corrections
from voxpop.stores.queries import Filter

RETAIN_SECONDS = 300.0
TOPICS_SECONDS = 1.0
SCRUB_CHECK_SECONDS = 60.0
DRAIN_SECONDS = 5


@dataclass(frozen=True)
class Serving:
    """How to serve: what the page says about the data, and whether to open a browser."""

    notice: str | None = None
    open_browser: bool = False


class Server:
    """Ingest, pipeline and web service over one assembly.

    When there are sources, the caller holds the log's lock, and what other processes put into the spool is landed.
    """

    def __init__(self, assembly: Assembly, sources: Sequence[Source], serving: Serving) -> None:
        self._assembly = assembly
        self._sources = sources
        self._serving = serving
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._progress: Progress | None = None
        self._pipeline = assembly.pipeline()
        self._gaps = GapLedger(assembly.log.root)
        self._backfill = assembly.backfill()
        self._stances = assembly.stances()
        self._lookout = assembly.lookout(lambda: self._pipeline.behind > 0)
        self._web: _Web | None = None
        self._door = opened(assembly.settings)

    def run(self) -> dict[str, Any]:
        """Serve until interrupted or a part fails; answers the final status.

        Raises:
            Terminal: the port is taken, or others could reach it and there is no key.
            VoxpopError: a source or the pipeline failed for good; everything that was read has landed.
        """
        settings = self._assembly.settings
        logs.configure(settings.log_format, settings.log_level)
        listening = listen(settings.host, settings.port)
        workers = [threading.Thread(target=self._guard, args=(part,), daemon=True) for part in self._parts()]
        self._web = _Web(self._configuration(), self._announce)
        # uvicorn raises the signal again once it has stopped; SIGTERM would then end the process before it has landed
        # what was read.
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
        for worker in workers:
            worker.start()
        try:
            self._web.run([listening])
        except KeyboardInterrupt:
            console.say("stopped")
        finally:
            self._stop.set()
            self._pipeline.stop()
            self._backfill.stop()
            self._stances.stop()
            self._lookout.stop()
            self._assembly.postman.stop()
            for worker in workers:
                # A segment that takes longer is left: it is missing at the next start, as after a kill.
                worker.join(DRAIN_SECONDS)
        if self._failure:
            raise self._failure
        try:
            return self.status()
        except Transient as error:
            return {**self._own_status(), "trouble": str(error)}

    def status(self) -> dict[str, Any]:
        """The state of ingest and pipeline, as `/v1/status` gives it.

        Raises:
            Transient: the store is away.
        """
        received = self._assembly.store.newest_received()
        lag = (datetime.now(UTC) - received).total_seconds() if received else None
        return {**self._own_status(), "lag_seconds": lag, "backfill_segments": len(self._assembly.store.lacking())}

    def _own_status(self) -> dict[str, Any]:
        settings, engine = self._assembly.settings, self._assembly.engine
        account = self._account()
        ends = self._progress.ends if self._progress else {}
        return {
            "sources": [source.name for source in self._sources],
            "source_status": {source.name: source.status() for source in self._sources if isinstance(source, Telling)},
            "account": account.to_json() if account else None,
            "done": self._progress.done if self._progress else None,
            "read_to_the_end": {name: at.isoformat() for name, at in ends.items()},
            "engine": {"name": settings.engine, **(engine.status() if isinstance(engine, Telling) else {})},
            "loads": asdict(self._pipeline.loads),
            "scorer": scorer.status() if isinstance(scorer := self._assembly.scorer, Telling) else None,
            "behind_segments": self._pipeline.behind,
            "trouble": self._pipeline.trouble,
            "alerts": self._alerts(),
            "model_id": self._assembly.scorer.model_id,
            "gaps": [msgspec.to_builtins(gap) for gap in self._gaps.gaps() if gap.is_open],
        }

    def _account(self) -> Account | None:
        if self._progress:
            return self._progress.account
        # Of replicas beside it none tells, for counts of several servers are added up.
        return None if self._assembly.read_only else running(self._assembly.log.root)

    def _alerts(self) -> dict[str, Any]:
        postman = self._assembly.postman
        return {"open": self._lookout.open, "sent": dict(postman.sent), "failed": dict(postman.failed)}

    def _parts(self) -> list[Callable[[], None]]:
        if self._assembly.read_only:
            return [self._watch_topics]
        parts = [
            self._pipeline.run,
            self._backfill.run,
            self._stances.run,
            self._lookout.run,
            self._assembly.postman.run,
            self._retain,
            self._watch_topics,
            self._scrub,
        ]
        return [self._ingest, *parts] if self._sources else parts

    def _guard(self, part: Callable[[], None]) -> None:
        """Run a part; when it fails, the whole process stops and says why, instead of serving stale numbers."""
        try:
            part()
        except BaseException as error:
            self._failure = self._failure or error
            self._stop.set()
            if self._web:
                self._web.should_exit = True

    def _retain(self) -> None:
        while not self._stop.wait(RETAIN_SECONDS):
            # Where the store is away, which the pipeline says, the next time does it.
            with suppress(Transient):
                self._assembly.retain()

    def _watch_topics(self) -> None:
        """Follow topics that another process changes; a file that cannot be read changes nothing, and is said."""
        while not self._stop.wait(TOPICS_SECONDS):
            try:
                self._assembly.catalogue.refresh()
            except Transient:
                continue
            except Terminal as error:
                console.say(f"voxpop: the topics stay as they are: {error}")

    def _scrub(self) -> None:
        every = timedelta(hours=self._assembly.settings.scrub_hours)
        while every and not self._stop.wait(min(SCRUB_CHECK_SECONDS, every.total_seconds())):
            if is_due(self._assembly.log.root, every):
                # One that is at work when the server stops is left, as after a kill; the next one does the rest.
                scrub(self._assembly.log, Options(patience=-1))

    def _ingest(self) -> None:
        asyncio.run(self._ingest_until_stopped())

    async def _ingest_until_stopped(self) -> None:
        ingest = Ingest(self._assembly.log, Rolling.of(self._assembly.settings), self._note)
        reading = asyncio.create_task(ingest.run([*self._sources, SpoolSource(self._assembly.log.root)]))
        stopping = asyncio.create_task(asyncio.to_thread(self._stop.wait))
        await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            return
        reading.result()
        await stopping

    def _is_closing(self) -> bool:
        return self._stop.is_set() or (self._web is not None and self._web.should_exit)

    def _note(self, progress: Progress) -> None:
        self._progress = progress

    def _configuration(self) -> uvicorn.Config:
        settings, metrics = self._assembly.settings, Metrics()
        towards = towards_of(settings) if settings.towards_model else None
        service = Service(
            store=MeasuredStore(self._assembly.store, metrics),
            scorer=MeasuredScorer(self._assembly.scorer, metrics),
            topics=self._assembly.catalogue,
            log=self._assembly.log,
            notice=self._serving.notice,
            status=self.status,
            closing=self._is_closing,
            gaps=self._gaps.gaps,
            failed=lambda: self._failure is not None,
            door=self._door,
            metrics=metrics,
            model=self._assembly.job.model.directory,
            correction=correction.find(self._assembly.job.model.directory, settings.correction),
            corrections=None if self._assembly.read_only else Corrections(self._assembly.store, settings.data),
            health=self._health(),
            towards=towards.open if towards else None,
            towards_correction=correction.find(towards.directory) if towards else None,
        )
        api = create_api(service)
        mount(api, service)
        return configuration(api, settings)

    def _health(self) -> Callable[[Filter], list[health.State]] | None:
        parts = self._assembly
        normal = health.find(parts.job.model.directory) if isinstance(parts.scorer, OnnxScorer) else None
        if normal is None:
            return None
        return lambda window: health.health(seen(parts.store, window), window, health.readable(parts.scorer), normal)

    def _announce(self, url: str) -> None:
        console.say(f"dashboard  {url}\nAPI        {url}v1/status\nstop with Ctrl-C")
        if self._serving.open_browser:
            webbrowser.open(url)


def configuration(api: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves: it believes no `X-Forwarded-…` but those of trusted proxies, and logs as the process does."""
    return uvicorn.Config(
        api,
        settings.host,
        settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


class _Web(uvicorn.Server):
    """A uvicorn server that says when and where it listens."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            self._announce(f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/")
