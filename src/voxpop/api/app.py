"""The FastAPI application: `/v1`, `/healthz` and the errors of both."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException

from voxpop import __version__
from voxpop.api import buckets, explanations, gaps, live, login, posts, problems, scores, status, topics
from voxpop.api.access import needs, refuse_undeclared
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
_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No key, or none that opens this service; not on loopback."},
    403: {"model": Problem, "description": "The key lacks the scope, or a page of another site asks."},
    429: {"model": Problem, "description": "More than the key or address may have; `Retry-After` says when."},
    "default": {"model": Problem, "description": "Problem details (RFC 9457)"},
}


def create_api(service: Service) -> FastAPI:
    """Make the application that serves `service`.

    Its last route answers every unknown `/v1/…` path with 404, so that a dashboard with a catch-all can be put on the
    same application. There are no documentation pages, because the usual ones load scripts from elsewhere;
    `/openapi.json` describes everything.
    """
    api = FastAPI(
        title="Voxpop",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        responses=_REFUSALS,
        telemetry=telemetry(),
    )
    # The last one is the outermost.
    api.add_middleware(BodyLimit)
    api.add_middleware(Doorman, door=service.door)
    cross_origin(api, service.door.origins)
    api.add_middleware(Requests, metrics=service.metrics, answer=problems.unexpected)
    api.add_middleware(SecurityHeaders)
    problems.install(api)
    for part in (scores, explanations, buckets, posts, topics, gaps, status, live, login):
        api.include_router(part.routes(service))
    for path in ("/v1", "/v1/{rest:path}"):
        api.add_api_route(path, _unknown, methods=_METHODS, include_in_schema=False, dependencies=[needs("read")])
    refuse_undeclared(api)
    return api


_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _unknown(rest: str = "") -> None:
    raise HTTPException(404, f"there is no /v1/{rest} for this method; /openapi.json lists what there is")
