"""`POST /v1/score`: the model on the reader's own texts."""

from __future__ import annotations

import pyarrow as pa
from fastapi import APIRouter

from voxpop.api.access import charge, needs
from voxpop.api.models import Score, Scores, Texts
from voxpop.api.service import Service
from voxpop.score import score_texts
from voxpop.text import prepare


def routes(service: Service) -> APIRouter:
    """The route over the service's scorer; it runs in a thread, so that it does not hold the others up."""
    router = APIRouter(prefix="/v1", tags=["score"], dependencies=[needs("score")])

    @router.post("/score")
    def score(texts: Texts) -> Scores:
        """Score texts as posts are scored, at most 1,000 of at most 20,000 characters.

        A text in a language that the model cannot read is unscored, unless `any_language` is true.
        """
        charge(service.door.limits, len(texts.texts))
        column = pa.array([prepare(text) for text in texts.texts], pa.string())
        rows = score_texts(service.scorer, column, any_language=texts.any_language)
        return Scores(model_id=service.scorer.model_id, scores=[Score(**row) for row in rows.to_pylist()])

    return router
