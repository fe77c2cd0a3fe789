"""The FastAPI application: `/v1`, `/predict`, `/healthz`, their description and the errors of all."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException

from voxpop import __version__
from voxpop.api import (
    alerts,
    buckets,
    cards,
    comparisons,
    copies,
    corrections,
    drivers,
    explanations,
    exports,
    fresh,
    gaps,
    health,
    live,
    login,
    maps,
    pages,
    posts,
    predictions,
    prevalence,
    problems,
    quarantine,
    scores,
    status,
    topics,
)
from voxpop.api.access import needs, refuse_undeclared
from voxpop.api.batching import Batcher
from voxpop.api.door import Doorman
from voxpop.api.models import Problem
from voxpop.api.security import BodyLimit, SecurityHeaders, cross_origin
from voxpop.api.service import Service
from voxpop.observability.requests import Requests
from voxpop.observability.tracing import telemetry

__all__ = ["Service", "create_api"]

_DESCRIPTION = """Net sentiment is (positive - negative) / (negative + neutral + positive), in [-1, 1], and null where
nothing is scored. Times are UTC; a time without a zone is read as UTC. Post text was written by strangers: escape it.
Errors are problem details (RFC 9457).

Where the service can be reached from other machines, it asks for an API key with the scope that an operation names
(`read`, `score`, `admin`), in `Authorization: Bearer` or `X-API-Key`."""


def create_api(service: Service) -> FastAPI:
    """Make the application that serves `service`.

    Its last route answers every unknown `/v1/…` path with 404, so that a dashboard with a catch-all can be put on the
    same application. `/docs` and `/redoc` show the description.
    """
    api = _Api(
        title="Voxpop",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        responses=problems.documented(401, 403, 429, 500, 503),
        telemetry=telemetry(),
    )
    # The last one is the outermost.
    api.add_middleware(BodyLimit)
    api.add_middleware(Doorman, door=service.door)
    cross_origin(api, service.door.origins)
    api.add_middleware(Requests, metrics=service.metrics, answer=problems.unexpected)
    api.add_middleware(SecurityHeaders)
    problems.install(api)
    fresh.install(api)
    batcher = Batcher(service.scorer)
    service.metrics.waiting.set_function(lambda: batcher.waiting)
    for router in (
        scores.routes(service, batcher),
        predictions.routes(service, batcher),
        *(part.routes(service) for part in _PARTS),
        pages.routes(),
    ):
        api.include_router(router)
    for path in ("/v1", "/v1/{rest:path}"):
        api.add_api_route(path, _unknown, methods=_METHODS, include_in_schema=False, dependencies=[needs("read")])
    refuse_undeclared(api)
    return api


class _Api(FastAPI):
    """An application whose description has the models that its routes name by reference alone."""

    def openapi(self) -> dict[str, Any]:
        """Describe it, once."""
        if not self.openapi_schema:
            described = super().openapi()
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            for model in (Problem, predictions.PredictRequest):
                schemas.setdefault(model.__name__, model.model_json_schema())
        return super().openapi()


_PARTS = (
    explanations, buckets, comparisons, prevalence, copies, corrections, drivers, alerts, maps, posts, topics, gaps,
    quarantine, health, cards, exports, status, live, login,
)  # fmt: skip
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _unknown(rest: str = "") -> None:
    raise HTTPException(404, f"there is no /v1/{rest} for this method; /openapi.json lists what there is")
