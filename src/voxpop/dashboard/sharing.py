"""Answers for the overview, worked out once for all pages that ask the same while nothing changed."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voxpop.api.service import Service
from voxpop.errors import VoxpopError
from voxpop.stores import queries

PATH: Final = "/_dash-update-component"
KEPT_SECONDS: Final = 1.0
"""How old an answer may be: what it says besides the store's content, such as how long ago, is exact to the second."""
_LOOK_SECONDS: Final = 0.2
_MOST_KEPT: Final = 64
_LARGEST: Final = 64 * 1024
_SHARED: Final = ("figure.data", "atlas.data")
"""What the answers fill that are worth it: the board's and the map's. No caller's scopes or name are part of them."""
_CLOCKS: Final = ("seq", "slow")
"""Inputs whose values only say that it is time to ask."""

_Key = tuple[str, int, tuple[int, ...]]


@dataclass(frozen=True)
class _Question:
    """What is asked, and the newest number of the store that whoever asks was told of."""

    key: str
    told: int


class Sharing:
    """ASGI middleware inside the door: of pages that ask the same at about the same time, one has it worked out.

    Guarantees: an answer is of what the store held when, or after, the page heard of a change; one that is no success
    is given to those who waited for it and not kept. The trap: who asks is known by then and no part of the question,
    so nothing that depends on it may be among what is shared.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._kept: OrderedDict[_Key, asyncio.Task[list[Message]]] = OrderedDict()
        self._seq = -1
        self._looked = 0.0
        self._looking = asyncio.Lock()
        self.worked_out = 0
        """Answers so far, however many pages got them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] != PATH:
            return await self._app(scope, receive, send)
        body = await _body(receive)
        question = _question(body)
        if question is None:
            return await self._app(scope, _replayed(body), send)
        try:
            seq = await self._now(question.told)
        except VoxpopError:
            # The page is told by its own answer that the store is away.
            return await self._app(scope, _replayed(body), send)
        # Topics can change without a number of the store.
        key = (question.key, seq, tuple(map(hash, self._service.topics.topics)))
        for message in await asyncio.shield(self._answer(scope, body, key)):
            await send(dict(message))

    def _answer(self, scope: Scope, body: bytes, key: _Key) -> asyncio.Task[list[Message]]:
        known = self._kept.get(key)
        if known is None:
            known = self._kept[key] = asyncio.create_task(self._work_out(scope, body))
            known.add_done_callback(lambda task: self._keep(key, task))
            self.worked_out += 1
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return known

    def _keep(self, key: _Key, task: asyncio.Task[list[Message]]) -> None:
        is_good = not task.cancelled() and task.exception() is None and task.result()[0].get("status") == 200
        if is_good:
            asyncio.get_running_loop().call_later(KEPT_SECONDS, self._kept.pop, key, None)
        else:
            self._kept.pop(key, None)

    async def _work_out(self, scope: Scope, body: bytes) -> list[Message]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        # A scope of its own: what routing writes there is not the first caller's business.
        await self._app(dict(scope), _replayed(body), keep)
        return messages

    async def _now(self, told: int) -> int:
        """The store's number, at least the one that somebody was told of, looked up once for all who ask just now."""
        clock = asyncio.get_running_loop().time
        async with self._looking:
            if self._seq < told or clock() - self._looked > _LOOK_SECONDS:
                looked = clock()
                self._seq = await asyncio.to_thread(queries.seq, self._service.store)
                self._looked = looked
        return self._seq


def _question(body: bytes) -> _Question | None:
    """What is asked, apart from the clocks; None for what is not shared."""
    try:
        asked = json.loads(body) if len(body) <= _LARGEST else {}
        if not any(mark in asked["output"] for mark in _SHARED):
            return None
        inputs = [one if one["id"] not in _CLOCKS else {**one, "value": None} for one in asked["inputs"]]
        told = [one.get("value") for one in asked["inputs"] if one["id"] == "seq"]
        rest = {name: asked.get(name) for name in ("output", "outputs", "state")}
        return _Question(json.dumps([rest, inputs], sort_keys=True), _number(told))
    except (ValueError, LookupError, TypeError):
        return None


def _number(told: list[Any]) -> int:
    """The number in the value of `seq`, which a browser sent and so may be anything."""
    newest = told[0][0] if told and isinstance(told[0], list) and told[0] else None
    return newest if isinstance(newest, int) and 0 <= newest < 2**62 else -1


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes) -> Receive:
    """A request's body, once; after it nothing comes, as nobody waits for more of it."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.Event().wait()
        raise AssertionError("it waits for ever")

    return receive
