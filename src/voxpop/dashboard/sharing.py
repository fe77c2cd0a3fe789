"""Answers for the overview, worked out once for all pages that ask the same while nothing changed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voxpop.api.service import Service

KEPT_SECONDS: Final = 1.0
"""How old an answer may be: what it says besides the store's content, such as how long ago, is exact to the second."""
_MOST_KEPT: Final = 64

_Key = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class _Answer:
    """One that is worked out or kept, and the newest number of the store that whoever asked was told of."""

    told: int
    task: asyncio.Task[bytes]


class Sharing:
    """Of pages that ask the same at about the same time, one has it worked out, in a thread.

    Guarantees: an answer is of what the store held when, or after, the page heard of a change; one that raised is given
    to those who waited for it and not kept. The trap: who asks is no part of the question, so nothing that depends on
    it may be among what is shared.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: OrderedDict[_Key, _Answer] = OrderedDict()
        self.worked_out = 0
        """Answers so far, however many pages got them."""

    async def answer(self, question: str, told: int, work: Callable[[], bytes]) -> bytes:
        """What `work` answers to a question, for a page that was told of the store's number `told`."""
        # Topics can change without a number of the store.
        key = (question, tuple(map(hash, self._service.topics.topics)))
        known = self._kept.get(key)
        # The store need not be asked for its number: what was worked out for a page that heard of as much is of that.
        if known is None or known.told < told:
            known = self._begun(key, told, work)
        return await asyncio.shield(known.task)

    def _begun(self, key: _Key, told: int, work: Callable[[], bytes]) -> _Answer:
        made = self._kept[key] = _Answer(told, asyncio.create_task(asyncio.to_thread(work)))
        made.task.add_done_callback(lambda task: self._keep(key, made))
        self.worked_out += 1
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return made

    def _keep(self, key: _Key, made: _Answer) -> None:
        is_good = not made.task.cancelled() and made.task.exception() is None
        if is_good:
            asyncio.get_running_loop().call_later(KEPT_SECONDS, self._forget, key, made)
        else:
            self._forget(key, made)

    def _forget(self, key: _Key, made: _Answer) -> None:
        # A newer one may have taken its place.
        if self._kept.get(key) is made:
            del self._kept[key]
