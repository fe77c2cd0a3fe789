"""Each request: its id, its line in the log, its time in the metrics; and an answer where the application has none."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from voxpop.observability.metrics import Metrics

ID_HEADER: Final = "X-Request-ID"
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger("voxpop.access")

Answer = Callable[[Request, Exception], Response]


class Requests:
    """Middleware around all that answers. Its lines hold a route's template, and no path, query, header or body.

    An exception that nothing inside answered becomes `answer`'s response, here, where the request's id is still known.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, answer: Answer) -> None:
        self._app = app
        self._metrics = metrics
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get(ID_HEADER, "")
        request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        with bound_contextvars(request_id=request_id):
            answered = _Answered(send, request_id)
            try:
                await self._app(scope, receive, answered.send)
            except Exception as error:
                if answered.status:
                    raise
                await self._answer(Request(scope, receive), error)(scope, receive, answered.send)
            finally:
                self._note(scope, answered)

    def _note(self, scope: Scope, answered: _Answered) -> None:
        route = getattr(scope.get("route"), "path", "") or "none"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        seconds = answered.seconds()
        self._metrics.requests.labels(method, route, str(answered.status)).observe(seconds)
        _log.info("request", extra={**_said(scope), "method": method, "route": route, "status": answered.status,
                                    "ms": round(seconds * 1000, 1)})  # fmt: skip


class _Answered:
    """What was sent so far."""

    def __init__(self, send: Send, request_id: str) -> None:
        self.status = 0
        self._send = send
        self._id = request_id
        self._began = time.perf_counter()
        self._first: float | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on; the first one tells the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[ID_HEADER] = self._id
            if headers.get("content-type", "").startswith("text/event-stream"):
                self._first = time.perf_counter()
        await self._send(message)

    def seconds(self) -> float:
        """How long it took: to the end, and of a live stream to its beginning."""
        return (self._first or time.perf_counter()) - self._began


def _said(scope: Scope) -> dict[str, Any]:
    caller = scope.get("state", {}).get("caller")
    return {"caller": caller.name or caller.by, "address": caller.address} if caller else {}
