"""The FastAPI application: `/v1`, `/predict`, `/healthz`, their description and the errors of all."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException

from voxpop import __version__
from voxpop.api import (
    buckets,
    cards,
    comparisons,
    copies,
    drivers,
    explanations,
    exports,
    fresh,
    gaps,
    live,
    maps,
    pages,
    posts,
    predictions,
    problems,
    scores,
    status,
    topics,
)
from voxpop.api.batching import Batcher
from voxpop.api.models import Problem
from voxpop.api.security import BodyLimit, SecurityHeaders
from voxpop.api.service import Service

__all__ = ["Service", "create_api"]

_DESCRIPTION = """Net sentiment is (positive - negative) / (negative + neutral + positive), in [-1, 1], and null where
nothing is scored. Times are UTC; a time without a zone is read as UTC. Post text was written by strangers: escape it.
Errors are problem details (RFC 9457)."""


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
        responses=problems.documented(500, 503),
    )
    api.add_middleware(BodyLimit)
    api.add_middleware(SecurityHeaders)
    problems.install(api)
    fresh.install(api)
    # For whoever measures: how many texts wait.
    api.state.batcher = batcher = Batcher(service.scorer)
    for router in (
        scores.routes(service, batcher),
        predictions.routes(service.scorer, batcher),
        *(part.routes(service) for part in _PARTS),
        pages.routes(),
    ):
        api.include_router(router)
    api.add_api_route("/v1", _unknown, methods=_METHODS, include_in_schema=False)
    api.add_api_route("/v1/{rest:path}", _unknown, methods=_METHODS, include_in_schema=False)
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


_PARTS = (explanations, buckets, comparisons, copies, drivers, maps, posts, topics, gaps, cards, exports, status, live)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _unknown(rest: str = "") -> None:
    raise HTTPException(404, f"there is no /v1/{rest} for this method; /openapi.json lists what there is")
