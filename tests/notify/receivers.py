"""A web server and a mail server that take what Voxpop sends, on loopback."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass
class Web:
    """What was posted, and what is answered: one status after the other, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def web(*statuses: int, **headers: str) -> Iterator[Web]:
    """A server that answers these statuses, with these headers."""
    known = Web(statuses=list(statuses), headers=headers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            known.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(known.statuses.pop(0) if known.statuses else 200)
            for name, value in known.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mailbox:
    """What came by SMTP: commands as they were sent, and messages."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    refuse: str = ""
    said: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk as much SMTP as a client needs (RFC 5321), with STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4954)."""
        writer.write(b"220 voxpop.example ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            self.said.append(line)
            word = line.split()[0].upper()
            if word == "STARTTLS" and self.tls:
                writer.write(b"220 go ahead\r\n")
                await writer.drain()
                await writer.start_tls(self.tls)
                self.said.append("(TLS)")
                continue
            writer.write(await self._answer(word, reader, writer))
            await writer.drain()
            if word == "QUIT":
                break
        writer.close()

    async def _answer(self, word: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        if word == "EHLO":
            return (
                b"250-voxpop.example\r\n250-AUTH PLAIN\r\n" + (b"250-STARTTLS\r\n" if self.tls else b"") + b"250 OK\r\n"
            )
        if word == "AUTH":
            return b"235 welcome\r\n"
        if word == "DATA":
            writer.write(b"354 go on\r\n")
            await writer.drain()
            text = (await reader.readuntil(b"\r\n.\r\n")).decode()
            if self.refuse:
                return f"{self.refuse} not now\r\n".encode()
            self.messages.append(text)
        return b"221 bye\r\n" if word == "QUIT" else b"250 OK\r\n"


@contextmanager
def mailbox(tls: ssl.SSLContext | None = None, refuse: str = "") -> Iterator[Mailbox]:
    """A mail server in a thread of its own."""
    box = Mailbox(tls=tls, refuse=refuse)
    ready, over = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run(serve: Callable[..., Coroutine[Any, Any, None]]) -> None:
        loops.append(asyncio.get_running_loop())
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            box.port = server.sockets[0].getsockname()[1]
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run(box.serve)))
    thread.start()
    ready.wait()
    try:
        yield box
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join()
