"""Work that is only done while somebody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

T = TypeVar("T")


class Gone(Exception):
    """The client closed its connection before it was answered."""


async def awaited(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Answer what `work` does, which is cancelled when the client goes.

    The trap: it reads from the connection, so the body must have been read before.

    Raises:
        Gone: the client went; nobody reads what is answered.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Gone
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
