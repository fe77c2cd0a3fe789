"""`GET /v1/status` and `GET /healthz`: how it goes."""

from __future__ import annotations

from fastapi import APIRouter

from voxpop.api.models import Status
from voxpop.api.service import Service
from voxpop.stores import queries
from voxpop.stores.queries import ALL, Filter


def routes(service: Service) -> APIRouter:
    """The routes over the service."""
    router = APIRouter(tags=["status"])

    @router.get("/v1/status")
    def status() -> Status:
        """The state of store, ingest and pipeline."""
        return _status(service)

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """Answers when the store does."""
        queries.seq(service.store)
        return {"status": "ok"}

    return router


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
