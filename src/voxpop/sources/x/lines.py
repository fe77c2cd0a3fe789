"""The stream's lines: bounded, and given up when not even a keep-alive comes."""

from __future__ import annotations

import asyncio

import aiohttp

from voxpop.sources.formats.context import SHORTENED, shortened
from voxpop.sources.websocket import Lost

CHUNK = 4096
"""Bytes taken at a time: what they can hold is less than what is set aside for what is on its way."""


class Lines:
    """Lines of an open stream.

    X sends an empty line every 20 seconds when there is nothing else, so silence means that the connection is dead.
    A line longer than `most` bytes comes shortened, which no decoder reads.
    """

    def __init__(self, content: aiohttp.StreamReader, stall_seconds: float, most: int) -> None:
        self._content = content
        self._stall = stall_seconds
        self._most = most
        self._open = bytearray()
        self._dropped = 0

    @property
    def is_torn(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._open.strip())

    async def take(self) -> list[bytes]:
        """The lines that ended since; empty ones are left out, so a keep-alive gives an empty list.

        Raises:
            Lost: the stream ended or stalled.
        """
        try:
            async with asyncio.timeout(self._stall):
                chunk = await self._content.read(CHUNK)
        except TimeoutError:
            raise Lost(f"nothing came for {self._stall:g} seconds") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Lost(f"the connection broke ({type(error).__name__})") from None
        if not chunk:
            raise Lost("the stream was closed")
        *ended, rest = chunk.split(b"\n")
        lines = []
        for part in ended:
            self._grow(part)
            lines.append(self._close())
        self._grow(rest)
        return [line for line in lines if line.strip()]

    def _grow(self, part: bytes) -> None:
        if len(self._open) + len(part) > self._most:
            del self._open[SHORTENED + 1 :]
            self._dropped += len(part)
        else:
            self._open += part

    def _close(self) -> bytes:
        line = bytes(self._open)
        self._open.clear()
        if self._dropped:
            self._dropped = 0
            return shortened(line + b" " * (SHORTENED + 1 - len(line)))
        return line
