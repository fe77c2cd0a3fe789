"""A Jetstream of our own, on real sockets: it serves given frames by cursor, and breaks as it is told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.test_utils import TestServer

Wire = Literal["v1", "v2"]
METHOD = "network.bsky.jetstream.subscribeEvents"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATHS = {"v1": "/subscribe", "v2": f"/xrpc/{METHOD}"}
FIXTURE = Path(__file__).parents[1] / "fixtures" / "jetstream" / "events_v1.jsonl"


@dataclass(frozen=True)
class Refuse:
    """Answer the handshake with an error."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Serve:
    """Serve so many frames (all, when None), then hold the connection, close it with a code, or drop it."""

    frames: int | None = None
    then: Literal["hold", "close", "drop"] = "hold"
    code: int = WSCloseCode.GOING_AWAY


@dataclass
class Jetstream:
    """What is served, and how each connection goes; past the end of the script, all is well."""

    events: Sequence[bytes]
    """Frames of the wire that is spoken."""
    script: list[Refuse | Serve] = field(default_factory=list)
    floor: int = 0
    """Events before this time are no longer kept: an older time is clamped, and an older number of v2 refused."""
    wire: Wire = "v1"
    dictionary: bytes | None = None
    """What is offered to readers, and the only one that v2 compresses with."""
    binary: bool = False
    encode: Callable[[bytes], bytes] = bytes
    requests: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    downloads: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    address: str = ""

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        """One connection; whoever asks without a WebSocket is told what is wrong with the request."""
        refusal = self.refusal(request.query)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return refusal or web.Response(status=426)
        self.requests.append(dict(request.query))
        self.queries.append({name: request.query.getall(name) for name in request.query})
        if refusal:
            return refusal
        plan = self.script.pop(0) if self.script else Serve()
        if isinstance(plan, Refuse):
            return web.Response(status=plan.status, headers=plan.headers)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        largest = int(request.query.get("maxMessageSizeBytes", 1 << 40))
        kept = [event for event in self.since(request.query.get("cursor")) if len(event) <= largest]
        for event in kept[: plan.frames]:
            await self.send(socket, event)
            self.sent += 1
        if plan.then == "hold":
            await socket.receive()
        elif plan.then == "close":
            await socket.close(code=plan.code)
        elif request.transport:
            request.transport.abort()
        return socket

    def refusal(self, query: Mapping[str, str]) -> web.Response | None:
        """What v2 has against a request, in its order: dictionary, filter, cursor."""
        if self.wire == "v1":
            return None
        if query.get("zstdDictionary", self.dictionary_id) != self.dictionary_id:
            return refused("UnknownZstdDictionary", f"current dictionary id is {self.dictionary_id}")
        if unknown := {name for name in query if name.startswith("wanted")} | ({"compress"} & query.keys()):
            return refused("InvalidRequest", f"{unknown} is of the other wire")
        first = min((number_of(event) or 0 for event in self.kept), default=0)
        cursor = int(query.get("cursor", "0"))
        if "cursor" in query and cursor < 10**15 and cursor < first:
            return refused("CursorTooOld", f"cursor {cursor} below lookback floor {first}")
        return None

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The dictionary."""
        self.downloads.append(dict(request.query))
        if self.dictionary is None or request.query.get("id", self.dictionary_id) != self.dictionary_id:
            return web.json_response({"error": "DictionaryNotFound"}, status=404)
        return web.Response(body=self.dictionary)

    @property
    def dictionary_id(self) -> str:
        """As it is in the dictionary."""
        return str(int.from_bytes((self.dictionary or b"")[4:8], "little"))

    @property
    def kept(self) -> list[bytes]:
        """Events with a place that are not too old."""
        return [event for event in self.events if time_of(event) is not None and (time_of(event) or 0) >= self.floor]

    async def send(self, socket: web.WebSocketResponse, event: bytes) -> None:
        """One frame; text that is not UTF-8 is sent as it is."""
        if self.binary:
            await socket.send_bytes(self.encode(event))
        else:
            await socket.send_frame(event, WSMsgType.TEXT)

    def since(self, cursor: str | None) -> list[bytes]:
        """Events from a cursor on, in the order they are served."""
        wanted = int(cursor or 0)
        if self.wire == "v2" and wanted < 10**15:
            return [event for event in self.events if (number_of(event) or wanted) >= wanted]
        told = [OUTDATED] if self.wire == "v2" and wanted < self.floor else []
        wanted = max(wanted, self.floor)
        return told + [event for event in self.events if time_of(event) is None or (time_of(event) or 0) >= wanted]


def refused(name: str, message: str) -> web.Response:
    """An error as XRPC has it."""
    return web.json_response({"error": name, "message": message}, status=400)


@asynccontextmanager
async def serving(jetstream: Jetstream) -> AsyncIterator[Jetstream]:
    """Serve on a free port of the loopback."""
    app = web.Application()
    app.router.add_get(PATHS[jetstream.wire], jetstream.subscribe)
    app.router.add_get("/xrpc/network.bsky.jetstream.getZstdDictionary", jetstream.download)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    jetstream.address = f"ws://127.0.0.1:{server.port}"
    try:
        yield jetstream
    finally:
        await server.close()


@asynccontextmanager
async def cutting(address: str, plans: list[tuple[int, bool]]) -> AsyncIterator[str]:
    """A proxy that passes on so many bytes of each connection's answer, then drops it or (True) falls silent."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        limit, silent = plans.pop(0) if plans else (1 << 40, False)
        upstream, request = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        asking = asyncio.create_task(_copy(reader, request, 1 << 40))
        try:
            await _copy(upstream, writer, limit)
            if silent:
                await asking
        finally:
            asking.cancel()
            request.transport.abort()
            writer.transport.abort()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int) -> None:
    try:
        while limit > 0 and (data := await reader.read(min(limit, 65536))):
            writer.write(data)
            await writer.drain()
            limit -= len(data)
    except ConnectionError:
        return


