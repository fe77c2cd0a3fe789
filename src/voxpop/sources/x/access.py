"""Requests to X: where, with which token, and what a refusal means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from pydantic import SecretStr

from voxpop import __version__
from voxpop.errors import Terminal
from voxpop.sources.websocket import Lost
from voxpop.sources.x.pace import asked_to_wait

BASE = "https://api.x.com"
HALF = 200
"""The status of an answer that began well and cannot be used."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LONGEST_WORD = 300
_BUFFER = 4096
"""Little is read ahead, since what is read is paid for."""
_FINAL = {
    400: "X does not understand the request",
    401: "X does not accept the bearer token; put the app's own in VOXPOP_X_BEARER, or name its file in bearer_file",
    402: "the app has no credits left; buy some in X's developer console",
    403: "X does not let this app do that; see in X's developer console whether it is in a project with credits",
    404: "X does not know the address; take base out of the source's settings",
}


@dataclass(frozen=True)
class Access:
    """Where X is, and the app's token.

    Attributes:
        base: begins with `https://`; `http://` is for an address of this machine alone.
        connect_seconds: for name, TCP, TLS and the answer's head together.

    Raises:
        Terminal: base is no such address, or the token cannot be one.
    """

    bearer: SecretStr
    base: str = BASE
    connect_seconds: float = 30.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        private = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not (parts.scheme == "https" or private) or not parts.hostname or parts.username or parts.query:
            raise Terminal(f"{self.base!r} is no address of X's API; leave base out for {BASE}")
        token = self.bearer.get_secret_value()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise Terminal("the bearer token of X is empty or holds spaces; copy it again from X's developer console")


class Client:
    """Requests with the token; the token is in the header alone, never in an address or an error."""

    def __init__(self, session: aiohttp.ClientSession, access: Access) -> None:
        self._session = session
        self._access = access

    async def ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> dict[str, Any]:
        """The JSON object that X answers.

        Raises:
            Lost: there is no answer, or one that may be another the next time.
            Terminal: X refuses, and will again.
        """
        async with self.opened(method, path, query, body) as answer:
            try:
                async with asyncio.timeout(self._access.connect_seconds):
                    data = await answer.read()
                found = msgspec.json.decode(data)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                raise Lost(f"half an answer to {path} ({type(error).__name__})", HALF) from None
        if not isinstance(found, dict):
            raise Lost(f"no object in the answer to {path}", HALF)
        return found

    @asynccontextmanager
    async def opened(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response whose body has not been read; closed when left.

        Raises:
            Lost: there is no connection, or X refuses for now.
            Terminal: X refuses, and will again.
        """
        answer = await self._request(method, path, query, body)
        try:
            if answer.status >= 300:
                raise await self._refusal(answer, path)
            yield answer
        finally:
            answer.close()

    async def _request(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Any
    ) -> aiohttp.ClientResponse:
        headers = {"Authorization": f"Bearer {self._access.bearer.get_secret_value()}"}
        try:
            async with asyncio.timeout(self._access.connect_seconds):
                return await self._session.request(
                    method,
                    self._access.base.rstrip("/") + path,
                    params=query,
                    json=body,
                    headers=headers,
                    # Whoever a redirect leads to has no business with the token.
                    allow_redirects=False,
                    read_bufsize=_BUFFER,
                )
        except TimeoutError:
            raise Lost(f"no answer within {self._access.connect_seconds:g} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Errors of aiohttp carry the request with its headers, so none is passed on.
            raise Lost(f"no connection ({self._clean(str(error))})") from None

    async def _refusal(self, answer: aiohttp.ClientResponse, path: str) -> Exception:
        said = self._clean(await _words(answer))
        if answer.status in _FINAL:
            return Terminal(f"{path}: {_FINAL[answer.status]}" + (f" (it says: {said})" if said else ""))
        return Lost(
            f"refused with {answer.status}: {said or 'no reason'}", answer.status, asked_to_wait(answer.headers)
        )

    def _clean(self, text: str) -> str:
        return text.replace(self._access.bearer.get_secret_value(), "…")[:_LONGEST_WORD]


@asynccontextmanager
async def connected(access: Access) -> AsyncIterator[Client]:
    """A client with connections of its own, closed when left."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=access.connect_seconds)
    async with aiohttp.ClientSession(headers={"User-Agent": f"voxpop/{__version__}"}, timeout=timeout) as session:
        yield Client(session, access)


def said_in(problem: Any) -> str:
    """What an error object of X says, in a line."""
    if not isinstance(problem, dict):
        return ""
    inner = problem.get("errors")
    first = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], dict) else {}
    parts = [problem.get("title"), problem.get("detail"), first.get("message"), *_listed(first.get("details"))]
    return " ".join(": ".join(str(part) for part in parts if isinstance(part, str) and part).split())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


async def _words(answer: aiohttp.ClientResponse) -> str:
    try:
        async with asyncio.timeout(5):
            data = await answer.content.read(65_536)
        return said_in(msgspec.json.decode(data))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return ""
