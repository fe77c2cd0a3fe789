"""`GET /v1/status`, `/healthz`, `/readyz` and `/metrics`: how it goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa
from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from voxpop.api.access import needs
from voxpop.api.models import Status
from voxpop.api.problems import problem
from voxpop.api.service import Service
from voxpop.observability.metrics import Exposition
from voxpop.score import score_texts
from voxpop.stores import queries
from voxpop.stores.queries import ALL, Filter

READY_SECONDS: Final = 2.0
"""For all checks together; what takes longer is not ready."""
ANSWER_SECONDS: Final = 1.0


def routes(service: Service) -> APIRouter:
    """The routes over the service."""
    router = APIRouter(tags=["status"])
    checks = _Checks(service)
    exposition = Exposition(service.metrics, service.status, lambda: service.readers.live)

    @router.get("/v1/status", dependencies=[needs("read")])
    def status() -> Status:
        """The state of store, ingest and pipeline."""
        return _status(service)

    @router.get("/metrics", dependencies=[needs("read")], response_class=Response)
    def metrics(request: Request) -> Response:
        """Metrics in Prometheus' text format, or OpenMetrics where it is asked for."""
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(exposition), headers={"content-type": kind})

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Answers while the process does; touches nothing, so it is for restarting one that hangs."""
        return {"status": "ok"}

    @router.get("/readyz", response_model=dict[str, str])
    async def readyz() -> Any:
        """Answers 200 when the store answers, the model scores a text and no part failed; else 503, with which."""
        unready = await checks.unready()
        if not unready:
            return {"status": "ready"}
        return problem(503, f"not ready: {', '.join(unready)}", not_ready=unready)

    return router


class _Checks:
    """What must be so before requests are sent here.

    One that hangs is asked again only when it has answered, and an answer counts for a second, for anybody may ask.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._running: dict[str, asyncio.Task[Any]] = {}
        self._until: dict[str, float] = {}

    async def unready(self) -> list[str]:
        """The parts that are not ready; asks those that can hang in threads, at once."""
        service = self._service
        parts = {"store": self._ask_store, "model": self._ask_model}
        tasks = {name: self._task(name, ask) for name, ask in parts.items()}
        done, _ = await asyncio.wait(tasks.values(), timeout=READY_SECONDS)
        found = [name for name, task in tasks.items() if task not in done or task.exception()]
        said = (("pipeline", service.failed()), ("stopping", service.closing()))
        return [*found, *(name for name, is_so in said if is_so)]

    def _task(self, name: str, ask: Callable[[], None]) -> asyncio.Task[Any]:
        running = self._running.get(name)
        if running is None or (running.done() and time.monotonic() > self._until[name]):
            self._until[name] = time.monotonic() + ANSWER_SECONDS
            running = self._running[name] = asyncio.create_task(asyncio.to_thread(ask))
        return running

    def _ask_store(self) -> None:
        queries.seq(self._service.store)

    def _ask_model(self) -> None:
        # Another text each time, for a scorer remembers those it had.
        text = f"ready {time.monotonic_ns()}"
        score_texts(self._service.scorer, pa.array([text], pa.string()), any_language=True)


def _status(service: Service) -> Status:
    known = queries.span(service.store)
    return Status(
        notice=service.notice,
        model_id=service.scorer.model_id,
        seq=queries.seq(service.store),
        posts=queries.totals(service.store, Filter(ALL)).n,
        start=known and known.start,
        end=known and known.end,
        pipeline=service.status(),
    )
