"""Scoring for many at once: the texts that concurrent requests wait for go to the scorer together, on one thread."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from voxpop.errors import Transient
from voxpop.score import score_texts
from voxpop.seams import Scorer

_SMOOTHING: Final = 0.3


@dataclass(frozen=True)
class Limits:
    """How many texts go to the scorer at once, and how many may wait; a request that would exceed it is refused."""

    batch: int = 256
    waiting: int = 20_000


@dataclass(frozen=True)
class Towards:
    """A scorer that reads a topic beside each text, and the topic in words."""

    scorer: Scorer
    topic: str


@dataclass(eq=False)
class _Request:
    """Texts that one caller waits for, and as far as they went, their scores."""

    texts: Sequence[str]
    any_language: bool
    towards: Towards | None
    answer: asyncio.Future[None]
    begun: int = 0
    scored: list[pa.RecordBatch] = field(default_factory=list)

    @property
    def left(self) -> int:
        return len(self.texts) - self.begun


@dataclass(frozen=True)
class _Piece:
    """Neighbouring texts of one request that are in a batch."""

    request: _Request
    texts: Sequence[str]


class Batcher:
    """Scores what its callers wait for, in batches made of whatever waits when the scorer is free.

    Nothing waits for a batch to fill: a lone text goes at once, and under load batches grow by themselves. Requests
    take turns, so a long one does not keep the short ones behind it waiting. That the company a text is scored in
    changes nothing of its score, to the last bit, is the scorer's law. What its caller no longer waits for is not
    begun. All calls must come from one event loop.
    """

    def __init__(self, scorer: Scorer, limits: Limits = Limits()) -> None:
        self._scorer = scorer
        self._limits = limits
        self._queue: deque[_Request] = deque()
        self._thread = ThreadPoolExecutor(1, "voxpop-score")
        self._draining: asyncio.Task[None] | None = None
        self.waiting = 0
        """Texts that wait for the scorer; those that it is at are not counted."""
        self._seconds_a_text = 0.0
        self.batches = 0
        """Batches that went to the scorer so far."""

    async def score(
        self, texts: Sequence[str], *, any_language: bool = False, towards: Towards | None = None
    ) -> pa.Table:
        """Score texts like `voxpop.score.score_texts`, row for row; with `towards`, by its scorer and beside its topic.

        Raises:
            Transient: too many wait already; `retry_after` is about when they will be done.
        """
        if self.waiting + len(texts) > self._limits.waiting:
            seconds = max(1, math.ceil(self.waiting * self._seconds_a_text))
            raise Transient(f"{self.waiting:,} texts wait to be scored already; try again in {seconds} s", seconds)
        request = _Request(texts, any_language, towards, asyncio.get_running_loop().create_future())
        self._queue.append(request)
        self.waiting += len(texts)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        try:
            await request.answer
        finally:
            # Left behind by a cancelled caller, or by a scorer that failed.
            self.waiting -= request.left
            request.begun = len(texts)
        return pa.Table.from_batches(request.scored)

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while pieces := self._take():
            begun = time.perf_counter()
            try:
                scored = await loop.run_in_executor(self._thread, self._scored, pieces)
            except Exception as error:
                for piece in pieces:
                    if not piece.request.answer.done():
                        piece.request.answer.set_exception(error)
                continue
            self._measure((time.perf_counter() - begun) / max(1, sum(len(piece.texts) for piece in pieces)))
            for piece, rows in zip(pieces, scored, strict=True):
                piece.request.scored.append(rows)
                if not piece.request.left and not piece.request.answer.done():
                    piece.request.answer.set_result(None)

    def _take(self) -> list[_Piece]:
        """Fill a batch from the front of the queue; what is left of a request goes to the queue's end."""
        pieces: list[_Piece] = []
        room = self._limits.batch
        for _ in range(len(self._queue)):
            if room <= 0:
                break
            request = self._queue.popleft()
            if request.answer.done():
                continue
            piece = _Piece(request, request.texts[request.begun : request.begun + room])
            request.begun += len(piece.texts)
            self.waiting -= len(piece.texts)
            # A request without texts still needs an answer, and costs the batch nothing.
            room -= len(piece.texts)
            pieces.append(piece)
            if request.left:
                self._queue.append(request)
        return pieces

    def _scored(self, pieces: Sequence[_Piece]) -> list[pa.RecordBatch]:
        """The scores of each piece; those with another topic, or that take any language, need a call of their own."""
        self.batches += 1
        found: dict[int, pa.RecordBatch] = {}
        asked = [(piece.request.any_language, piece.request.towards) for piece in pieces]
        for any_language, towards in dict.fromkeys(asked):
            alike = [at for at, each in enumerate(asked) if each == (any_language, towards)]
            texts = pa.array([_whole(text) for at in alike for text in pieces[at].texts], pa.string())
            scorer, topic = (towards.scorer, towards.topic) if towards else (self._scorer, None)
            rows = score_texts(scorer, texts, any_language=any_language, topic=topic)
            begin = 0
            for at in alike:
                found[at] = rows.slice(begin, len(pieces[at].texts))
                begin += len(pieces[at].texts)
        return [found[at] for at in range(len(pieces))]

    def _measure(self, seconds_a_text: float) -> None:
        known = self._seconds_a_text or seconds_a_text
        self._seconds_a_text = known + _SMOOTHING * (seconds_a_text - known)


def _whole(text: str) -> str:
    """The text as `voxpop.text.prepare` reads it where half a character is left: Arrow takes no lone surrogates."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
