"""`GET /v1/drivers`: what moved the numbers from one window to another."""

from dataclasses import asdict, dataclass
from typing import Annotated, Final

import pyarrow as pa
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.models import Count, Net, Post
from voxpop.api.parameters import Choice, Time, filter_of, known_topic, last_day, selected
from voxpop.api.posts import listed
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.insight.change import Change, Window, change, other
from voxpop.insight.drivers import Driver, Kind
from voxpop.insight.mix import Mix
from voxpop.stores.queries import Filter

_MOST_PARTS: Final = 20
Share = Annotated[float, Field(json_schema_extra={"minimum": 0, "maximum": 1})]


class Compared(BaseModel):
    """One of the two windows."""

    topic: str = Field(examples=["gta6"])
    start: Time
    end: Time = Field(description="Exclusive.")
    n: Count = Field(description="Posts, counted.")
    net: Net
    read: Count = Field(description="Posts that drivers were looked for in.")
    is_sample: bool = Field(description="Whether those are some of the posts only, drawn by chance.")


class Part(BaseModel):
    """What a group did to net sentiment."""

    name: str | None = Field(description="Null for unknown.", examples=["DE"])
    share: Share = Field(description="Of the window's scored posts.")
    share_before: Share
    net: Net
    net_before: Net
    mix: float = Field(description="What the change of its share did.")
    rate: float = Field(description="What the change of its own net sentiment did.")


class Parts(BaseModel):
    """The change of net sentiment by one kind of group; `mix` and `rate` add up to `change`, and the parts to them."""

    group: str = Field(description="country, lang, source, or kind of post.", examples=["country"])
    is_sample: bool = Field(description="Whether the change is that of the posts that were read, not of all.")
    change: float
    mix: float = Field(description="Because others talk.")
    rate: float = Field(description="Because they talk otherwise.")
    parts: list[Part] = Field(description="The groups that did most, at most 20.")


class Driven(BaseModel):
    """Something that one window has more of than the other, by more than chance. A stranger wrote it: escape it."""

    kind: Kind
    name: str = Field(description="An author is 16 hex digits that stand for one.", examples=["late ferry"])
    also: list[str] = Field(description="Other things that mostly the same authors have.")
    voices: Count = Field(description="Authors that have it, of those read; of an author, posts.")
    voices_before: Count
    share: Share = Field(description="Of the authors that were read.")
    share_before: Share
    log_odds: float = Field(description="How much more: above 0 where the window has it more than the one before.")
    z: float = Field(description="The same in standard deviations.")
    examples: list[Post] = Field(description="At most three posts that have it.")


class Drivers(BaseModel):
    """What changed from `before` to `now`."""

    now: Compared | None = Field(description="Null while there are no posts.")
    before: Compared | None
    net_change: float | None = Field(description="By how much net sentiment rose, in [-2, 2].")
    mixes: list[Parts]
    drivers: list[Driven] = Field(
        description="What `now` has more and less of than `before`, by kind, strongest first."
    )
    pushes: list[Driven] = Field(
        description="What the positive posts of `now` have more (log_odds above 0) and less of than its negative ones; "
        "`_before` stands for the negative posts."
    )


@dataclass(frozen=True)
class Against:
    """What the window is set against: by default the period of equal length just before it."""

    before_start: Time = None
    before_end: Time = None
    against: Annotated[
        str | None,
        Query(max_length=64, description="Another topic; in the same period, where no other is given."),
    ] = None


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["drivers"], dependencies=[needs("read")])
    responses = {**fresh.DOCUMENTED, **documented(404, 422)}

    @router.get("/drivers", responses=responses, dependencies=[Depends(fresh.fresh(service))])
    def drivers(
        filter: Annotated[Filter, Depends(filter_of(service))], against: Annotated[Against, Depends(Against)]
    ) -> Drivers:
        """What moved the numbers over [start, end), by default the last 24 hours before the newest event.

        Words, hashtags, hosts of links, countries, languages and authors that the window has more of than another, and
        the change of net sentiment split into who talks and how they talk. Each author has one voice. Of a large window
        a sample is read.
        """
        if filter.labels:
            raise HTTPException(422, "drivers are those of all labels; leave label out")
        now = last_day(service, filter)
        if now.start is None or now.end is None:
            return Drivers(now=None, before=None, net_change=None, mixes=[], drivers=[], pushes=[])
        return answer(change(service.views, now, _before(service, now, against)))

    return router


def _before(service: Service, now: Filter, against: Against) -> Filter:
    topic = known_topic(service, against.against) if against.against is not None else now.topic
    start, end = against.before_start, against.before_end
    if (start is None) != (end is None):
        raise HTTPException(422, "before_start and before_end go together; give both or neither")
    # Checks the period; the choice of countries, languages and sources is that of the window.
    given = selected(topic, start, end, Choice([], [], [], []))
    return other(now, topic, (given.start, given.end))


def answer(found: Change) -> Drivers:
    """A change as the API gives it, with the posts of its examples."""
    return Drivers(
        now=_window(found.now),
        before=_window(found.before),
        net_change=found.net_change,
        mixes=[_parts(group, mix, found) for group, mix in found.mixes.items()],
        drivers=[_driven(driver, found.examples(driver)) for driver in found.drivers],
        pushes=[_driven(driver, found.push_examples(driver)) for driver in found.pushes],
    )


def _window(window: Window) -> Compared:
    filter, totals, sample = window.filter, window.totals, window.sample
    read = {"read": sample.posts.num_rows, "is_sample": not sample.whole}
    return Compared(topic=filter.topic, start=filter.start, end=filter.end, n=totals.n, net=totals.net, **read)


def _parts(group: str, mix: Mix, found: Change) -> Parts:
    is_sample = group == "kind" and not (found.now.sample.whole and found.before.sample.whole)
    parts = [Part(**{**asdict(part), "name": part.name or None}) for part in mix.parts[:_MOST_PARTS]]
    return Parts(group=group, is_sample=is_sample, change=mix.change, mix=mix.mix, rate=mix.rate, parts=parts)


def _driven(driver: Driver, examples: pa.Table) -> Driven:
    return Driven(**{**asdict(driver), "examples": listed(examples)})
