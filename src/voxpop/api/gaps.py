"""`GET /v1/gaps`: when a live source was not heard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from voxpop.api.access import needs
from voxpop.api.parameters import Time
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.gaps import Gap as Known
from voxpop.gaps import State

MOST: Final = 1000


class Gap(BaseModel):
    """A period in which a live source was not heard, in the time of its events."""

    source: str = Field(examples=["bluesky"])
    noticed: datetime
    start: datetime = Field(description="The last event before it.")
    end: datetime | None = Field(description="The first event known after it; null while it is open.")
    state: State = Field(
        description="lost: not connected, or not known yet to go on without a hole. lagging: no hole, but behind. "
        "recovered: everything in it has landed. missed: the other side no longer had it."
    )
    reason: str = Field(examples=["Voxpop was not running"])
    events: int | None = Field(description="missed: about how many posts, at the rate before; null where unknown.")


class Gaps(BaseModel):
    """The newest gaps that touch a period, newest first."""

    gaps: list[Gap]


def routes(service: Service) -> APIRouter:
    """The route over the service's ledger."""
    router = APIRouter(prefix="/v1", tags=["gaps"], dependencies=[needs("read")])

    @router.get("/gaps", responses=documented(422))
    def gaps(
        source: Annotated[str | None, Query(max_length=100, description="Only of this source.")] = None,
        start: Time = None,
        end: Time = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> Gaps:
        """Periods in which a live source was not heard, and whether what it said then has come since."""
        found = [gap for gap in service.gaps() if source in (None, gap.source) and overlaps(gap, start, end)]
        return Gaps(gaps=[Gap(**msgspec.structs.asdict(gap)) for gap in reversed(found[-limit:])])

    return router


def overlaps(gap: Known, start: datetime | None, end: datetime | None) -> bool:
    """Whether a gap touches [start, end); None is without a bound, and a time without a zone is UTC."""
    return (end is None or gap.start < _utc(end)) and (start is None or gap.end is None or gap.end > _utc(start))


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
