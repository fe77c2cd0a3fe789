"""Where a post comes from, with its provenance: `locate` reads a point, a place, or the author's profile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import h3

from voxpop.nearest import country_at
from voxpop.place import find

Provenance = Literal["gps", "place", "profile", "none"]


_RESOLUTION: Final = 5


@dataclass(frozen=True)
class Place:
    """Where a post comes from, as far as is known.

    Attributes:
        country: ISO 3166-1 alpha-2, upper case.
        lat: degrees north in [-90, 90]; only from a real point.
        lon: degrees east in [-180, 180]; only from a real point.
        h3: H3 cell of resolution 5 (about 250 km²) that holds the point.
        source: what the country or the point was read from; "none" when nothing is known.
    """

    country: str | None
    lat: float | None
    lon: float | None
    h3: str | None
    source: Provenance


def locate(
    gps_lat: float | None, gps_lon: float | None, place_country: str | None, profile_location: str | None
) -> Place:
    """Place a post by the best evidence there is: its point, else its source's place, else its author's profile.

    A point out of range, or at 0, 0 where broken clients put everyone, is no point. Only a point has coordinates and
    a cell: neither a country nor a profile's city is turned into a point. A point without a place has the country of
    the settlements around it, and none at sea or close to a border.

    >>> locate(52.52, 13.405, "DE", None)
    Place(country='DE', lat=52.52, lon=13.405, h3='851f1d4bfffffff', source='gps')
    >>> locate(None, None, None, "Lyon, France").country
    'FR'
    """
    country = _code(place_country)
    if gps_lat is not None and gps_lon is not None and _is_point(gps_lat, gps_lon):
        country = country or country_at(gps_lat, gps_lon)
        return Place(country, gps_lat, gps_lon, h3.latlng_to_cell(gps_lat, gps_lon, _RESOLUTION), "gps")
    if country:
        return Place(country, None, None, None, "place")
    country = find(profile_location).country
    return Place(country, None, None, None, "profile" if country else "none")


def _is_point(lat: float, lon: float) -> bool:
    return math.isfinite(lat) and abs(lat) <= 90 and abs(lon) <= 180 and not (lat == 0 and lon == 0)


def _code(country: str | None) -> str | None:
    code = country.strip().upper() if country else ""
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None
