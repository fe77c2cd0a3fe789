"""`POST /v1/score`: the model on the reader's own texts."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from voxpop.api.access import charge, needs
from voxpop.api.batching import Batcher, Towards
from voxpop.api.connection import awaited
from voxpop.api.models import Score, Scores, Texts
from voxpop.api.problems import documented
from voxpop.api.service import Service


def routes(service: Service, batcher: Batcher) -> APIRouter:
    """The route over the batcher that all of the service's requests share."""
    router = APIRouter(prefix="/v1", tags=["score"], dependencies=[needs("score")])

    @router.post("/score", responses=documented(400, 409, 413, 422))
    async def score(texts: Texts, request: Request) -> Scores:
        """Score texts as posts are scored, at most 10,000 of at most 20,000 characters.

        A text in a language that the model cannot read is unscored, unless `any_language` is true. Requests that come
        at the same time share batches, which changes no score; when more than 20,000 texts wait, the answer is 503.
        With `topic`, each label is what the text says of that, by a second model; 409 where there is none.
        """
        charge(service.door.limits, len(texts.texts))
        towards = None if texts.topic is None else await _towards(service, texts.topic)
        scored = batcher.score(texts.texts, any_language=texts.any_language, towards=towards)
        rows = await awaited(request, scored)
        model_id = (towards or service).scorer.model_id
        return Scores(model_id=model_id, scores=[Score(**row) for row in rows.to_pylist()])

    return router


async def _towards(service: Service, topic: str) -> Towards:
    """The model that reads a topic, and what it reads: the title of the topic of this name, else the words."""
    if service.towards is None:
        raise HTTPException(409, "no model here reads a topic; leave topic out, or set towards_model and start again")
    # The first time it is opened from the disk.
    scorer = await asyncio.to_thread(service.towards)
    titles = {known.name: known.title for known in service.topics.topics}
    return Towards(scorer, titles.get(topic, topic))
