"""`GET /v1/map`: where posts come from, and what is felt there."""

from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.folded import WhatIsFolded, folded
from voxpop.api.models import Count, Net, Probability
from voxpop.api.parameters import Time, filter_of, last_day
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.stores import places, queries
from voxpop.stores.period import Span
from voxpop.stores.queries import Filter


class PlaceCounts(BaseModel):
    """A place. Under the floor everything but `n` is withheld: null."""

    n: Count
    n_unscored: int | None
    net: Net
    share_negative: Probability
    share_neutral: Probability
    share_positive: Probability


class Country(PlaceCounts):
    """Posts of a country."""

    country: str = Field(description="ISO 3166-1 alpha-2.", examples=["DE"])


class Cell(PlaceCounts):
    """Posts of a cell."""

    h3: str = Field(description="H3 index.", examples=["831f1dfffffffff"])


class Coverage(BaseModel):
    """How many posts have their place from where: a point, the source's place, the author's profile, or nowhere."""

    gps: Count
    place: Count
    profile: Count
    none: Count


class Map(BaseModel):
    """Places, those with most posts first."""

    start: Time = Field(description="Null while there are no posts.")
    end: Time = Field(description="Exclusive.")
    n: Count = Field(description="Every post that was selected.")
    n_country: Count = Field(description="Of them, those with a country.")
    n_cell: Count = Field(description="Of them, those with a point that is still kept, in `cells`.")
    n_withheld: Count = Field(description="Of them, those in countries under the floor.")
    coverage: Coverage
    folded: WhatIsFolded = None
    countries: list[Country]
    resolution: int
    cells: list[Cell]


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["map"], dependencies=[needs("read")])
    responses = {**fresh.DOCUMENTED, **documented(404, 422)}

    @router.get("/map", responses=responses, dependencies=[Depends(fresh.fresh(service))])
    def map(
        filter: Annotated[Filter, Depends(filter_of(service))],
        resolution: Annotated[int, Query(ge=0, le=places.FINEST, description="H3 resolution of `cells`.")] = 3,
        min_posts: Annotated[int, Query(ge=1, le=1_000_000, description="The floor.")] = 10,
    ) -> Map:
        """Posts by country and by H3 cell over [start, end), by default the last 24 hours before the newest event.

        A place with fewer than `min_posts` posts has its `n` alone: so few say nothing of it, and may be one person's.
        Cells are of posts with a point of their own, for as long as their coordinates are kept.
        """
        return _mapped(service, last_day(service, filter), resolution, min_posts)

    return router


def _mapped(service: Service, filter: Filter, resolution: int, floor: int) -> Map:
    if filter.start is None or filter.end is None:
        none = Coverage(gps=0, place=0, profile=0, none=0)
        given: dict[str, Any] = dict.fromkeys(("n", "n_country", "n_cell", "n_withheld"), 0)
        return Map(start=None, end=None, **given, coverage=none, countries=[], resolution=resolution, cells=[])
    period, store = Span(filter.start, filter.end), service.seen(filter)
    by_country = queries.by(store, filter, "country")
    countries = [Country(country=row["name"], **_counts(row, floor)) for row in by_country.to_pylist() if row["name"]]
    by_cell = places.cells(store, filter, period, resolution)
    known = {row["name"]: row["n"] for row in places.coverage(store, filter, period).to_pylist()}
    return Map(
        start=filter.start,
        end=filter.end,
        n=_sum(by_country),
        n_country=sum(country.n for country in countries),
        n_cell=_sum(by_cell),
        n_withheld=sum(country.n for country in countries if country.n < floor),
        coverage=Coverage(**{name: known.get(name, 0) for name in Coverage.model_fields}),
        countries=countries,
        resolution=resolution,
        folded=folded(store),
        cells=[Cell(h3=row["name"], **_counts(row, floor)) for row in by_cell.to_pylist()],
    )


def _counts(row: dict[str, Any], floor: int) -> dict[str, Any]:
    scored = row["n"] - row["n_unscored"]
    shares = {"share_negative": row["n_neg"], "share_neutral": row["n_neu"], "share_positive": row["n_pos"]}
    if row["n"] < floor:
        return {"n": row["n"], "n_unscored": None, "net": None, **dict.fromkeys(shares)}
    found = {name: count / scored if scored else None for name, count in shares.items()}
    return {"n": row["n"], "n_unscored": row["n_unscored"], "net": row["net"], **found}


def _sum(rows: pa.Table) -> int:
    return sum(rows["n"].to_pylist())
