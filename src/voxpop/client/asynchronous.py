"""The client for programs on an event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
import pyarrow as pa
from pydantic import SecretStr

from voxpop.client import answers, questions
from voxpop.client.chosen import (
    Bucketed,
    Chosen,
    Compared,
    Corrected,
    Driven,
    Estimated,
    Mapped,
    Searched,
    parameters,
)
from voxpop.client.connection import PAGE, Reach, read, request
from voxpop.client.questions import Question
from voxpop.errors import VoxpopError
from voxpop.sources.sse import Events

T = TypeVar("T")


class AsyncClient:
    """As `voxpop.Client`, method for method, on an event loop; an asynchronous context manager.

    async with voxpop.AsyncClient() as client:
        table = await client.buckets(topic="gta6", width=3600)
    """

    def __init__(self, url: str | None = None, key: str | SecretStr | None = None, timeout: float = 30.0) -> None:
        self._reach = Reach(url, SecretStr(key) if isinstance(key, str) else key, timeout)
        self._http = httpx.AsyncClient(**self._reach.options())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def buckets(self, **chosen: Unpack[Bucketed]) -> pa.Table:
        """Counts and net sentiment by interval, by default of the last 24 hours; with `group`, by `name`, too."""
        return await self.ask(questions.buckets(chosen))

    async def compare(self, **chosen: Unpack[Compared]) -> pa.Table:
        """Share of voice and sentiment of topics beside the period before; a row a topic."""
        return await self.ask(questions.compare(chosen))

    async def countries(self, **chosen: Unpack[Mapped]) -> pa.Table:
        """Counts and shares by country."""
        return await self.ask(questions.countries(chosen))

    async def cells(self, **chosen: Unpack[Mapped]) -> pa.Table:
        """Counts and shares by H3 cell."""
        return await self.ask(questions.cells(chosen))

    async def posts(self, limit: int | None = None, **chosen: Unpack[Searched]) -> pa.Table:
        """The newest posts, or all of them; with `q`, those whose text holds its words."""
        if limit is None:
            return await self.ask(questions.posts(chosen))
        found: list[dict[str, Any]] = []
        before = None
        while len(found) < limit:
            page = await self.ask(questions.page(chosen, min(PAGE, limit - len(found)), before))
            found += page["posts"]
            before = page["next"]
            if before is None:
                break
        return answers.table(found)

    async def topics(self) -> pa.Table:
        """The topics, each with its counts in the newest hour of data."""
        return await self.ask(questions.topics())

    async def add_topic(self, name: str, query: str, title: str | None = None) -> dict[str, Any]:
        """Add a topic; its past is counted meanwhile."""
        return await self.ask(questions.add_topic(name, query, title))

    async def remove_topic(self, name: str) -> None:
        """Remove a topic that was added."""
        await self.ask(questions.remove_topic(name))

    async def score(self, texts: Sequence[str], *, any_language: bool = False) -> pa.Table:
        """Score texts: `label`, probabilities, `polarity`, a row a text, in order."""
        parts = [await self.ask(question) for question in questions.score(texts, any_language=any_language)]
        return answers.table([row for part in parts for row in part])

    async def explain(self, text: str) -> dict[str, Any]:
        """Which words carried the label of a text."""
        return await self.ask(questions.explain(text))

    async def prevalence(self, **chosen: Unpack[Estimated]) -> dict[str, Any]:
        """Shares corrected for the model's errors, with 90 % intervals: `total`, and `rows` by `width` or `group`."""
        return await self.ask(questions.prevalence(chosen))

    async def drivers(self, **chosen: Unpack[Driven]) -> dict[str, Any]:
        """What moved the numbers from one window to another."""
        return await self.ask(questions.drivers(chosen))

    async def copies(self, limit: int = 10_000, **chosen: Unpack[Chosen]) -> dict[str, Any]:
        """How much of the newest posts is copied, and how much comes from few authors."""
        return await self.ask(questions.copies(chosen, limit))

    async def corrections(self, limit: int | None = None, **chosen: Unpack[Corrected]) -> pa.Table:
        """The labels that people gave, newest first; all of them without a limit."""
        found: list[dict[str, Any]] = []
        before = None
        while limit is None or len(found) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = await self.ask(questions.corrections(chosen, size, before))
            found += page["corrections"]
            before = page["next"]
            if before is None:
                break
        return answers.table(found)

    async def correct(self, post_id: str, label: str, author: str | None = None, drawn: str = "own") -> dict[str, Any]:
        """Give a post a label; `drawn` is that of `next_to_label` where the post came from there."""
        given = {"post_id": post_id, "label": label, "author": author, "drawn": drawn}
        return await self.ask(questions.correct(given))

    async def next_to_label(self, n: int = 20, drawn: str = "next", **chosen: Unpack[Chosen]) -> pa.Table:
        """Posts to label next: what teaches most, or with `drawn="random"` a fair sample."""
        return await self.ask(questions.next_to_label(chosen, n, drawn))

    async def gaps(self, source: str | None = None) -> pa.Table:
        """Periods in which a live source was not heard."""
        return await self.ask(questions.gaps(source))

    async def models(self) -> pa.Table:
        """The models there are, with their figures."""
        return await self.ask(questions.models())

    async def status(self) -> dict[str, Any]:
        """The state of the server."""
        return await self.ask(questions.status())

    async def live(self, **chosen: Unpack[Chosen]) -> AsyncIterator[dict[str, Any]]:
        """Updates of a `topic` as they come, at most one a second, until the server stops."""
        async with self._http.stream("GET", "/v1/live", params=list(parameters(chosen)), timeout=None) as answer:
            if not answer.is_success:
                await answer.aread()
                raise answers.error(answer)
            events = Events()
            async for block in answer.aiter_raw():
                for event in events.feed(block):
                    if event.name == "update":
                        yield json.loads(event.data)

    async def ask(self, question: Question[T]) -> T:
        """Ask one of `voxpop.client.questions`, again where that may help."""
        for tried in range(self._reach.retries + 1):
            try:
                return await self._once(question)
            except VoxpopError as error:
                await asyncio.sleep(self._reach.pause(question, error, tried))
        raise AssertionError("the last try answers or raises")

    async def _once(self, question: Question[T]) -> T:
        try:
            answer = await self._http.request(**request(question))
        except httpx.TransportError as error:
            raise self._reach.unreachable(error) from error
        return read(question, answer)
