"""Answers for the overview, worked out once for all pages that ask the same while nothing changed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from voxpop.api.service import Service
from voxpop.errors import VoxpopError
from voxpop.stores import queries

KEPT_SECONDS: Final = 1.0
"""How old an answer may be: what it says besides the store's content, such as how long ago, is exact to the second."""
_LOOK_SECONDS: Final = 0.2
_MOST_KEPT: Final = 64

_Key = tuple[str, int, tuple[int, ...]]


class Sharing:
    """Of pages that ask the same at about the same time, one has it worked out, in a thread.

    Guarantees: an answer is of what the store held when, or after, the page heard of a change; one that raised is given
    to those who waited for it and not kept. The trap: who asks is no part of the question, so nothing that depends on
    it may be among what is shared.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: OrderedDict[_Key, asyncio.Task[bytes]] = OrderedDict()
        self._seq = -1
        self._looked = 0.0
        self._looking = asyncio.Lock()
        self.worked_out = 0
        """Answers so far, however many pages got them."""

    async def answer(self, question: str, told: int, work: Callable[[], bytes]) -> bytes:
        """What `work` answers to a question, for a page that was told of the store's number `told`."""
        try:
            seq = await self._now(told)
        except VoxpopError:
            # The page is told by its own answer that the store is away.
            return await asyncio.to_thread(work)
        # Topics can change without a number of the store.
        key = (question, seq, tuple(map(hash, self._service.topics.topics)))
        return await asyncio.shield(self._asked(key, work))

    def _asked(self, key: _Key, work: Callable[[], bytes]) -> asyncio.Task[bytes]:
        known = self._kept.get(key)
        if known is None:
            known = self._kept[key] = asyncio.create_task(asyncio.to_thread(work))
            known.add_done_callback(lambda task: self._keep(key, task))
            self.worked_out += 1
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return known

    def _keep(self, key: _Key, task: asyncio.Task[bytes]) -> None:
        if not task.cancelled() and task.exception() is None:
            asyncio.get_running_loop().call_later(KEPT_SECONDS, self._kept.pop, key, None)
        else:
            self._kept.pop(key, None)

    async def _now(self, told: int) -> int:
        """The store's number, at least the one that somebody was told of, looked up once for all who ask just now."""
        clock = asyncio.get_running_loop().time
        async with self._looking:
            if self._seq < told or clock() - self._looked > _LOOK_SECONDS:
                looked = clock()
                self._seq = await asyncio.to_thread(queries.seq, self._service.store)
                self._looked = looked
        return self._seq
