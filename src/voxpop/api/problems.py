"""Errors as problem details (RFC 9457), one shape for all of them."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from structlog.contextvars import get_contextvars

from voxpop.errors import Transient, VoxpopError
from voxpop.topics import QueryError

_log = logging.getLogger(__name__)


def install(api: FastAPI) -> None:
    """Let every error leave `api` as `application/problem+json`."""
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(QueryError, _unreadable)
    api.add_exception_handler(VoxpopError, _unavailable)


def problem(status: int, detail: str, **members: Any) -> JSONResponse:
    """A problem details response; `members` are further members of the object."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    if request_id := get_contextvars().get("request_id"):
        content["request_id"] = request_id
    return JSONResponse(content, status, media_type="application/problem+json")


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    response = problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # What was sent is not sent back: it can be large, and it is not ours.
    errors = [{"where": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()]
    detail = "; ".join(f"{item['where']}: {item['message']}" for item in errors[:5])
    return problem(422, detail, errors=errors[:100])


def _unavailable(request: Request, error: Exception) -> JSONResponse:
    response = problem(503, str(error))
    if isinstance(error, Transient):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after or 1)))
    return response


def _unreadable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QueryError)
    place = {"where": "query", "message": error.reason, "column": error.column, "length": error.length}
    return problem(422, f"the query cannot be read at column {error.column}: {error.reason}", errors=[place])


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """What nothing else answered: 500, and the log says why."""
    _log.error("a request failed", exc_info=error)
    return problem(500, "this is a fault of ours; the server's log says more")
