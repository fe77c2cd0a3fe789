"""The dashboard's sessions: a signed cookie that names the key which opened it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from voxpop.api.keys import Key, KeyRing

COOKIE: Final = "voxpop-session"
CSRF_COOKIE: Final = "_csrf_token"
"""Readable by the page's own scripts, which send it back as a header."""
CSRF_HEADER: Final = "X-CSRFToken"
FORM_COOKIE: Final = "voxpop-login"
_SHA256: Final = {"digest_method": hashlib.sha256}


@dataclass(frozen=True)
class Session:
    """An open session: whose key, and what its pages must send back when they change something."""

    key: Key
    csrf: str

    def is_own(self, token: str) -> bool:
        """Whether what a page sent back is this session's."""
        return hmac.compare_digest(token.encode(), self.csrf.encode())


class Sessions:
    """Opens, reads and closes sessions; the cookie is all there is of one.

    A session ends with its time, with its key (revoked or expired), or when its owner signs out. Sign-outs are
    remembered by this process until the session's time is over.
    """

    def __init__(self, keys: KeyRing, hours: float) -> None:
        self._keys = keys
        self._seconds = round(hours * 3600)
        self._closed: dict[str, float] = {}
        self._closing = threading.Lock()

    def open(self, key: Key, response: Response, *, secure: bool) -> None:
        """Give a browser a session of `key`; `secure` keeps its cookies to HTTPS."""
        csrf = secrets.token_urlsafe(24)
        value = self._signed("session").dumps([key.id, csrf])
        response.set_cookie(COOKIE, str(value), self._seconds, httponly=True, samesite="lax", secure=secure)
        response.set_cookie(CSRF_COOKIE, csrf, self._seconds, samesite="lax", secure=secure)

    def read(self, request: HTTPConnection) -> Session | None:
        """The session of a request, where it has one that is genuine, in time, not signed out, and of a live key."""
        cookie = request.cookies.get(COOKIE)
        if not cookie or not self._keys.keys():
            return None
        try:
            key_id, csrf = self._signed("session").loads(cookie, max_age=self._seconds)
        except (BadData, ValueError, TypeError):
            return None
        key = self._keys.get(key_id)
        return None if key is None or csrf in self._closed else Session(key, csrf)

    def close(self, csrf: str, response: Response) -> None:
        """End a session, here and in its browser."""
        now = time.monotonic()
        with self._closing:
            self._closed = {one: end for one, end in self._closed.items() if end > now}
            self._closed[csrf] = now + self._seconds
        response.delete_cookie(COOKIE)
        response.delete_cookie(CSRF_COOKIE)

    def form(self) -> str:
        """A token for the sign-in form, which no other site can know."""
        return str(self._signed("form").dumps(secrets.token_urlsafe(24)))

    def is_form(self, cookie: str, field: str) -> bool:
        """Whether the form's field and the browser's cookie are one token of ours, not an hour old."""
        try:
            self._signed("form").loads(cookie, max_age=3600)
        except BadData:
            return False
        return hmac.compare_digest(cookie.encode(), field.encode())

    def _signed(self, salt: str) -> URLSafeTimedSerializer:
        # By SHA-256; the salt keeps one kind of token from passing for another.
        return URLSafeTimedSerializer(self._keys.signing_secret(), f"voxpop {salt}", signer_kwargs=_SHA256)
