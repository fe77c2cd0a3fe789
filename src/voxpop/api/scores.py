"""`POST /v1/score`: the model on the reader's own texts."""

from __future__ import annotations

from fastapi import APIRouter, Request

from voxpop.api.access import charge, needs
from voxpop.api.batching import Batcher
from voxpop.api.connection import awaited
from voxpop.api.models import Score, Scores, Texts
from voxpop.api.problems import documented
from voxpop.api.service import Service


def routes(service: Service, batcher: Batcher) -> APIRouter:
    """The route over the batcher that all of the service's requests share."""
    router = APIRouter(prefix="/v1", tags=["score"], dependencies=[needs("score")])

    @router.post("/score", responses=documented(400, 413, 422))
    async def score(texts: Texts, request: Request) -> Scores:
        """Score texts as posts are scored, at most 10,000 of at most 20,000 characters.

        A text in a language that the model cannot read is unscored, unless `any_language` is true. Requests that come
        at the same time share batches, which changes no score; when more than 20,000 texts wait, the answer is 503.
        """
        charge(service.door.limits, len(texts.texts))
        rows = await awaited(request, batcher.score(texts.texts, any_language=texts.any_language))
        return Scores(model_id=service.scorer.model_id, scores=[Score(**row) for row in rows.to_pylist()])

    return router
