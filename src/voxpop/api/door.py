"""The door: who comes in, by which key or session, and how much of it; shut unless a request shows why not."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voxpop.api.audit import Audit
from voxpop.api.caller import NOBODY, SCOPES, Caller, entered
from voxpop.api.keys import Key, KeyRing
from voxpop.api.limits import Left, Limits
from voxpop.api.problems import problem
from voxpop.api.sessions import CSRF_HEADER, Sessions
from voxpop.errors import VoxpopError
from voxpop.web import LOOPBACK

_log = logging.getLogger(__name__)

OPEN: Final = frozenset({"/healthz", "/readyz", "/login", "/logout", "/assets/favicon.svg"})
"""What anybody gets: whether it lives, and the pages that ask for a key and forget it."""
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")
_STREAM: Final = "/v1/live"
_LOOK_SECONDS: Final = 1.0
_LAST_SECONDS: Final = 5.0
_MACHINE: Final = ("/v1", "/metrics", "/openapi.json", "/overview/")
_UNCOUNTED: Final = "/assets/"
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Door:
    """Who may come in; as it is by default, every program of this machine, and no page of another site.

    Attributes:
        keys: the keys that open it; None lets this machine in without one, which is for loopback alone.
        hosts: names by which the service may be called besides loopback's; empty is any name where there are keys, as
            then a name that somebody points here (DNS rebinding) brings a browser no rights.
        origins: sites whose pages may read answers, with a key.
        audit: where acts of administration are noted; None notes none.
        session_hours: how long a session of the dashboard lasts.
    """

    keys: KeyRing | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    audit: Audit | None = None
    limits: Limits = field(default_factory=Limits)
    session_hours: float = 12

    @cached_property
    def sessions(self) -> Sessions | None:
        """The dashboard's sessions; None where it needs none."""
        return Sessions(self.keys, self.session_hours) if self.keys else None

    def note(self, what: str, target: str = "", caller: Caller | None = None) -> None:
        """Note an act of administration."""
        if self.audit:
            self.audit.note(what, target, caller)

    def knows(self, host: str) -> bool:
        """Whether the service may be called by this host name."""
        if self.keys and not self.hosts:
            return bool(host)
        return host in LOOPBACK or host in self.hosts

    def caller(self, request: HTTPConnection) -> Caller:
        """Who asks; `nobody` where neither a live key nor a session was shown."""
        address = request.client.host if request.client else ""
        if self.keys is None:
            return Caller("loopback", address, "local", scopes=frozenset(SCOPES))
        shown = shown_keys(request)
        if shown:
            key = self.keys.find(shown.pop()) if len(shown) == 1 else None
            return self._known(key, Caller("key", address))
        session = self.sessions.read(request) if self.sessions else None
        if session is None:
            return self._known(None, Caller("nobody", address))
        return self._known(session.key, Caller("session", address, csrf=session.csrf))

    def _known(self, key: Key | None, caller: Caller) -> Caller:
        if key is None or self.keys is None:
            return replace(NOBODY, address=caller.address)
        self.keys.note_used(key)
        return replace(caller, name=key.name, key_id=key.id, scopes=frozenset(key.scopes))

    def is_still(self, caller: Caller) -> bool:
        """Whether the caller's key is live."""
        return self.keys is None or self.keys.get(caller.key_id) is not None


def shown_keys(request: HTTPConnection) -> set[str]:
    """The keys that a request shows, in `Authorization: Bearer` or `X-API-Key`; never in its address."""
    bearers = [value for value in request.headers.getlist("authorization") if value[:7].lower() == "bearer "]
    return {value[7:].strip() for value in bearers} | set(request.headers.getlist("x-api-key"))


