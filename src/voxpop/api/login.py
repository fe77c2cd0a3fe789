"""`/login` and `/logout`: pages of plain HTML that take a key for a session of the dashboard, and end it."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from voxpop.api.caller import Caller
from voxpop.api.door import Door, too_many
from voxpop.api.keys import Key
from voxpop.api.security import page_policy
from voxpop.api.service import Service
from voxpop.api.sessions import FORM_COOKIE, Session, Sessions

_PAGE: Final = (files("voxpop.api") / "login.html").read_text("utf-8")
_STYLE: Final = (files("voxpop.api") / "login.css").read_text("utf-8")
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = page_policy(styles=[f"'sha256-{_HASH}'"])
_MOST_FIELDS: Final = 10
_OWN: Final = re.compile(r"/(?!/)[!-\[\]-~]*")
"""Printable ASCII without a backslash, which browsers take for a slash; two slashes would begin a host."""


def routes(service: Service) -> APIRouter:
    """The routes of the door; where it needs no keys, they lead to the dashboard."""
    router = APIRouter(include_in_schema=False)
    door = service.door

    @router.get("/login")
    async def login(request: Request, next: str = "/") -> Response:
        return _form(request, door.sessions, own(next)) if door.sessions else _to("/")

    @router.post("/login")
    async def sign_in(request: Request) -> Response:
        return _sign_in(door, request, await _fields(request)) if door.sessions else _to("/")

    @router.get("/logout")
    async def logout(request: Request) -> Response:
        session = door.sessions.read(request) if door.sessions else None
        return _leaving(session) if session else _to("/login")

    @router.post("/logout")
    async def sign_out(request: Request) -> Response:
        return _sign_out(door, request, await _fields(request)) if door.sessions else _to("/")

    return router


def own(target: str) -> str:
    r"""A path of this server that a sign-in may lead to; anything else becomes the dashboard's.

    >>> own("/?topic=tea"), own("//evil.example/"), own("https://evil.example"), own("/\\evil.example")
    ('/?topic=tea', '/', '/', '/')
    """
    return target if _OWN.fullmatch(target) else "/"


def _sign_in(door: Door, request: Request, fields: dict[str, str]) -> Response:
    sessions, caller = door.sessions, request.state.caller
    assert sessions is not None and door.keys is not None
    target = own(fields.get("next", "/"))
    if spent := door.limits.is_spent("failures", caller.counted_as):
        return too_many(spent)
    if not sessions.is_form(request.cookies.get(FORM_COOKIE, ""), fields.get("token", "")):
        return _form(request, sessions, target, (403, "That form was not from this page, or too old. Try again."))
    key = door.keys.find(fields.get("key", "").strip())
    if key is None or "read" not in key.scopes:
        door.limits.take("failures", caller.counted_as)
        door.note("login failed", key.name if key else "", caller)
        words = "That is no key that opens this dashboard. It needs the scope read."
        return _form(request, sessions, target, (401, words))
    return _opened(door, sessions, request, key, target)


def _opened(door: Door, sessions: Sessions, request: Request, key: Key, target: str) -> Response:
    response = _to(target)
    sessions.open(key, response, secure=request.url.scheme == "https")
    response.delete_cookie(FORM_COOKIE, path="/login")
    door.note("login", key.name, Caller("session", request.state.caller.address, key.name, key.id))
    return response


def _sign_out(door: Door, request: Request, fields: dict[str, str]) -> Response:
    sessions = door.sessions
    session = sessions.read(request) if sessions else None
    if sessions is None or session is None:
        return _to("/login")
    if not session.is_own(fields.get("token", "")):
        return _leaving(session, 403)
    response = _to("/login")
    sessions.close(session.csrf, response)
    door.note("logout", session.key.name, request.state.caller)
    return response


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form as browsers send it; each counts once."""
    try:
        found = parse_qs((await request.body()).decode(), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _form(request: Request, sessions: Sessions, target: str, wrong: tuple[int, str] = (200, "")) -> Response:
    (status, problem), token = wrong, sessions.form()
    alert = f'<p class="alert" role="alert" id="problem">{escape(problem)}</p>' if problem else ""
    marks = ' aria-invalid="true" aria-describedby="problem hint"' if problem else ' aria-describedby="hint"'
    body = f"""<h1>Sign in to Voxpop</h1>{alert}
<form method="post" action="/login">
<input type="text" name="username" autocomplete="username" value="voxpop" hidden>
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" spellcheck="false" required autofocus{marks}>
<p class="hint" id="hint">It begins with vp_ and has the scope read. <code>voxpop keys create</code> makes one.</p>
<input type="hidden" name="token" value="{escape(token)}">
<input type="hidden" name="next" value="{escape(target)}">
<button type="submit">Sign in</button>
</form>"""
    response = _page("Sign in", body, status)
    secure = request.url.scheme == "https"
    response.set_cookie(FORM_COOKIE, token, 3600, path="/login", httponly=True, samesite="strict", secure=secure)
    return response


def _leaving(session: Session, status: int = 200) -> Response:
    body = f"""<h1>Sign out of Voxpop</h1>
<p>You are signed in with the key <strong>{escape(session.key.name)}</strong>.</p>
<form method="post" action="/logout">
<input type="hidden" name="token" value="{escape(session.csrf)}">
<button type="submit">Sign out</button> <a href="/">Back to the dashboard</a>
</form>"""
    return _page("Sign out", body, status)


def _page(title: str, body: str, status: int) -> Response:
    page = _PAGE.replace("{title}", title).replace("{style}", _STYLE).replace("{body}", body)
    return HTMLResponse(page, status, {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})
