"""`GET /v1/gaps`: when a live source was not heard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query

from voxpop.api.models import Gap, Gaps
from voxpop.api.parameters import Time
from voxpop.api.service import Service
from voxpop.gaps import Gap as Known

MOST: Final = 1000


def routes(service: Service) -> APIRouter:
    """The route over the service's ledger."""
    router = APIRouter(prefix="/v1", tags=["gaps"])

    @router.get("/gaps")
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
