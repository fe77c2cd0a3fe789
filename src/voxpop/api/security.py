"""Plain ASGI middleware: response headers, and a bound on what a request may send; and who may change something."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voxpop.api.caller import Caller

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_SECONDS: Final = 60.0
"""For the body of a request to arrive; one that trickles would hold its memory for as long as it likes."""
TWO_YEARS: Final = 2 * 365 * 86400

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
NO_PAGE: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The content security policy of an answer that is no page: shown as one, it may do nothing."""


def page_policy(scripts: Sequence[str] = (), styles: Sequence[str] = ()) -> str:
    """A content security policy for a page of ours: everything from this server, inline parts by their hashes alone.

    Args:
        scripts: sources for `script-src` besides this server, such as `'sha256-…'`.
        styles: likewise for `style-src`.
    """
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src", "'self'", *scripts]),
            " ".join(["style-src", "'self'", *styles]),
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'none'",
        ]
    )


class SecurityHeaders:
    """Adds headers that forbid sniffing, referrers, frames and foreign scripts; a header that is there already stays.

    A page of the dashboard has the policy that `api.state.page_policy` holds; what is no page may do nothing at all.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _policy(scope, headers))
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", f"max-age={TWO_YEARS}")
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def _policy(scope: Scope, headers: MutableHeaders) -> str:
    is_page = headers.get("content-type", "").startswith("text/html")
    return getattr(scope["app"].state, "page_policy", NO_PAGE) if is_page else NO_PAGE


def own_page(request: Request) -> None:
    """A dependency that refuses a request by a page of another site with 403, as those that change something must.

    A browser's `Sec-Fetch-Site` or `Origin` tells where a request comes from; programs send neither and are let
    through. So is whoever shows a key: no browser adds one by itself. By which names a page may be one of this server's
    is the door's to say, so that a name which somebody points here (DNS rebinding) does not count as own.
    """
    caller: Caller = request.state.caller
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = (
        site not in ("same-origin", "none")
        if site
        else origin not in (None, f"{request.url.scheme}://{request.url.netloc}")
    )
    if foreign and caller.by != "key":
        raise HTTPException(403, "this changes something, so it is for this server's own pages and local programs only")


def cross_origin(api: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins read answers, with a key that they send themselves; without any, no page may."""
    if origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID"],
            expose_headers=["ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"],
            max_age=600,
        )


class BodyLimit:
    """Refuses a request of more than `MOST_BYTES` with 413, by what it says or sends, and a slow one with 408."""

    def __init__(self, app: ASGIApp, seconds: float = MOST_SECONDS) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        got, arrived, until = 0, False, time.monotonic() + self._seconds

        async def bounded() -> Message:
            nonlocal got, arrived
            try:
                # Once all is there, what is waited for is the reader's going away, which may take hours.
                message = await (receive() if arrived else asyncio.wait_for(receive(), until - time.monotonic()))
            except TimeoutError as error:
                raise HTTPException(408, "the request took too long to arrive; send less at once") from error
            got += len(message.get("body", b""))
            arrived = arrived or not message.get("more_body")
            if max(got, _announced(scope)) > MOST_BYTES:
                raise HTTPException(413, f"a request has at most {MOST_BYTES:,} bytes; send the texts in parts")
            return message

        await self._app(scope, bounded if scope["type"] == "http" else receive, send)


def _announced(scope: Scope) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() else 0
