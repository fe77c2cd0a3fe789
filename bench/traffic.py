"""A Jetstream that says what a capture said, again and again, at a pace of its own, as new posts of now."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bench.wire import COLLECTION

TICK = 0.005


def posts_of(capture: Sequence[dict[str, Any]], *, only: bool) -> list[dict[str, Any]]:
    """The events of a capture that can be told again, those about posts alone if `only`; others keep their kind.

    Accounts that are gone are left out: they would take posts away that are only put together from the capture.
    """
    about_posts = [event for event in capture if event.get("commit", {}).get("collection") == COLLECTION]
    others = [event for event in capture if event not in about_posts and event.get("account", {}).get("active", True)]
    return [event for event in capture if event in about_posts or (event in others and not only)]


@dataclass
class Traffic:
    """So many events at so many a second, from the first connection on; a cursor gets those since, then the rest.

    Each has a time, an author, an rkey and a rev of its own: event n of all happens n / rate seconds after the first.
    A deletion deletes the newest post of the same round. `texts` take the place of what English posts say.
    """

    templates: Sequence[dict[str, Any]]
    rate: float
    events: int
    texts: Sequence[str] = ()
    began: float = 0.0
    connections: list[float] = field(default_factory=list)
    sent: int = 0

    def at(self, number: int) -> int:
        """When an event happens, in microseconds since 1970."""
        return round((self.began + number / self.rate) * 1e6)

    def about(self, number: int) -> tuple[str, str, str] | None:
        """What must land of an event: post_id, op and rev; None where it is about no post."""
        commit = self._template(number).get("commit", {})
        if commit.get("collection") != COLLECTION:
            return None
        subject = self._subject(number)
        post_id = f"bluesky:at://{self._author(subject)}/{COLLECTION}/3m{subject:011d}"
        return post_id, commit["operation"], f"3n{number:011d}"

    def frame(self, number: int) -> bytes:
        """An event as it is sent."""
        template = self._template(number)
        subject = self._subject(number)
        event = {**template, "did": self._author(subject), "time_us": self.at(number)}
        if "commit" in template:
            commit = {**template["commit"], "rkey": f"3m{subject:011d}", "rev": f"3n{number:011d}"}
            if "text" in commit.get("record", {}):
                commit["record"] = {**commit["record"], "text": self._text(commit["record"], number)}
            event["commit"] = commit
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()

    def _template(self, number: int) -> dict[str, Any]:
        return self.templates[number % len(self.templates)]

    def _author(self, number: int) -> str:
        return str(self.templates[(number + number // len(self.templates)) % len(self.templates)]["did"])

    def _subject(self, number: int) -> int:
        """The number of the event whose post this one is about: for an edit or a deletion, an earlier one's."""
        operation = self._template(number).get("commit", {}).get("operation", "create")
        if operation == "create":
            return number
        first = number - number % len(self.templates)
        earlier = (known for known in range(number - 1, first - 1, -1) if self._creates(known))
        return next(earlier, number)

    def _creates(self, number: int) -> bool:
        commit = self._template(number).get("commit", {})
        return commit.get("collection") == COLLECTION and commit.get("operation") == "create"

    def _text(self, record: dict[str, Any], number: int) -> str:
        if self.texts and "en" in (record.get("langs") or ["en"]):
            return self.texts[number % len(self.texts)]
        return f"{record['text']} {number}"

    async def subscribe(self, request: web.Request) -> web.WebSocketResponse:
        """One connection."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self.began = self.began or time.time()
        self.connections.append(time.time())
        now = int((time.time() - self.began) * self.rate)
        cursor = request.query.get("cursor")
        number = now if cursor is None else max(0, int((int(cursor) / 1e6 - self.began) * self.rate))
        with suppress(ConnectionError):
            while number < self.events:
                due = min(self.events, int((time.time() - self.began) * self.rate))
                for each in range(number, due):
                    await socket.send_frame(self.frame(each), WSMsgType.TEXT)
                number = max(number, due)
                self.sent = max(self.sent, number)
                await asyncio.sleep(TICK)
            await socket.receive()
        return socket


@asynccontextmanager
async def served(traffic: Traffic) -> AsyncIterator[str]:
    """Serve it on a free port of the loopback; gives the address."""
    app = web.Application()
    app.router.add_get("/subscribe", traffic.subscribe)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
