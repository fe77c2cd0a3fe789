"""What a profile's location means: a country, a city where one is meant, and why; or nothing, and why not."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from voxpop import cities, profile
from voxpop.cities import City
from voxpop.gazetteer import Reading
from voxpop.nearest import country_at

Confidence = Literal["high", "medium", "none"]

_NUMBER: Final = r"(-?[0-9]{1,3}\.[0-9]{1,15})"
_POINT: Final = re.compile(rf"\s*(?:(?:ÜT|UT|iPhone|Pre|T)\s*:)?\s*{_NUMBER}\s*[,;]\s*{_NUMBER}\s*")
_AREAS: Final = ("region", "code")
# Degrees within which a second name is taken for the city around the first, as in "Manhattan, NYC".
_SAME_PLACE: Final = 0.8


@dataclass(frozen=True)
class Found:
    """What a profile's location means.

    Attributes:
        country: ISO 3166-1 alpha-2; None when in any doubt.
        name: the city, as GeoNames writes it; None where none is meant, or where it could be two.
        lat: degrees north of the city's centre, to 0.01; never nearer to a person than that.
        lon: degrees east of the city's centre, to 0.01.
        confidence: "high" where a country, a state or a point says so, "medium" where a city's name alone does.
        why: what it was read from, or why it is nothing.
    """

    country: str | None
    name: str | None
    lat: float | None
    lon: float | None
    confidence: Confidence
    why: str

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


@lru_cache(maxsize=65536)
def find(text: str | None) -> Found:
    """Read a profile's location; offline, total, the same answer for the same text.

    A wrong country is worse than none: what names two countries, or could be in two, has none. A point in the text
    gives the country it lies in, and no more: coordinates of a person are not handed on.

    >>> find("Austin, TX").country, find("Austin, TX").name, find("Earth").why
    ('US', 'Austin', 'no name that says where')
    """
    if text and len(text) <= profile.LONGEST and (point := _POINT.fullmatch(text)):
        return _at(float(point[1]), float(point[2]))
    read = profile.read(text)
    if read.country is None:
        return Found(None, None, None, None, "none", read.why)
    city = _only_city(read)
    confidence: Confidence = "medium" if read.why == profile.BY_CITY else "high"
    if city is None:
        return Found(read.country, None, None, None, confidence, read.why)
    return Found(read.country, city.name, city.lat, city.lon, confidence, read.why)


def _at(lat: float, lon: float) -> Found:
    on_earth = abs(lat) <= 90 and abs(lon) <= 180 and not (lat == 0 and lon == 0)
    country = country_at(round(lat, 2), round(lon, 2)) if on_earth else None
    why = "a point" if country else "a point at sea, near a border or not on Earth"
    return Found(country, None, None, None, "high" if country else "none", why)


def _only_city(read: profile.Read) -> City | None:
    """The city that all chains with one mean; None where they mean two, or one that is not known."""
    found = {_city(chain, str(read.country)) for chain in read.chains if any(known.kind == "city" for known in chain)}
    found |= {_city(chain, str(read.country)) for chain in read.chains} - {None}
    return found.pop() if len(found) == 1 else None


def _city(chain: tuple[Reading, ...], country: str) -> City | None:
    """The smallest city of a chain; a state beside it must be known, or a larger city of the name would be taken."""
    areas = [known for position, known in enumerate(chain) if _is_area(known, position, chain, country)]
    states = {cities.states().get((country, area.name)) for area in areas}
    if len(states) > 1 or (areas and None in states):
        return None
    state = next(iter(states), None)
    names = [known.name for known in chain if known.name and known not in areas and known.kind != "country"]
    found = [city for name in names if (city := cities.one(name, country, state))]
    return found[0] if found and all(_near(found[0], city) for city in found) else None


def _is_area(known: Reading, position: int, chain: tuple[Reading, ...], country: str) -> bool:
    """Whether a reading is a state: "New York" is one after a name, and none before a state, as in "New York, NY"."""
    if position and (country, known.name) in cities.states():
        return True
    return known.kind in _AREAS and (position > 0 or not any(other.kind in _AREAS for other in chain[1:]))


def _near(city: City, other: City) -> bool:
    return max(abs(city.lat - other.lat), abs(city.lon - other.lon)) < _SAME_PLACE
