"""Several streams of server-sent events at once, as one: what ends one ends all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from pydantic import SecretStr

from voxpop.sources.sse import Event, Events, TooBig
from voxpop.sources.timelines import Feed, headers, lost
from voxpop.sources.websocket import Limits, Lost

BLOCKS = 16
"""Blocks that are held until they are taken; then the sockets are not read, and the sender waits."""

Inbox = asyncio.Queue[list[Event] | Lost]


class Heard:
    """Events of all streams, in the order they came."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def take(self) -> list[Event]:
        """The events of the next block, at least one.

        Raises:
            Lost: a stream ended, stalled, or sent what is no event; all it brought before has been taken.
        """
        found = await self._inbox.get()
        if isinstance(found, Lost):
            raise found
        return found


@asynccontextmanager
async def listening(
    session: aiohttp.ClientSession, address: str, feeds: Sequence[Feed], token: SecretStr, limits: Limits
) -> AsyncIterator[Heard]:
    """Connect to all streams, and read as fast as is taken, until left.

    Raises:
        Lost: one cannot be connected to.
    """
    inbox: Inbox = asyncio.Queue(BLOCKS)
    responses: list[aiohttp.ClientResponse] = []
    filling: list[asyncio.Task[None]] = []
    try:
        for feed in feeds:
            responses.append(await _connect(session, address, feed, token, limits))
            filling.append(asyncio.create_task(_fill(responses[-1], inbox, limits)))
        yield Heard(inbox)
    finally:
        for task in filling:
            task.cancel()
        await asyncio.gather(*filling, return_exceptions=True)
        for response in responses:
            response.close()


async def _connect(
    session: aiohttp.ClientSession, address: str, feed: Feed, token: SecretStr, limits: Limits
) -> aiohttp.ClientResponse:
    try:
        async with asyncio.timeout(limits.connect_seconds):
            response = await session.get(
                address + feed.stream,
                params=feed.query,
                headers={**headers(token), "Accept": "text/event-stream"},
                timeout=aiohttp.ClientTimeout(total=None),
                allow_redirects=False,
            )
    except TimeoutError as error:
        raise Lost(f"no connection within {limits.connect_seconds:g} seconds") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Lost(f"no connection ({error})") from error
    if response.status == 200:
        return response
    refused = lost(response)
    response.close()
    raise refused


async def _fill(response: aiohttp.ClientResponse, inbox: Inbox, limits: Limits) -> None:
    """Read one stream to its end; heartbeats show that it lives."""
    events = Events()
    ended = "the stream ended"
    try:
        while True:
            async with asyncio.timeout(limits.stall_seconds):
                block = await response.content.readany()
            if not block:
                break
            if found := events.feed(block):
                await inbox.put(found)
    except TimeoutError:
        ended = f"nothing came for {limits.stall_seconds:g} seconds"
    except TooBig as error:
        ended = str(error)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        ended = f"the stream broke ({error})"
    await inbox.put(Lost(ended))
