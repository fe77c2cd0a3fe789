"""The FastAPI application: `/v1`, `/healthz` and the errors of both."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException

from voxpop import __version__
from voxpop.api import buckets, explanations, gaps, live, posts, problems, scores, status, topics
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
    same application. There are no documentation pages, because the usual ones load scripts from elsewhere;
    `/openapi.json` describes everything.
    """
    api = FastAPI(
        title="Voxpop",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": Problem, "description": "Problem details (RFC 9457)"}},
    )
    api.add_middleware(BodyLimit)
    api.add_middleware(SecurityHeaders)
    problems.install(api)
    for part in (scores, explanations, buckets, posts, topics, gaps, status, live):
        api.include_router(part.routes(service))
    api.add_api_route("/v1", _unknown, methods=_METHODS, include_in_schema=False)
    api.add_api_route("/v1/{rest:path}", _unknown, methods=_METHODS, include_in_schema=False)
    return api


_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _unknown(rest: str = "") -> None:
    raise HTTPException(404, f"there is no /v1/{rest} for this method; /openapi.json lists what there is")
