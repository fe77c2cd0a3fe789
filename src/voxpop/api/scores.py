"""`POST /v1/score`: the model on the reader's own texts."""

from __future__ import annotations

import pyarrow as pa
from fastapi import APIRouter

from voxpop.api.models import Score, Scores, Texts
from voxpop.api.service import Service
from voxpop.seams import Scorer
from voxpop.text import prepare


def routes(service: Service) -> APIRouter:
    """The route over the service's scorer; it runs in a thread, so that it does not hold the others up."""
    router = APIRouter(prefix="/v1", tags=["score"])

    @router.post("/score")
    def score(texts: Texts) -> Scores:
        """Score texts as posts are scored, at most 1,000 of at most 20,000 characters."""
        return Scores(model_id=service.scorer.model_id, scores=_scored(service.scorer, texts.texts))

    return router


def _scored(scorer: Scorer, texts: list[str]) -> list[Score]:
    prepared = pa.array([prepare(text) for text in texts], pa.string())
    rows = scorer(pa.record_batch([prepared], names=["text"]))
    return [Score(**row) for row in rows.to_pylist()]
