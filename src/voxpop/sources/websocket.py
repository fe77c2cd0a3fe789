"""A WebSocket as a bounded stream of frames; every way it can end is one kind of error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from voxpop.sources.rotation import retry_after

BUFFERED_BYTES = 1 << 20
TOO_BIG = 1009
"""Close code of a frame over the limit (RFC 6455, 7.4.1)."""


class Lost(Exception):
    """The connection could not be made, or ended.

    Attributes:
        status: HTTP status of a refused handshake, or the code the connection was closed with, where there is one.
        retry_after: seconds the other side asked to wait, where it did.
    """

    def __init__(self, reason: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True)
class Limits:
    """Bounds of one connection.

    Attributes:
        connect_seconds: for name, TCP, TLS and handshake together.
        stall_seconds: without a whole frame for so long, the connection counts as dead.
        frame_bytes: a larger frame ends the connection with `TOO_BIG`.
    """

    connect_seconds: float = 15.0
    stall_seconds: float = 45.0
    frame_bytes: int = 16 << 20


class Frames:
    """What has come in and is not taken yet: at most about `BUFFERED_BYTES`, then the socket is not read.

    The kernel's window then fills and the sender waits: nothing is dropped.
    """

    def __init__(self, stall_seconds: float) -> None:
        self._stall = stall_seconds
        self._frames: list[bytes] = []
        self._bytes = 0
        self._ended: Lost | None = None
        self._ready, self._room = asyncio.Event(), asyncio.Event()

    async def take(self) -> list[bytes]:
        """Everything there is, at least one frame; text and binary frames alike, as bytes.

        Raises:
            Lost: the connection ended, and all it brought has been taken; or it stalled.
        """
        try:
            async with asyncio.timeout(self._stall):
                await self._ready.wait()
        except TimeoutError:
            raise Lost(f"nothing came for {self._stall:g} seconds") from None
        frames, self._frames, self._bytes = self._frames, [], 0
        if not frames and self._ended:
            raise self._ended
        self._room.set()
        if not self._ended:
            self._ready.clear()
        return frames

    async def fill(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        """Read the socket to its end."""
        async for message in socket:
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                break
            self._frames.append(message.data)
            self._bytes += len(message.data)
            self._ready.set()
            if self._bytes >= BUFFERED_BYTES:
                self._room.clear()
                await self._room.wait()
        error = socket.exception()
        self._ended = Lost(f"closed with {socket.close_code}" + (f" ({error})" if error else ""), socket.close_code)
        self._ready.set()


@asynccontextmanager
async def connected(session: aiohttp.ClientSession, url: str, limits: Limits) -> AsyncIterator[Frames]:
    """Connect, and read as fast as frames are taken, until left.

    Raises:
        Lost: there is no connection to be had.
    """
    frames = Frames(limits.stall_seconds)
    socket = await _connect(session, url, limits)
    filling = asyncio.create_task(frames.fill(socket))
    try:
        yield frames
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        await socket.close()


async def _connect(session: aiohttp.ClientSession, url: str, limits: Limits) -> aiohttp.ClientWebSocketResponse[bool]:
    # A dead peer never answers a close, so there is no point in waiting for it.
    timeout = aiohttp.ClientWSTimeout(ws_close=min(1.0, limits.stall_seconds))
    try:
        async with asyncio.timeout(limits.connect_seconds):
            # Text is left undecoded: invalid UTF-8 is a bad record, not a reason to end the connection.
            return await session.ws_connect(url, max_msg_size=limits.frame_bytes, decode_text=False, timeout=timeout)
    except aiohttp.WSServerHandshakeError as error:
        asked = retry_after(error.headers.get("Retry-After")) if error.headers else None
        raise Lost(f"refused with {error.status}", error.status, asked) from error
    except TimeoutError as error:
        raise Lost(f"no connection within {limits.connect_seconds:g} seconds") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Lost(f"no connection ({error})") from error
