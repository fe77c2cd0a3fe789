"""`GET /v1/copies`: how much of what is posted is copies, and how much comes from few authors."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.models import Count, Post, Probability
from voxpop.api.parameters import Time, filter_of, last_day
from voxpop.api.posts import listed
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.insight.copies import Copied, Copies, copies
from voxpop.stores.queries import Filter


class CopiedText(BaseModel):
    """A text that was posted several times, nearly the same."""

    posts: Count
    authors: Count
    first: Time
    last: Time
    burst_authors: Count = Field(description="The most authors who posted it within ten minutes.")
    burst_at: Time = Field(description="When those began.")
    why: str | None = Field(description="Why it may be coordinated; null where nothing says so.")
    example: Post


class CopiesFound(BaseModel):
    """What of a window is copied. Shares are null without posts."""

    topic: str = Field(examples=["gta6"])
    start: Time = Field(description="Null while there are no posts.")
    end: Time = Field(description="Exclusive.")
    read: Count = Field(description="Posts that were looked at, the newest of the window.")
    whole: bool = Field(description="Whether those are all of the window that have text.")
    reposts: Probability = Field(description="Share of reposts, which are counted in no other figure on copies.")
    copied: Probability = Field(description="Share of the other posts whose text is nearly that of another one.")
    top_authors: Probability = Field(description="Share of the posts that come from the 1 % of authors who post most.")
    texts: list[CopiedText] = Field(description="The most copied, at most 20; those that may be coordinated first.")


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["copies"], dependencies=[needs("read")])
    responses = {**fresh.DOCUMENTED, **documented(404, 422)}

    @router.get("/copies", responses=responses, dependencies=[Depends(fresh.fresh(service))])
    def copied(
        filter: Annotated[Filter, Depends(filter_of(service))],
        limit: Annotated[int, Query(ge=1, le=50_000, description="The newest posts only.")] = 10_000,
    ) -> CopiesFound:
        """Near-copies among the posts of [start, end), by default the last 24 hours before the newest event.

        A text that many authors post within minutes is flagged, with what was seen. That may be a campaign, or a share
        button, a headline, a raffle: look at it.
        """
        filter = last_day(service, filter)
        if filter.start is None or filter.end is None:
            return answer(filter, Copies(0, True, None, None, None, []))
        return answer(filter, copies(service.seen(filter), filter, limit))

    return router


def answer(filter: Filter, found: Copies) -> CopiesFound:
    """What was found in a window as the API gives it."""
    shares = {name: getattr(found, name) for name in ("read", "whole", "reposts", "copied", "top_authors")}
    texts = [_text(copied) for copied in found.texts]
    return CopiesFound(topic=filter.topic, start=filter.start, end=filter.end, **shares, texts=texts)


def _text(copied: Copied) -> CopiedText:
    (example,) = listed(copied.example)
    figures = {name: getattr(copied, name) for name in CopiedText.model_fields if name != "example"}
    return CopiedText(**figures, example=example)
