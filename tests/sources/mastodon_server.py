"""A Mastodon of our own, on real sockets: streams and timelines of invented statuses, and every way to break."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from aiohttp import web
from aiohttp.test_utils import TestServer

from voxpop.sources.formats.mastodon import id_at

TOKEN = "a-token-of-nobody"


def status(number: int, text: str = "", ago: float = 30.0, **fields: Any) -> dict[str, Any]:
    """An invented status, written `ago` seconds less `number` before now."""
    at = datetime.now(UTC) - timedelta(seconds=ago) + timedelta(milliseconds=100 * number)
    account = {"id": "7", "username": "ana", "acct": "ana@town.example", "bot": False, "indexable": True}
    return {
        "id": str(id_at(round(at.timestamp() * 1e6)) + number),
        "created_at": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "visibility": "public",
        "language": "en",
        "url": f"https://town.example/@ana/{number}",
        "content": f"<p>{text or f'post {number}'}</p>",
        "edited_at": None,
        "in_reply_to_id": None,
        "reblog": None,
        "account": account | fields.pop("account", {}),
        **fields,
    }


def frame(name: str, data: Any, end: str = "\n") -> bytes:
    """An event as the streaming server writes it."""
    body = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return f"event: {name}{end}data: {body}{end}{end}".encode()


def updates(statuses: Sequence[dict[str, Any]]) -> list[bytes]:
    """Each status as a frame."""
    return [frame("update", one) for one in statuses]


@dataclass(frozen=True)
class Refuse:
    """Answer with an error."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Serve:
    """Send these bytes on a stream, then hold the connection, end it or drop it."""

    frames: Sequence[bytes] = ()
    then: Literal["hold", "end", "drop", "beat"] = "hold"


@dataclass
class Instance:
    """What is served: each stream's connections by script, then silence; the timelines from `statuses`."""

    statuses: list[dict[str, Any]] = field(default_factory=list)
    streams: dict[str, list[Refuse | Serve]] = field(default_factory=dict)
    pages: list[Refuse] = field(default_factory=list)
    elsewhere: str = ""
    requests: list[web.Request] = field(default_factory=list)
    address: str = ""

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """One connection of one stream."""
        self.requests.append(request)
        assert request.headers["Authorization"] == f"Bearer {TOKEN}" and TOKEN not in str(request.url)
        name = request.path.removeprefix("/api/v1/streaming/")
        script = self.streams.get(name, [])
        plan = script.pop(0) if script else Serve()
        if isinstance(plan, Refuse):
            return web.Response(status=plan.status, headers=plan.headers)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":)\n")
        for piece in plan.frames:
            await response.write(piece)
        await self._then(plan, request, response)
        return response

    async def _then(self, plan: Serve, request: web.Request, response: web.StreamResponse) -> None:
        if plan.then == "drop" and request.transport:
            request.transport.abort()
        while plan.then in ("hold", "beat") and request.transport and not request.transport.is_closing():
            await asyncio.sleep(0.05)
            if plan.then == "beat":
                await response.write(b":thump\n")

    async def timeline(self, request: web.Request) -> web.StreamResponse:
        """A page, newest first, of what follows `min_id`."""
        self.requests.append(request)
        assert TOKEN not in str(request.url)
        if self.pages:
            refused = self.pages.pop(0)
            return web.Response(status=refused.status, headers=refused.headers)
        after, limit = int(request.query.get("min_id", 0)), int(request.query["limit"])
        found = sorted((one for one in self.statuses if int(one["id"]) > after), key=lambda one: int(one["id"]))
        kept = found[:limit] if "min_id" in request.query else found[-limit:]
        return web.json_response(kept[::-1], headers={"X-RateLimit-Remaining": "299"})

    async def instance(self, request: web.Request) -> web.StreamResponse:
        """Where the streams are."""
        return web.json_response({"configuration": {"urls": {"streaming": self.elsewhere}}})


@asynccontextmanager
async def serving(instance: Instance) -> AsyncIterator[Instance]:
    """Serve on a free port of the loopback."""
    app = web.Application()
    app.router.add_get("/api/v1/streaming/{name:.+}", instance.stream)
    app.router.add_get("/api/v1/timelines/{name:.+}", instance.timeline)
    app.router.add_get("/api/v2/instance", instance.instance)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    instance.address = f"http://127.0.0.1:{server.port}"
    try:
        yield instance
    finally:
        await server.close()
