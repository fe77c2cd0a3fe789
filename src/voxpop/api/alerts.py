"""`GET /v1/alerts`: what moved beyond chance, since when and why."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.models import Count
from voxpop.api.parameters import Time, known_topic
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.insight.alerts import Direction, State
from voxpop.insight.scan import Measure
from voxpop.insight.telling import sentence
from voxpop.stores.alerts import Wanted, looked_until
from voxpop.stores.alerts import alerts as stored

MOST = 1000


class Window(BaseModel):
    """A window that was beyond chance."""

    start: datetime
    end: datetime = Field(description="Exclusive.")
    value: float = Field(description="Posts; of net sentiment, that, in [-1, 1].")
    expected: float = Field(description="What the baseline says of it.")
    posts: Count = Field(description="In the window; of net sentiment, scored ones.")
    p: float = Field(description="How probable so much or more is without a change, in [0, 1].")


class Reason(BaseModel):
    """Something that the first window, or the posts in it that moved it, have more of."""

    kind: str = Field(examples=["word"])
    name: str = Field(description="Written by strangers: escape it.", examples=["late ferry"])
    also: list[str] = Field(description="Other things that mostly the same authors have.")
    beside: Literal["before", "negative", "positive"] = Field(
        description="before: more than the day before. negative: its positive posts have more of it than its negative "
        "ones. positive: the other way round."
    )
    share: float = Field(description="Of the authors on this side, in [0, 1].")
    share_beside: float = Field(description="Of those on the other side.")
    z: float = Field(description="How much more, in standard deviations.")


class MixOf(BaseModel):
    """A change of net sentiment by groups of posts."""

    group: str = Field(examples=["country"])
    mix: float = Field(description="Because others talk.")
    rate: float = Field(description="Because they talk otherwise.")


class Why(BaseModel):
    """What moved the first window."""

    net_change: float | None
    drivers: list[Reason]
    mixes: list[MixOf]


class AlertOf(BaseModel):
    """Something that began, may go on, and ends."""

    id: str = Field(description="The same whenever the same is found.", examples=["9f86d081884c7d65"])
    topic: str = Field(examples=["gta6"])
    country: str | None = Field(description="Null for all.", examples=["DE"])
    measure: Measure
    direction: Direction
    state: State
    text: str = Field(description="What changed, by how much and since when, in words.")
    first: Window = Field(description="The window it opened with; it was known at its end.")
    peak: Window = Field(description="The least probable window since.")
    last: datetime = Field(description="The end of the newest window that was out of the ordinary.")
    closed: datetime | None = Field(description="When it was known to be over; null while it lasts.")
    why: Why | None = Field(description="Null where it was not looked for: in a long past.")


class Alerts(BaseModel):
    """Alerts, the newest first."""

    until: datetime | None = Field(description="Up to which event time alerts were looked for; null while never.")
    alerts: list[AlertOf]


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["alerts"], dependencies=[needs("read")])
    responses = {**fresh.DOCUMENTED, **documented(404, 422)}

    @router.get("/alerts", responses=responses, dependencies=[Depends(fresh.fresh(service, "alerts_version"))])
    def alerts(
        topic: Annotated[
            list[str] | None,
            Query(max_length=100, description="Only of this topic; `*` is every post. May be repeated. [default: any]"),
        ] = None,
        state: Annotated[list[State] | None, Query(description="May be repeated. [default: any]")] = None,
        since: Time = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> Alerts:
        """Spikes of volume and shifts of net sentiment, by topic and by country of a topic.

        Windows of five minutes, an hour and a day are set against what hours of the day and of the week let expect.
        docs/alerts.md says how, and how often an alert is false. `since` leaves out what was over by then.
        """
        names = tuple(known_topic(service, name) for name in topic or [])
        if since and not 1970 <= since.year <= 2200:
            raise HTTPException(422, "since is between 1970 and 2200; choose a nearer time")
        since = since.replace(tzinfo=UTC) if since and since.tzinfo is None else since
        rows = stored(service.store, Wanted(names, tuple(state or ()), since, limit)).to_pylist()
        return Alerts(until=looked_until(service.store), alerts=[answer(row) for row in rows])

    return router


def answer(row: Mapping[str, Any]) -> AlertOf:
    """An alert of the store as the API gives it."""
    plain = {name: row[name] for name in ("id", "topic", "country", "measure", "direction", "state", "last", "closed")}
    first = {name: row[name] for name in ("start", "value", "expected", "posts", "p")}
    peak = {name: row[f"peak_{name}"] for name in ("start", "end", "value", "expected", "posts", "p")}
    why = json.loads(row["why"]) if row["why"] else None
    return AlertOf(
        **plain,
        text=sentence(row),
        first=Window(**first, end=row["known"]),
        peak=Window(**peak),
        why=Why(**why) if why else None,
    )
