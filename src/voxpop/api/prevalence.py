"""`GET /v1/prevalence`: shares of what people think, corrected for the model's errors, with intervals."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.buckets import MOST_INTERVALS
from voxpop.api.folded import WhatIsFolded, folded
from voxpop.api.models import Count, Net, Probability
from voxpop.api.parameters import Time, filter_of, last_day, zone
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.insight import shares
from voxpop.insight.prevalence import CONFIDENCE
from voxpop.stores import queries
from voxpop.stores.period import Intervals
from voxpop.stores.queries import Dimension, Filter


class Estimate(BaseModel):
    """A share in [0, 1], or net sentiment in [-1, 1], with a 90 % interval; null where nothing is scored."""

    value: float | None = Field(examples=[0.31])
    low: float | None = Field(examples=[0.27])
    high: float | None = Field(examples=[0.36])


class CountedShares(BaseModel):
    """Shares as the model's labels count them, its errors included."""

    negative: Probability
    neutral: Probability
    positive: Probability
    net: Net


class Measured(BaseModel):
    """Shares of the scored posts and net sentiment, corrected where a correction is known."""

    n: Count
    n_scored: Count
    negative: Estimate
    neutral: Estimate
    positive: Estimate
    net: Estimate
    counted: CountedShares


class SharesAt(Measured):
    """Of an interval, or of a group."""

    start: Time = Field(description="Of a series.")
    name: str | None = Field(description="Of groups: topic, country, language or source; null for unknown.")


class Corrected(BaseModel):
    """What the correction was made from: labelled posts, and topics (0 where their differences are not known)."""

    posts: Count
    topics: Count


class Prevalence(BaseModel):
    """Shares over a period, and of its intervals or groups."""

    topic: str = Field(examples=["*"])
    start: Time = Field(description="Null while there are no posts.")
    end: Time = Field(description="Exclusive.")
    width: int | None
    group: Dimension | None
    confidence: float = Field(description="Of the intervals.", examples=[0.9])
    model_id: str
    correction: Corrected | None = Field(
        description="Null where none is known: shares are counted then, and intervals hold sampling alone."
    )
    folded: WhatIsFolded = None
    total: Measured
    rows: list[SharesAt]


@dataclass(frozen=True)
class Asked:
    """Whether shares are asked for by interval, by group, or of the period alone."""

    width: Annotated[
        int | None,
        Query(ge=60, le=31 * 86400, multiple_of=60, description="Seconds, whole minutes: a series of such intervals."),
    ] = None
    group: Annotated[Dimension | None, Query(description="Its names, most posts first.")] = None
    zone: ZoneInfo = Depends(zone)


def routes(service: Service) -> APIRouter:
    """The route over the service's store and correction."""
    router = APIRouter(prefix="/v1", tags=["prevalence"], dependencies=[needs("read")])
    responses = {**fresh.DOCUMENTED, **documented(404, 422)}

    @router.get("/prevalence", responses=responses, dependencies=[Depends(fresh.fresh(service))])
    def prevalence(
        filter: Annotated[Filter, Depends(filter_of(service))], asked: Annotated[Asked, Depends(Asked)]
    ) -> Prevalence:
        """Shares of the scored posts over [start, end), by default the last 24 hours before the newest event.

        What the model's errors make of the counts is undone, as far as labelled posts tell, and the 90 % intervals hold
        what they leave open. A topic or interval of few posts leans on what is around it; what is said towards a topic
        leans on what labelled posts said of others. `counted` has the raw shares.
        """
        if filter.labels:
            raise HTTPException(422, "shares are those of all labels; leave label out")
        if asked.width and asked.group:
            raise HTTPException(422, "width gives a series and group gives groups; leave one out")
        filter = last_day(service, filter)
        if asked.width and filter.start and filter.end:
            if (filter.end - filter.start) / timedelta(seconds=asked.width) > MOST_INTERVALS:
                raise HTTPException(422, f"that is more than {MOST_INTERVALS:,} intervals; choose a greater width")
        return _answer(service, filter, asked)

    return router


def _answer(service: Service, filter: Filter, asked: Asked) -> Prevalence:
    store, correction = service.seen(filter), service.correcting(filter)
    rows: list[dict[str, Any]] = []
    if filter.end is not None and asked.width:
        intervals = Intervals(timedelta(seconds=asked.width), asked.zone)
        counted = service.seen(queries.whole(filter, intervals))
        rows = shares.series(counted, filter, intervals, correction).to_pylist()
    elif filter.end is not None and asked.group:
        rows = shares.by(store, filter, asked.group, correction).to_pylist()
    return Prevalence(
        topic=filter.topic,
        start=filter.start,
        end=filter.end,
        width=asked.width,
        group=asked.group,
        confidence=CONFIDENCE,
        model_id=service.scorer.model_id,
        correction=Corrected(posts=correction.posts, topics=correction.topics) if correction else None,
        folded=folded(store) if filter.end is not None else None,
        total=Measured(**measured(shares.total(store, filter, correction).to_pylist()[0])),
        rows=[SharesAt(start=row.get("start"), name=row.get("name") or None, **measured(row)) for row in rows],
    )


def measured(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `shares.table` as the API gives it: each quantity with its interval, and what was counted."""
    estimates = {
        name: Estimate(value=row[name], low=row[f"{name}_low"], high=row[f"{name}_high"]) for name in shares.QUANTITIES
    }
    counted = {name: row[f"counted_{name}"] for name in shares.QUANTITIES}
    return {"n": row["n"], "n_scored": row["n_scored"], **estimates, "counted": counted}
