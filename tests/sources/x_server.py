"""An X of our own, on real sockets: rules, stream, search, counts and compliance, over invented posts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Literal

from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from voxpop.sources.x.access import Access
from voxpop.sources.x.listener import Live
from voxpop.sources.x.pace import Pace
from voxpop.sources.x.search import Past
from voxpop.sources.x.source import XSource
from voxpop.sources.x.spend import Limits, Purse
from voxpop.sources.x.wanted import Rule

TOKEN = "AAAAinventedtoken%3Dxyz"
RULES = (Rule('tesla OR "model 3"', "tesla"), Rule("gta6", "gta6"))
QUICK = Pace(0.001, 0.002, 0.001, 0.004, 0.001, 0.004, healthy=0.5)
PLENTY = Limits(day=10**12, month=10**12)


@dataclass(frozen=True)
class Refuse:
    """Answer the stream's request with an error."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Serve:
    """Say so many new posts on the stream, or send these bytes as they are; then go on so; then say some to nobody.

    Of each line only its first `cut` bytes are sent.
    """

    say: int = 0
    raw: Sequence[bytes] = ()
    then: Literal["hold", "silent", "close", "drop"] = "hold"
    unheard: int = 0
    cut: int | None = None


@dataclass
class X:
    """What X holds, and how each connection of the stream goes; past the end of the script, it holds and is well."""

    script: list[Refuse | Serve] = field(default_factory=list)
    rules: list[dict[str, str]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    refused_values: tuple[str, ...] = ()
    search_script: list[Refuse] = field(default_factory=list)
    heartbeat: float = 0.1
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    connections: int = 0
    sent_resources: int = 0
    """Posts and users in everything that was answered or streamed."""
    never_completes: bool = False
    deleted: tuple[str, ...] = ()
    uploaded: bytes = b""
    address: str = ""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def say(self, number: int) -> list[dict[str, Any]]:
        """New posts, now, kept for the search."""
        fresh = [self.line(next(self._numbers)) for _ in range(number)]
        self.posts += fresh
        return fresh

    def line(self, number: int, **fields: Any) -> dict[str, Any]:
        """A stream line: every third post is long, in every spelling that X has."""
        now = datetime.now(UTC)
        native = str(((round(now.timestamp() * 1000) - 1_288_834_974_657) << 22) + number)
        data = {
            "id": native,
            "text": f"invented post {number} about tesla",
            "author_id": "77",
            "created_at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "edit_history_tweet_ids": [native],
            "lang": "en",
            "public_metrics": {("repost_count" if number % 2 else "retweet_count"): 0},
            **fields,
        }
        if number % 3 == 0:
            data["note_tweet"] = {"text": f"invented long post {number} " + "x" * 300}
        users = [{"id": "77", "username": "ana", "location": "Berlin"}]
        return {"data": data, "includes": {"users": users}, "matching_rules": [{"id": "1", "tag": "voxpop:tesla"}]}

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """One connection of the stream."""
        if not self.rules:
            return web.json_response({"title": "RulesAbsent", "detail": "no rules"}, status=409)
        self.connections += 1
        plan = self.script.pop(0) if self.script else Serve()
        if isinstance(plan, Refuse):
            return web.json_response(plan.body, status=plan.status, headers=plan.headers)
        answer = web.StreamResponse()
        await answer.prepare(request)
        for line in [*map(encoded, self.say(plan.say)), *plan.raw]:
            self.sent_resources += 2
            await answer.write(line[: plan.cut])
        if plan.then == "hold":
            while True:
                await asyncio.sleep(self.heartbeat)
                await answer.write(b"\r\n")
        elif plan.then == "silent":
            self.say(plan.unheard)
            await asyncio.sleep(30)
        elif plan.then == "drop" and request.transport:
            request.transport.abort()
        self.say(plan.unheard)
        return answer

    async def known_rules(self, request: web.Request) -> web.Response:
        return web.json_response({"data": self.rules, "meta": {"result_count": len(self.rules)}})

    async def change_rules(self, request: web.Request) -> web.Response:
        body = await request.json()
        if "delete" in body:
            self.rules = [rule for rule in self.rules if rule["id"] not in body["delete"]["ids"]]
            return web.json_response({"meta": {}})
        bad = [rule for rule in body["add"] if rule["value"] in self.refused_values]
        if bad:
            problem = {"value": bad[0]["value"], "title": "UnprocessableEntity", "details": ["no viable alternative"]}
            return web.json_response({"errors": [problem], "meta": {}})
        if "dry_run" not in request.query:
            self.rules += [{"id": str(next(self._numbers)), **rule} for rule in body["add"]]
        return web.json_response({"data": body["add"], "meta": {}}, status=201)

    async def search(self, request: web.Request) -> web.Response:
        if self.search_script:
            plan = self.search_script.pop(0)
            return web.json_response(plan.body, status=plan.status, headers=plan.headers)
        query = request.query
        found = [
            line
            for line in reversed(self.posts)
            if query["start_time"] <= line["data"]["created_at"] < query["end_time"] and "gta6" not in query["query"]
        ]
        begin, size = int(query.get("next_token", 0)), int(query["max_results"])
        page = found[begin : begin + size]
        self.sent_resources += len(page) + bool(page)
        meta: dict[str, Any] = {"result_count": len(page)}
        if begin + size < len(found):
            meta["next_token"] = str(begin + size)
        answer: dict[str, Any] = {"meta": meta}
        if page:
            answer |= {"data": [line["data"] for line in page], "includes": page[0]["includes"]}
        return web.json_response(answer)

    async def counts(self, request: web.Request) -> web.Response:
        now = datetime.now(UTC)
        days = [(now - timedelta(days=7 - day), now - timedelta(days=6 - day)) for day in range(7)]
        data = [{"start": a.isoformat(), "end": b.isoformat(), "tweet_count": 1000} for a, b in days]
        return web.json_response({"data": data, "meta": {"total_tweet_count": 7000}})

    async def job(self, request: web.Request) -> web.Response:
        done = self.uploaded and request.method == "GET" and not self.never_completes
        data = {"id": "5", "status": "complete" if done else "created"}
        data |= {"upload_url": f"{self.address}/upload", "download_url": f"{self.address}/results"}
        return web.json_response({"data": data})

    async def upload(self, request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        self.uploaded = await request.read()
        return web.Response()

    async def results(self, request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        lines = [
            {"id": native, "action": "delete", "created_at": created(native), "reason": "deleted"}
            for native in self.deleted
            if native in self.uploaded.decode().splitlines()
        ]
        return web.Response(text="".join(json.dumps(line) + "\n" for line in lines))


@asynccontextmanager
async def serving(x: X) -> AsyncIterator[X]:
    """Serve on a free port of the loopback; every request but transfers must bring the token."""

    @web.middleware
    async def checked(request: web.Request, handler: Any) -> web.StreamResponse:
        x.requests.append((request.method, request.path, dict(request.query)))
        private = request.path in ("/upload", "/results")
        if not private and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"title": "Unauthorized", "detail": "Unauthorized"}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    app = web.Application(middlewares=[checked])
    app.router.add_get("/2/tweets/search/stream", x.stream)
    app.router.add_get("/2/tweets/search/stream/rules", x.known_rules)
    app.router.add_post("/2/tweets/search/stream/rules", x.change_rules)
    app.router.add_get("/2/tweets/search/recent", x.search)
    app.router.add_get("/2/tweets/counts/recent", x.counts)
    app.router.add_post("/2/compliance/jobs", x.job)
    app.router.add_get("/2/compliance/jobs/5", x.job)
    app.router.add_put("/upload", x.upload)
    app.router.add_get("/results", x.results)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    x.address = f"http://127.0.0.1:{server.port}"
    try:
        yield x
    finally:
        await server.close()


def source(address: str, data: Path, **fields: Any) -> XSource:
    """A source that does not wait long before it tries again, with money to burn unless told otherwise."""
    settings: dict[str, Any] = {
        "wanted": lambda limit: RULES,
        "purse": Purse(data, fields.pop("limits", PLENTY)),
        "pace": QUICK,
        "past": Past(overlap=1.0, settle=0.0, window=2.0),
        "stall_seconds": 10.0,
        "check_seconds": 0.1,
        **fields,
    }
    return XSource(Live(Access(SecretStr(TOKEN), address, connect_seconds=10), **settings))


def encoded(line: dict[str, Any]) -> bytes:
    """A line as X sends it."""
    return json.dumps(line, separators=(",", ":")).encode() + b"\r\n"


def created(native: str) -> str:
    """When X made an id."""
    moment = datetime.fromtimestamp(((int(native) >> 22) + 1_288_834_974_657) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
