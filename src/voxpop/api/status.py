"""`GET /v1/topics`, `GET /v1/status` and `GET /healthz`: what is listened for, and how it goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter

from voxpop.api.models import Counts, Status, Topic, Topics
from voxpop.api.service import Service
from voxpop.stores import queries
from voxpop.stores.queries import ALL, Filter

_NONE: dict[str, Any] = {**dict.fromkeys(("n", *queries.COUNTS), 0), "net": None}


def routes(service: Service) -> APIRouter:
    """The routes over the service."""
    router = APIRouter(tags=["status"])

    @router.get("/v1/topics")
    def topics() -> Topics:
        """The topics, each with its counts in the last hour before the newest event."""
        return _topics(service)

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


def _topics(service: Service) -> Topics:
    known = queries.span(service.store)
    filter = queries.recent(Filter(), known, timedelta(hours=1))
    found = {row.pop("name"): row for row in queries.by(service.store, filter, "topic").to_pylist()}
    everything = queries.totals(service.store, filter)
    return Topics(
        start=filter.start,
        end=filter.end,
        all=Counts(**{name: getattr(everything, name) for name in _NONE}),
        topics=[
            Topic(name=topic.name, title=topic.title, **found.get(topic.name, _NONE)) for topic in service.topics.topics
        ],
    )


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
