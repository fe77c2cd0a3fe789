"""`POST /v1/explain`: which words carried the label of the reader's own text."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter

from voxpop.api.access import charge, needs
from voxpop.api.models import Explained, TextToExplain
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.explanation import MOST_VARIANTS, explain

AT_ONCE: Final = 2


def routes(service: Service) -> APIRouter:
    """The route over the service's scorer. Each counts as the hundreds of scores it costs; two run at once."""
    router = APIRouter(prefix="/v1", tags=["score"], dependencies=[needs("score")])
    turns = asyncio.Semaphore(AT_ONCE)

    @router.post("/explain", responses=documented(400, 413, 422))
    async def explained(asked: TextToExplain) -> Explained:
        """Answer which words carried the label of a text of at most 5,000 characters.

        The weights are Shapley values and add up: those of the polarity to the polarity, those of the label to its
        probability - 1/3. Of a long text, neighbouring words share a weight.
        """
        charge(service.door.limits, MOST_VARIANTS)
        async with turns:
            found = await asyncio.to_thread(explain, service.scorer, asked.text, asked.lang)
        return Explained(**found.to_json())

    return router
