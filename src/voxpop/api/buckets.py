"""`GET /v1/buckets`: counts and net sentiment over time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.folded import WhatIsFolded, folded
from voxpop.api.models import Bucket, Group, NamedBucket
from voxpop.api.parameters import Time, Width, filter_of, last_day, zone
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.counts import COUNTS, SURE
from voxpop.stores.period import Intervals
from voxpop.stores.queries import Filter

MOST_INTERVALS: Final = 10_080
_LEAN: Final = {"n_neg": -1.0, "n_neu": 0.0, "n_pos": 1.0, "n_unscored": None}


class Buckets(BaseModel):
    """A series. Without `group` every interval is there; with it, an interval in which a name has no posts is not."""

    topic: str = Field(examples=["*"])
    start: Time = Field(description="Null while there are no posts.")
    end: Time = Field(description="Exclusive.", examples=["2026-11-20T09:00:00Z"])
    width: int = Field(description="Seconds.", examples=[60])
    tz: str = Field(examples=["UTC"])
    group: Group | None
    folded: WhatIsFolded = None
    buckets: list[NamedBucket] | list[Bucket]


@dataclass(frozen=True)
class Asked:
    """Which intervals are asked for, and by what they are told apart."""

    width: Width = 60
    group: Annotated[
        Group | None, Query(description="A series for each of the 20 largest names; by topic, `topic` does not count.")
    ] = None
    zone: ZoneInfo = Depends(zone)

    @property
    def intervals(self) -> Intervals:
        """The intervals themselves."""
        return Intervals(timedelta(seconds=self.width), self.zone)


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["buckets"], dependencies=[needs("read")])
    responses = {**fresh.DOCUMENTED, **documented(404, 422)}

    @router.get("/buckets", responses=responses, dependencies=[Depends(fresh.fresh(service))])
    def buckets(
        filter: Annotated[Filter, Depends(filter_of(service))], asked: Annotated[Asked, Depends(Asked)]
    ) -> Buckets:
        """Counts by tumbling interval over [start, end), by default the last 24 hours before the newest event.

        Every interval that the period touches is counted whole, at most 10,080 of them (a week of minutes). Those of
        whole days begin at midnight in `tz`, so one is an hour longer or shorter where clocks change; weeks begin on
        Mondays.
        """
        filter = bounded(service, filter, asked)
        given = {"topic": filter.topic, "start": filter.start, "end": filter.end, "tz": asked.zone.key}
        store = service.seen(queries.whole(filter, asked.intervals))
        rows = [] if filter.end is None else table(store, filter, asked).to_pylist()
        found = listed(rows) if asked.group is None else [NamedBucket(**row) for row in rows]
        told = folded(store, by_topic=asked.group == "topic") if rows else None
        return Buckets(**given, width=asked.width, group=asked.group, folded=told, buckets=found)

    return router


def listed(rows: list[dict[str, object]]) -> list[Bucket]:
    """Rows of `queries.series` as buckets."""
    return [Bucket.model_validate(row) for row in rows]


def bounded(service: Service, filter: Filter, asked: Asked) -> Filter:
    """The filter with its open ends closed.

    Raises:
        HTTPException: 422, it has too many intervals.
    """
    closed = last_day(service, filter)
    if closed.start and closed.end and (closed.end - closed.start) / timedelta(seconds=asked.width) > MOST_INTERVALS:
        raise HTTPException(422, f"that is more than {MOST_INTERVALS:,} intervals; choose a greater width")
    return closed


def table(store: Store, filter: Filter, asked: Asked) -> pa.Table:
    """The buckets of a closed filter as rows; with a group their `name`, null for unknown."""
    width = asked.intervals.width
    if asked.group is not None and asked.group != "label":
        rows = queries.series_by(store, filter, width, asked.group, asked.zone).drop_columns(list(SURE))
        return rows.set_column(rows.column_names.index("name"), "name", _unknown(rows["name"]))
    rows = queries.series(store, filter, width, asked.zone).drop_columns(list(SURE))
    return rows if asked.group is None else _by_label(rows)


def _unknown(names: pa.ChunkedArray) -> pa.Array:
    return pa.array([name or None for name in names.to_pylist()], pa.string())


def _by_label(rows: pa.Table) -> pa.Table:
    """The series taken apart: of each interval a row for each label that it has posts of."""
    found = [
        {**dict.fromkeys(COUNTS, 0), "name": label, "start": row["start"], "n": row[count], count: row[count]}
        | {"net": _LEAN[count]}
        for count, label in COUNTS.items()
        for row in rows.to_pylist()
        if row[count]
    ]
    return pa.Table.from_pylist(found, pa.schema([("name", pa.string()), *rows.schema]))