class Doorman:
    """Asks everybody who they are before anything of the service runs; what no rule lets in stays out."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Nothing here speaks WebSocket; what a library brings along is not served.
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if not self._door.knows(_host(request)):
            detail = "this service is not known by that name; if it should be, add it to hosts of its settings"
            return await problem(421, detail)(scope, receive, send)
        try:
            caller = self._door.caller(request)
        except VoxpopError as error:
            # Its text names a file, which is for the log: nobody is known here yet.
            _log.error("nobody can come in: %s", error)
            return await problem(503, "the keys cannot be read; the server's log says more")(scope, receive, send)
        scope.setdefault("state", {})["caller"] = caller
        entered(caller)
        left = None
        if scope["path"] not in OPEN:
            refused, left = self._judge(request, caller)
            if refused:
                return await refused(scope, receive, send)
        await self._pass(request, caller, _telling(send, self._headers(request, left)))

    def _headers(self, request: Request, left: Left | None) -> dict[str, str]:
        """What an answer tells besides: what is left, and that no cache may keep what a key or cookie opened."""
        is_file = request.url.path.startswith(_UNCOUNTED)
        kept = {} if is_file or self._door.keys is None else {"Cache-Control": "no-store"}
        return {**kept, **(left.headers() if left else {})}

    def _judge(self, request: Request, caller: Caller) -> tuple[Response | None, Left | None]:
        """The refusal of a request, where it is refused, and what is left to its caller."""
        if caller.by == "nobody":
            return self._stranger(request, caller), None
        if caller.by == "session" and request.method not in _SAFE and not _is_own(request, caller):
            return problem(403, "this changes something, and does not come from a page of the service; reload it"), None
        if "read" not in caller.scopes and not _is_scoped(request):
            detail, headers = lacking("read")
            refused = problem(403, detail)
            refused.headers.update(headers)
            return refused, None
        if request.url.path.startswith(_UNCOUNTED):
            return None, None
        left = self._door.limits.take("requests", caller.counted_as)
        return (None, left) if left is None or left.taken else (too_many(left), None)

    def _stranger(self, request: Request, caller: Caller) -> Response:
        shown = bool(shown_keys(request))
        left = self._door.limits.take("failures", caller.counted_as) if shown else None
        if left and not left.taken:
            return too_many(left)
        wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if wants_page and not shown and not request.url.path.startswith(_MACHINE):
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?{urlencode({'next': asked})}", 303)
        response = problem(401, _WRONG if shown else _MISSING)
        response.headers["WWW-Authenticate"] = 'Bearer realm="voxpop"' + (', error="invalid_token"' if shown else "")
        return response

    async def _pass(self, request: Request, caller: Caller, send: Send) -> None:
        if request.url.path != _STREAM:
            return await self._app(request.scope, request.receive, send)
        with self._door.limits.stream(caller.counted_as) as has_room:
            if not has_room:
                refused = problem(429, f"you hold {self._door.limits.rates.streams} live streams; close one")
                refused.headers["Retry-After"] = "5"
                return await refused(request.scope, request.receive, send)
            await self._stream(request, caller, send)

    async def _stream(self, request: Request, caller: Caller, send: Send) -> None:
        """Serve a live stream until it ends, its reader goes, or its reader's key is revoked."""
        ended = is_revoked = False

        async def watched(message: Message) -> None:
            nonlocal ended
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        async def until_revoked() -> Message:
            nonlocal is_revoked
            getting = asyncio.ensure_future(request.receive())
            try:
                while not (await asyncio.wait({getting}, timeout=_LOOK_SECONDS))[0]:
                    if not self._door.is_still(caller):
                        is_revoked = True
                        return {"type": "http.disconnect"}
                return getting.result()
            finally:
                getting.cancel()

        await self._app(request.scope, until_revoked, watched)
        # One that the feed cut off, as its reader takes nothing, gets no end: that is what closes its connection.
        if is_revoked and not ended:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_SECONDS):
                    await send({"type": "http.response.body", "body": b""})


_MISSING: Final = "this needs an API key: send it as Authorization: Bearer KEY; voxpop keys create makes one"
_WRONG: Final = "that is no key that opens this service now; voxpop keys list tells which there are"


def lacking(scope: str) -> tuple[str, dict[str, str]]:
    """The detail and the headers of a refusal for want of a scope."""
    detail = f"this key lacks the scope {scope}; voxpop keys create --scope {scope} makes one that has it"
    return detail, {"WWW-Authenticate": f'Bearer realm="voxpop", error="insufficient_scope", scope="{scope}"'}


def _is_scoped(request: Request) -> bool:
    """Whether the route that takes the request asks for a scope itself."""
    path = request.scope["path"]
    return any(pattern.match(path) for pattern in getattr(request.app.state, "scoped", ()))


def too_many(left: Left) -> Response:
    """The refusal of one who asks too much."""
    refused = problem(429, f"that is more than {left.quota:,} {left.kind} a minute; wait {left.seconds} s")
    refused.headers.update(left.headers())
    return refused


def _telling(send: Send, headers: dict[str, str]) -> Send:
    """Add headers to the answer; one that is there already stays."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            for name, value in headers.items():
                MutableHeaders(scope=message).setdefault(name, value)
        await send(message)

    return told


def _host(request: Request) -> str:
    """The name by which the service is called, without brackets and port; "" for what can be none."""
    found = _HOST.fullmatch(request.headers.get("host", ""))
    return found[1].strip("[]").lower() if found else ""


def _is_own(request: Request, caller: Caller) -> bool:
    given = request.headers.get(CSRF_HEADER, "")
    return hmac.compare_digest(given.encode(), caller.csrf.encode())
