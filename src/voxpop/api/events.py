"""Server-sent events as a response: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Send

PATIENCE_SECONDS: Final = 30.0


class EventStream(StreamingResponse):
    """Sends what is encoded already, to a client for as long as it reads.

    A client that takes nothing for `patience` seconds is shed: its connection ends, and an EventSource that is alive
    connects again and goes on from its last event.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], patience: float = PATIENCE_SECONDS) -> None:
        super().__init__(events, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._events = events
        self._patience = patience

    async def stream_response(self, send: Send) -> None:
        """Send the head, the events, and where they end by themselves, the end."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for event in self._events:
                async with asyncio.timeout(self._patience):
                    await send({"type": "http.response.body", "body": event, "more_body": True})
        except TimeoutError:
            # Without its end the server takes the response for broken and closes the connection.
            return
        finally:
            if isinstance(self._events, AsyncGenerator):
                await self._events.aclose()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
