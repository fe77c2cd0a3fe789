"""Plain ASGI middleware: response headers, and a bound on what a request may send; and who may change something."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voxpop.config import LOOPBACK

MOST_BYTES: Final = 16 * 1024 * 1024

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'self'",
}


class SecurityHeaders:
    """Adds headers that forbid sniffing, referrers and foreign frames; a header that is there already stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def own_page(request: Request) -> None:
    """A dependency that refuses a request by a page of another site with 403, as those that change something must.

    A browser's `Sec-Fetch-Site` or `Origin` tells where a request comes from; programs send neither and are let
    through. The host must be this machine's, or a name that somebody points at it (DNS rebinding) would count as own.
    """
    host = request.url.hostname or ""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = (
        site not in ("same-origin", "none")
        if site
        else origin not in (None, f"{request.url.scheme}://{request.url.netloc}")
    )
    if foreign or host not in LOOPBACK:
        raise HTTPException(403, "this changes something, so it is for this server's own pages and local programs only")


class BodyLimit:
    """Refuses a request of more than `MOST_BYTES` with 413, by what it says or by what it sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        got = 0

        async def bounded() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if max(got, _announced(scope)) > MOST_BYTES:
                raise HTTPException(413, f"a request has at most {MOST_BYTES:,} bytes; send the texts in parts")
            return message

        await self._app(scope, bounded if scope["type"] == "http" else receive, send)


def _announced(scope: Scope) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() else 0
