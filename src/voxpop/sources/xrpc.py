"""Plain HTTP beside a stream: what a refused request is told, and a small file of a host; both bounded."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import aiohttp
import msgspec

MOST_SAID = 16_384
SECONDS = 15.0


class Complaint(NamedTuple):
    """An XRPC error (https://atproto.com/specs/xrpc): its name is what may be acted on."""

    name: str = ""
    message: str = ""


class _Envelope(msgspec.Struct):
    error: str = ""
    message: str = ""


class Unavailable(Exception):
    """A file cannot be had; `status` is the answer's, where there was one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


def http(address: str) -> str:
    """The address of the same host for plain requests.

    >>> http("wss://example.org/x")
    'https://example.org/x'
    """
    return "http" + address.removeprefix("ws")


async def complaint(session: aiohttp.ClientSession, url: str) -> Complaint:
    """Ask again, without a WebSocket, why a handshake was refused: the refusal's words are lost with the handshake.

    Total: no answer, or none that can be read, is an empty complaint.
    """
    try:
        body = await _body(session, url, MOST_SAID, refused=True)
        found = msgspec.json.decode(body, type=_Envelope)
    except (Unavailable, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Complaint()
    return Complaint(found.error, found.message)


async def download(session: aiohttp.ClientSession, url: str, most: int) -> bytes:
    """The body of an answer.

    Raises:
        Unavailable: there is none, it is larger than `most` bytes, or it takes too long.
    """
    return await _body(session, url, most, refused=False)


async def _body(session: aiohttp.ClientSession, url: str, most: int, *, refused: bool) -> bytes:
    try:
        # Timed by hand, so that what drips in is bounded, too.
        async with asyncio.timeout(SECONDS), session.get(url, allow_redirects=False) as answer:
            if not refused and answer.status != 200:
                raise Unavailable(f"refused with {answer.status}", answer.status)
            body = bytearray()
            async for block in answer.content.iter_any():
                body += block
                if len(body) > most:
                    raise Unavailable(f"it is larger than {most} bytes")
            return bytes(body)
    except TimeoutError:
        raise Unavailable(f"it did not come within {SECONDS:g} seconds") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Unavailable(f"no connection ({error})") from error
