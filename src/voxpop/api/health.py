"""`GET /v1/models/{model_id}/health`: whether posts still look to the model as those that it was measured on did."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from voxpop.api.access import needs
from voxpop.api.models import Count
from voxpop.api.parameters import Time, filter_of, last_day
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.insight.drift import LIMIT
from voxpop.insight.health import MEASURES, State, drifted
from voxpop.stores.queries import Filter

_MOST_BINS: Final = 5


class Bin(BaseModel):
    """One bin of a measure: its share when the model was measured, and now."""

    name: str
    normal: float
    now: float


class Measure(BaseModel):
    """How far the posts are from what is normal for the model."""

    name: str = Field(examples=["languages"])
    about: str
    n: Count = Field(description="Observations: posts, words or pieces of words.")
    index: float | None = Field(description="Population stability index of the newest of them; null for none.")
    drifted: bool
    since: Time = Field(description="When the first post of a drift that lasts was written.")
    moved: list[Bin] = Field(description="The bins whose shares differ most, over all posts that were read.")


class ModelHealth(BaseModel):
    """The health of a model over a window."""

    model_id: str
    topic: str
    start: Time
    end: Time
    limit: float = Field(description="The index from which a measure has drifted.")
    drifted: bool = Field(description="Whether any measure has.")
    measures: list[Measure]


def routes(service: Service) -> APIRouter:
    """The route over the service's store and what is normal for its model."""
    router = APIRouter(prefix="/v1/models", tags=["models"], dependencies=[needs("read")])

    @router.get("/{model_id}/health", responses=documented(404, 409, 422))
    def healthy(
        model_id: Annotated[str, InPath(max_length=200, description="The serving model's, as `/v1/models` has it.")],
        filter: Annotated[Filter, Depends(filter_of(service))],
    ) -> ModelHealth:
        """Whether the posts of [start, end), by default 24 hours, are still like those that the model was measured on.

        Its answers, what it cannot read, languages, and words, each by the population stability index of the newest
        posts. Of a large window a sample of about 4,000 is read.
        """
        if model_id != service.scorer.model_id:
            raise HTTPException(404, f"{service.scorer.model_id} is the model that serves; /v1/models lists all")
        if service.health is None:
            raise HTTPException(409, "it is not known what is normal for this model; see voxpop health --reference")
        if filter.towards:
            raise HTTPException(422, "this is the health of the model that reads whole posts; leave towards out")
        closed = last_day(service, filter)
        found = service.health(closed) if closed.start and closed.end else []
        for state in found:
            service.metrics.drift.labels(state.measure).set(state.index or 0)
        return answer(model_id, closed, found)

    return router


def answer(model_id: str, window: Filter, found: list[State]) -> ModelHealth:
    """States as the API gives them."""
    return ModelHealth(
        model_id=model_id,
        topic=window.topic,
        start=window.start,
        end=window.end,
        limit=LIMIT,
        drifted=bool(drifted(found)),
        measures=[_measure(state) for state in found],
    )


def _measure(state: State) -> Measure:
    moved = [Bin(name=name, normal=round(p, 4), now=round(q, 4)) for name, p, q in state.now[:_MOST_BINS]]
    about = MEASURES[state.measure]
    return Measure(
        name=state.measure,
        about=about,
        n=state.n,
        index=state.index,
        drifted=state.drifted,
        since=state.since,
        # A bin of the vocabulary is a hash, which tells nobody anything.
        moved=[] if state.measure == "vocabulary" else moved,
    )
