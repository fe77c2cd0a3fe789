"""X as a source: the filtered stream of the rules that the topics make, within what may be spent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from voxpop.errors import Terminal
from voxpop.seams import Fetched
from voxpop.sources.x.access import connected
from voxpop.sources.x.listener import Listener, Live

_FAMILY = "x"


class XSource:
    """Posts, edits and reposts of X that match the rules, without an end.

    Delivery is at least once and in no order. What a broken connection did not bring is searched for, without reposts,
    if the settings say so; a gap says what was not. It never spends more than its purse allows: it closes the stream
    first, and goes on when the next UTC day or month begins. The cursor is `x:` and milliseconds since 1970, up to
    which all was delivered. The trap: X does not send deletions on this stream; `voxpop x compliance` asks for them.
    """

    def __init__(self, live: Live, name: str = "x") -> None:
        """Nothing is opened yet."""
        self.name = name
        self._live = live
        self._listener: Listener | None = None

    async def read(self, cursor: str | None) -> AsyncIterator[Fetched]:
        """Yield what comes, from now or from `cursor` on; tries for ever to be connected.

        Raises:
            Terminal: the cursor is of another source; X refuses the token, the app or a topic's rule; the record of
                what was spent cannot be read.
        """
        since = _position(cursor)
        async with connected(self._live.access) as client:
            self._listener = Listener(self.name, self._live, client, since)
            reading = self._listener.fetched()
            try:
                async for fetched in reading:
                    yield fetched
            finally:
                await reading.aclose()  # type: ignore[attr-defined]

    def status(self) -> dict[str, Any]:
        """What was spent and may be, the rules of others, and why a topic is not listened for."""
        listener = self._listener
        return {
            "spend": self._live.purse.report(),
            "foreign_rules": listener.synced.foreign if listener else None,
            "problem": listener.problem if listener else None,
        }


def _position(cursor: str | None) -> datetime | None:
    if cursor is None:
        return None
    family, _, position = cursor.partition(":")
    if family != _FAMILY or not position.isdecimal() or len(position) > 14:
        raise Terminal(f"the cursor {cursor!r} is not of an X source; give the source another name")
    return datetime.fromtimestamp(int(position) / 1000, UTC)