def time_of(event: bytes) -> int | None:
    """When the frame's event passed, in microseconds."""
    if found := re.search(rb'"time_us":(\d+)', event):
        return int(found[1])
    found = re.search(rb'"did":"[^"]*","time":"(\d{4}-[^"]*)Z"', event)
    moment = datetime.fromisoformat(found[1].decode()).replace(tzinfo=UTC) if found else None
    return (moment - EPOCH) // timedelta(microseconds=1) if moment else None


def number_of(event: bytes) -> int | None:
    """The `seq` of a frame of v2."""
    found = re.search(rb'#\w+","seq":(\d+)', event)
    return int(found[1]) if found else None


def events(ago: float = 1.0, wire: Wire = "v1", first: int = 1000) -> list[bytes]:
    """The invented frames, moved so that the last of them passed `ago` seconds before now; v2 numbers them."""
    frames: list[dict[str, Any]] = [json.loads(line) for line in FIXTURE.read_bytes().splitlines()]
    shift = round((datetime.now(UTC).timestamp() - ago) * 1e6) - frames[-1]["time_us"]
    moved = [{**frame, "time_us": frame["time_us"] + shift} for frame in frames]
    return [compact(frame if wire == "v1" else second(frame, first + at)) for at, frame in enumerate(moved)]


def second(frame: dict[str, Any], seq: int) -> dict[str, Any]:
    """A frame of v1 as v2 has it."""
    kind = frame["kind"]
    body = frame["commit"] if kind == "commit" else {kind: frame[kind]}
    envelope = {"$type": f"{METHOD}#{kind}", "seq": seq, "did": frame["did"], "time": written(frame["time_us"])}
    return {"$type": "message", "payload": {**envelope, **body}}


def written(micros: int) -> str:
    """A time as v2 has it; past the year 9999 it is what no parser takes."""
    try:
        return f"{EPOCH + timedelta(microseconds=micros):%Y-%m-%dT%H:%M:%S.%fZ}"
    except OverflowError:
        return f"+{micros}-01-01T00:00:00.000000Z"


def retimed(frame: bytes, micros: int) -> bytes:
    """The same frame at another time."""
    event = json.loads(frame)
    if "payload" in event:
        event["payload"]["time"] = written(micros)
    else:
        event["time_us"] = micros
    return compact(event)


def commit_of(event: dict[str, Any]) -> dict[str, Any]:
    """The part of a frame that says what was written."""
    found: dict[str, Any] = event["payload"] if "payload" in event else event["commit"]
    return found


def compact(frame: dict[str, Any]) -> bytes:
    """A frame as Jetstream writes it."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()


OUTDATED = compact({"$type": "message", "payload": {"$type": f"{METHOD}#info", "name": "OutdatedCursor"}})
