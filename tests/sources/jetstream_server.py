"""A Jetstream of our own, on real sockets: it serves given frames by cursor, and breaks as it is told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.test_utils import TestServer

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
    script: list[Refuse | Serve] = field(default_factory=list)
    floor: int = 0
    """Events before it are no longer kept; an older cursor is clamped in silence."""
    binary: bool = False
    encode: Callable[[bytes], bytes] = bytes
    requests: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    address: str = ""

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        """One connection."""
        self.requests.append(dict(request.query))
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

    async def send(self, socket: web.WebSocketResponse, event: bytes) -> None:
        """One frame; text that is not UTF-8 is sent as it is."""
        if self.binary:
            await socket.send_bytes(self.encode(event))
        else:
            await socket.send_frame(event, WSMsgType.TEXT)

    def since(self, cursor: str | None) -> list[bytes]:
        """Events from a cursor on, in the order they are served."""
        wanted = max(int(cursor or 0), self.floor)
        return [event for event in self.events if time_of(event) is None or (time_of(event) or 0) >= wanted]


@asynccontextmanager
async def serving(jetstream: Jetstream) -> AsyncIterator[Jetstream]:
    """Serve on a free port of the loopback."""
    app = web.Application()
    app.router.add_get("/subscribe", jetstream.subscribe)
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
    """The frame's `time_us`."""
    found = re.search(rb'"time_us":(\d+)', event)
    return int(found[1]) if found else None


def events(ago: float = 1.0) -> list[bytes]:
    """The invented frames, moved so that the last of them passed `ago` seconds before now."""
    frames: list[dict[str, Any]] = [json.loads(line) for line in FIXTURE.read_bytes().splitlines()]
    shift = round((datetime.now(UTC).timestamp() - ago) * 1e6) - frames[-1]["time_us"]
    return [compact({**frame, "time_us": frame["time_us"] + shift}) for frame in frames]


def compact(frame: dict[str, Any]) -> bytes:
    """A frame as Jetstream writes it."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
