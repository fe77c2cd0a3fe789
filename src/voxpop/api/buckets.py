"""`GET /v1/buckets`: counts and net sentiment over time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
from fastapi import APIRouter, Depends, HTTPException, Query

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.models import Bucket, Buckets, Group, NamedBucket
from voxpop.api.parameters import Width, filter_of, last_day, zone
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.stores import queries
from voxpop.stores.counts import COUNTS, SURE
from voxpop.stores.queries import Filter

MOST_INTERVALS: Final = 10_080
_LEAN: Final = {"n_neg": -1.0, "n_neu": 0.0, "n_pos": 1.0, "n_unscored": None}


@dataclass(frozen=True)
class Asked:
    """Which intervals are asked for, and by what they are told apart."""

    width: Width = 60
    group: Annotated[
        Group | None, Query(description="A series for each of the 20 largest names; by topic, `topic` does not count.")
    ] = None
    zone: ZoneInfo = Depends(zone)


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
        rows = [] if filter.end is None else table(service, filter, asked).to_pylist()
        found = listed(rows) if asked.group is None else [NamedBucket(**row) for row in rows]
        return Buckets(**given, width=asked.width, group=asked.group, buckets=found)

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


def table(service: Service, filter: Filter, asked: Asked) -> pa.Table:
    """The buckets of a closed filter as rows; with a group their `name`, null for unknown."""
    width = timedelta(seconds=asked.width)
    if asked.group is not None and asked.group != "label":
        rows = queries.series_by(service.store, filter, width, asked.group, asked.zone).drop_columns(list(SURE))
        return rows.set_column(rows.column_names.index("name"), "name", _unknown(rows["name"]))
    rows = queries.series(service.store, filter, width, asked.zone).drop_columns(list(SURE))
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
