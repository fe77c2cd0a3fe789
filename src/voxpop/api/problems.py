"""Errors as problem details (RFC 9457), one shape for all of them, and how they are documented."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from structlog.contextvars import get_contextvars

from voxpop.api.connection import Gone
from voxpop.errors import Transient, VoxpopError
from voxpop.insight.views import TooManyPosts
from voxpop.topics import QueryError

MEDIA_TYPE: Final = "application/problem+json"
_log = logging.getLogger(__name__)
_WHEN: Final = {
    400: "The body is no text: it is not UTF-8.",
    401: "No key, or none that opens this service; not on loopback.",
    403: "The key lacks the scope, or a page of another site asks.",
    404: "There is no such topic or path.",
    409: "It contradicts what is there.",
    412: "It was changed since: `If-Match` does not name what is there.",
    413: "The request has more than 16 MiB; send it in parts.",
    422: "The request cannot be understood; `errors` says where.",
    429: "More than the key or address may have; `Retry-After` says when.",
    500: "A fault of ours; the server's log says more.",
    503: "Not now: overloaded, or closing. `Retry-After` says when to come back, where that is known.",
}


def install(api: FastAPI) -> None:
    """Let every error leave `api` as `application/problem+json`."""
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(QueryError, _unreadable)
    api.add_exception_handler(TooManyPosts, _too_many)
    api.add_exception_handler(VoxpopError, _unavailable)
    api.add_exception_handler(Gone, _gone)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can end in a problem of these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": _WHEN[status],
            "content": {MEDIA_TYPE: {"schema": schema, "example": _members(status, _WHEN[status])}},
        }
        for status in statuses
    }


def problem(status: int, detail: str, **members: Any) -> JSONResponse:
    """A problem details response; `members` are further members of the object."""
    content = _members(status, detail, **members)
    if request_id := get_contextvars().get("request_id"):
        content["request_id"] = request_id
    return JSONResponse(content, status, media_type=MEDIA_TYPE)


def _members(status: int, detail: str, **members: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}


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


def _too_many(request: Request, error: Exception) -> JSONResponse:
    return problem(422, str(error))


def _unreadable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QueryError)
    place = {"where": "query", "message": error.reason, "column": error.column, "length": error.length}
    return problem(422, f"the query cannot be read at column {error.column}: {error.reason}", errors=[place])


def _gone(request: Request, error: Exception) -> Response:
    # Nobody reads it; 499 is what servers note for a client that closed its connection.
    return Response(status_code=499)


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """What nothing else answered: 500, and the log says why."""
    _log.error("a request failed", exc_info=error)
    return problem(500, "this is a fault of ours; the server's log says more")
