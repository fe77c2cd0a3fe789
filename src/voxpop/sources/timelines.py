"""Mastodon over HTTP: streams that can be asked for, and their timelines page by page within the instance's limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import aiohttp
from pydantic import SecretStr

from voxpop.errors import Terminal
from voxpop.sources.formats.dates import parse_date
from voxpop.sources.rotation import retry_after
from voxpop.sources.websocket import Lost

PAGE = 40
"""The most statuses a page can have (docs.joinmastodon.org: methods/timelines)."""
PAGE_BYTES = 16 << 20
REFUSED = (401, 403, 422)
_SCOPES = ("public", "public/local", "public/remote")
_TAG = re.compile(r"(hashtag(?:/local)?):#?(\w{1,100})")


@dataclass(frozen=True)
class Feed:
    """One stream: the path of its events, that of its past, and their query."""

    stream: str
    timeline: str
    query: Mapping[str, str]
    filter: Mapping[str, str]


def feed(name: str) -> Feed:
    """The stream a setting names.

    >>> feed("hashtag/local:gta6").timeline
    '/api/v1/timelines/tag/gta6'

    Raises:
        Terminal: there is no such stream.
    """
    scope = name.rpartition("/")[2] if "/" in name else ""
    if name in _SCOPES:
        return Feed(f"/api/v1/streaming/{name}", "/api/v1/timelines/public", {}, {scope: "true"} if scope else {})
    if tag := _TAG.fullmatch(name):
        local = {"local": "true"} if tag[1].endswith("local") else {}
        return Feed(f"/api/v1/streaming/{tag[1]}", f"/api/v1/timelines/tag/{quote(tag[2])}", {"tag": tag[2]}, local)
    raise Terminal(f"{name!r} is no stream of Mastodon; write {', '.join(_SCOPES)}, or hashtag:gta6")


def base(host: str) -> str:
    """The address of an instance: its name, or an address of its own for a test instance.

    Raises:
        Terminal: it is neither.
    """
    address = host.rstrip("/") if "://" in host else f"https://{host.rstrip('/')}"
    scheme, _, rest = address.partition("://")
    if scheme not in ("http", "https") or not rest or set(rest) & set("/?#@ "):
        raise Terminal(f"{host!r} is no Mastodon host; write it like mastodon.social")
    return address


def headers(token: SecretStr | None) -> dict[str, str]:
    """The token goes into this header, and nowhere else."""
    return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}


def lost(response: aiohttp.ClientResponse) -> Lost:
    """What a refusal means: its status, and how long it asks to wait."""
    return Lost(f"refused with {response.status}", response.status, _wait(response))


def _wait(response: aiohttp.ClientResponse) -> float | None:
    """Seconds until the instance answers again, where it says that it does not now."""
    asked = retry_after(response.headers.get("Retry-After"))
    spent = response.headers.get("X-RateLimit-Remaining") == "0" or response.status == 429
    reset = response.headers.get("X-RateLimit-Reset")
    if asked is not None or not spent or not reset:
        return asked
    try:
        return max(0.0, (parse_date(reset) - datetime.now(UTC)).total_seconds())
    except ValueError:
        return None


class Timelines:
    """Reads timelines of one instance forward in time."""

    def __init__(self, session: aiohttp.ClientSession, address: str, token: SecretStr | None, seconds: float) -> None:
        self._session = session
        self._address = address
        self._token = token
        self._seconds = seconds
        self._not_before = 0.0

    async def page(self, feed: Feed, after: int | None) -> bytes:
        """The `PAGE` statuses that follow the id `after`, or the newest; as JSON, newest first.

        Waits first where the last answer said that the limit (300 requests in five minutes) is reached.

        Raises:
            Lost: it was refused, or there was no answer.
        """
        await asyncio.sleep(self._not_before - asyncio.get_running_loop().time())
        query = {**feed.filter, "limit": str(PAGE)} | ({} if after is None else {"min_id": str(after)})
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._session.get(
                    self._address + feed.timeline, params=query, headers=headers(self._token), allow_redirects=False
                ) as response,
            ):
                if response.status != 200:
                    raise lost(response)
                self._not_before = asyncio.get_running_loop().time() + (_wait(response) or 0.0)
                body = await response.content.read(PAGE_BYTES)
                while not response.content.at_eof() and len(body) < PAGE_BYTES:
                    body += await response.content.read(PAGE_BYTES)
                return body
        except TimeoutError as error:
            raise Lost(f"no answer within {self._seconds:g} seconds") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Lost(f"no answer ({error})") from error

    async def streaming(self) -> str:
        """Where the instance says its streams are; itself where it does not say."""
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._session.get(self._address + "/api/v2/instance", allow_redirects=False) as response,
            ):
                found = (await response.json(content_type=None))["configuration"]["urls"]["streaming"]
            address = re.sub("^ws", "http", found)
            # A token that was given for an encrypted host is not sent without encryption.
            return base(address) if address.startswith(self._address.partition("://")[0] + "://") else self._address
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, KeyError, TypeError, Terminal):
            return self._address
