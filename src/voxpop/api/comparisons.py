"""`GET /v1/compare`: topics beside each other, and each beside itself before."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.folded import WhatIsFolded, folded
from voxpop.api.models import Count, Counts, Net, Probability
from voxpop.api.parameters import Choice, Time, choice, judged, known_topic, last_day, selected
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.insight import comparison
from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.counts import COUNTS
from voxpop.stores.queries import ALL, Filter

Row = dict[str, Any]
_NONE: Row = {**dict.fromkeys(("n", *COUNTS), 0), "net": None}


class Voice(Counts):
    """A topic's posts in a period, and how much of the talk they are."""

    share: Probability = Field(description="Share of voice: of the compared topics' posts; null without any.")
    share_of_all: Probability = Field(description="Of every post that was selected, on topic or not.")


class Standing(BaseModel):
    """How sure a topic's place among those compared is, in the period; ends are of 90 % intervals."""

    share_low: Probability = Field(description="Of the share of voice.")
    share_high: Probability
    leads_share: Probability = Field(description="The probability that no other of the topics is talked about more.")
    net: Net = Field(description="Net sentiment, corrected for the model's errors where they are known.")
    net_low: Net
    net_high: Net
    leads_net: Probability = Field(description="The probability that no other of the topics has a higher one.")


class Apart(BaseModel):
    """Two topics whose corrected net sentiment surely differs: the interval holds for all pairs at once."""

    one: str
    other: str
    net: float = Field(description="That of `one` less that of `other`.", examples=[0.21])
    low: float
    high: float
    above: Probability = Field(description="The probability that `one` is above `other`.")


class Compared(BaseModel):
    """A topic in the period and in the one before."""

    name: str = Field(examples=["tesla"])
    title: str = Field(examples=["Tesla"])
    current: Voice
    standing: Standing
    previous: Voice | None
    n_change: float | None = Field(description="0.25 is a quarter more posts; null without posts before.")
    net_change: float | None = Field(description="By how much net sentiment rose, in [-2, 2].")
    share_change: float | None = Field(description="By how much the share of voice rose, in [-1, 1].")


class Comparison(BaseModel):
    """The compared topics, in the order they were asked for. A post on two of them counts in both."""

    start: Time = Field(description="Null while there are no posts.")
    end: Time = Field(description="Exclusive.")
    previous_start: Time = Field(description="Null where the store does not reach back over all of the period before.")
    n_all: Count = Field(description="Every post that was selected in the period.")
    folded: WhatIsFolded = None
    topics: list[Compared]
    apart: list[Apart] = Field(
        description="The pairs of topics that differ by more than chance and the model's errors."
    )


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["compare"], dependencies=[needs("read")])
    responses = {**fresh.DOCUMENTED, **documented(404, 422)}

    @router.get("/compare", responses=responses, dependencies=[Depends(fresh.fresh(service))])
    def compare(
        chosen: Annotated[Choice, Depends(choice)],
        topic: Annotated[list[str] | None, Query(max_length=100, description="Give several; all by default.")] = None,
        start: Time = None,
        end: Time = None,
    ) -> Comparison:
        """Share of voice and sentiment of topics over [start, end), beside the period of equal length just before.

        By default the last 24 hours before the newest event.
        """
        names = list(dict.fromkeys(topic or [known.name for known in service.topics.topics]))
        if ALL in names:
            raise HTTPException(422, "* is every post and no topic to compare; leave it out")
        names = [known_topic(service, name) for name in names]
        if chosen.towards:
            judged(service)
        return _compared(service, last_day(service, selected(ALL, start, end, chosen)), names)

    return router


def _compared(service: Service, filter: Filter, names: list[str]) -> Comparison:
    if filter.start is None or filter.end is None:
        return Comparison(start=None, end=None, previous_start=None, n_all=0, topics=[], apart=[])
    before = replace(filter, start=filter.start - (filter.end - filter.start), end=filter.start)
    known = queries.span(service.store)
    reaches = known is not None and before.start is not None and known.start <= before.start
    store = service.seen(filter)
    n_all, current = _voices(store, filter, names)
    previous = _voices(service.seen(before), before, names)[1] if reaches else {}
    titles = {topic.name: topic.title for topic in service.topics.topics}
    sure = comparison.compare(store, filter, names, service.correcting(filter))
    standings = {row["name"]: _standing(row) for row in sure["topics"]}
    return Comparison(
        start=filter.start,
        end=filter.end,
        previous_start=before.start if reaches else None,
        n_all=n_all,
        folded=folded(store),
        topics=[
            _one(name, titles.get(name, name), current[name], previous.get(name), standings[name]) for name in names
        ],
        apart=[Apart(**pair) for pair in sure["differences"] if pair["apart"]],
    )


def _standing(row: Row) -> Standing:
    shares = {"share_low": row["voice_low"], "share_high": row["voice_high"], "leads_share": row["leads_voice"]}
    return Standing(**shares, **{name: row[name] for name in ("net", "net_low", "net_high", "leads_net")})


def _voices(store: Store, filter: Filter, names: list[str]) -> tuple[int, dict[str, Voice]]:
    rows = {row.pop("name"): row for row in queries.by(store, filter, "topic").to_pylist()}
    chosen = {name: rows.get(name, _NONE) for name in names}
    together = sum(row["n"] for row in chosen.values())
    n_all = queries.totals(store, replace(filter, towards=False)).n
    return n_all, {
        name: Voice(**row, share=_ratio(row["n"], together), share_of_all=_ratio(row["n"], n_all))
        for name, row in chosen.items()
    }


def _one(name: str, title: str, current: Voice, previous: Voice | None, standing: Standing) -> Compared:
    return Compared(
        name=name,
        title=title,
        current=current,
        standing=standing,
        previous=previous,
        n_change=_ratio(current.n - previous.n, previous.n) if previous else None,
        net_change=_risen(current.net, previous.net if previous else None),
        share_change=_risen(current.share, previous.share if previous else None),
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _risen(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before
