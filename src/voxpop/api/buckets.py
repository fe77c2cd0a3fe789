"""`GET /v1/buckets`: counts and net sentiment over time."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final

import pyarrow as pa
from fastapi import APIRouter, Depends, HTTPException, Query

from voxpop.api.access import needs
from voxpop.api.models import Bucket, Buckets, NamedBucket
from voxpop.api.parameters import Choice, Time, Width, choice, selected, topic_of
from voxpop.api.service import Service
from voxpop.stores import queries
from voxpop.stores.queries import Dimension, Filter

MOST_INTERVALS: Final = 10_080
_DAY: Final = timedelta(days=1)


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["buckets"], dependencies=[needs("read")])

    @router.get("/buckets")
    def buckets(
        topic: Annotated[str, Depends(topic_of(service))],
        chosen: Annotated[Choice, Depends(choice)],
        start: Time = None,
        end: Time = None,
        width: Width = 60,
        group: Annotated[Dimension | None, Query(description="The 20 largest of it, each a series.")] = None,
    ) -> Buckets:
        """Counts by tumbling interval over [start, end), by default the last 24 hours before the newest event.

        Every interval that the period touches is counted whole, at most 10,080 of them (a week of minutes).
        """
        filter = _bounded(service, selected(topic, start, end, chosen), timedelta(seconds=width))
        given = {"topic": topic, "start": filter.start, "end": filter.end, "width": width, "group": group}
        return Buckets(**given, buckets=_buckets(service, filter, timedelta(seconds=width), group))

    return router


def listed(rows: pa.Table) -> list[Bucket]:
    """Rows of `queries.series` as buckets."""
    return [Bucket(**row) for row in rows.to_pylist()]


def _buckets(
    service: Service, filter: Filter, width: timedelta, group: Dimension | None
) -> list[NamedBucket] | list[Bucket]:
    if filter.end is None:
        return []
    if group is None:
        return listed(queries.series(service.store, filter, width))
    rows = queries.series_by(service.store, filter, width, group).to_pylist()
    return [NamedBucket(**{**row, "name": row["name"] or None}) for row in rows]


def _bounded(service: Service, filter: Filter, width: timedelta) -> Filter:
    known = queries.span(service.store)
    end = filter.end or (known.end if known else None)
    start = filter.start or (end - _DAY if end else None)
    if start and end and (end - start) / width > MOST_INTERVALS:
        raise HTTPException(422, f"that is more than {MOST_INTERVALS:,} intervals; choose a greater width")
    return replace(filter, start=start, end=max(start, end) if start and end else end)
