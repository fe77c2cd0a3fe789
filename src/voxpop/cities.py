"""The cities of GeoNames by name: which ones a name can mean, and whether it means one of them clearly."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from voxpop.gazetteer import Reading, plain

_ALONE: Final = 100_000
_ALONE_WORDS: Final = 50_000
_CLEARLY: Final = 10
_CLEARLY_AT_HOME: Final = 5
_FEWEST_LETTERS: Final = 4
_LATIN_ENDS: Final = "\u024f"
_SHORT: Final = {"nyc": "new york city"}
# Cities of 100,000 and more whose names are first of all a word, a person, a brand or another place.
_OTHERWISE: Final = frozenset(
    """ajax alexandra americana amherst anand antioch archway ariel astoria athena athlone banda barking barrie
    batman bender billings blackburn bose brent bridgeport bush cali canton cary centennial chandler chen
    cheng chin columbia commonwealth constantine constantinople corona crawley cypress dali damascus dartmouth
    darwin davenport dining dual dudley edison elizabeth enterprise everett franklin garland genes george
    gilbert gold guadalupe gutierrez hagen hail hang harrow hassan hayward henan henderson homo independence
    irving jackson jian joanna juarez judah kali kara karin kennedy kent kira kota langley larkin lids lime
    limo lion livingstone logos lone lyons madison mage male manning mary mascara mesa metro monterey motown
    naga nancy natal nice nigel norfolk oral pali palma para paterson pereira pest petersburg pristine
    providence pueblo regina rest richardson riverside rodriguez ruse sabha saga sakura sale salisbury samba
    santos serra shang shaping sofie solo sophia soul split springs stalin surprise surrey sutton tango
    terminus thornton tori tours toyota tuba tunes tyler tyre vaughan vine vista vladimir warren westminster
    whitehall woodlands zion""".split()
) | {"garden city", "tri cities", "windy city"}


@dataclass(frozen=True)
class City:
    """A city of 5,000 people or more, from GeoNames.

    Attributes:
        name: as GeoNames writes it.
        country: ISO 3166-1 alpha-2.
        admin: GeoNames' code of the state or province; in the US that of the post, such as TX.
        lat: degrees north of its centre, to 0.01.
        lon: degrees east of its centre, to 0.01.
        population: people, as GeoNames has it.
    """

    name: str
    country: str
    admin: str
    lat: float
    lon: float
    population: int


@lru_cache(maxsize=16384)
def named(key: str) -> tuple[City, ...]:
    """The cities of a name as `plain` gives it, the largest first; () when there is none of 5,000 people or more."""
    line = _lines().get(_SHORT.get(key, key))
    return tuple(map(_city, line.split("\t"))) if line else ()


@lru_cache(maxsize=65536)
def reading(key: str) -> Reading | None:
    """What a name means as a city: "city" when it means one country alone, else "name", which needs a state beside it.

    It means one alone when the largest has 100,000 people (50,000 where the name is of several words), ten times as
    many as all of its name in other countries have, and the name is not first of all another word.
    """
    found = named(key)
    if not found:
        return None
    every = frozenset(city.country for city in found)
    largest = found[0]
    abroad = sum(city.population for city in found if city.country != largest.country)
    clear = largest.population >= max(_CLEARLY * abroad, _least(key, largest))
    return Reading("city", frozenset({largest.country}), every, key) if clear else Reading("name", every, every, key)


def one(key: str, country: str, admin: str | None) -> City | None:
    """The city of a name in a country, and a state where one is known; None where it could be two."""
    found = [city for city in named(key) if city.country == country and admin in (None, city.admin)]
    if not found or (len(found) > 1 and found[0].population < _CLEARLY_AT_HOME * found[1].population):
        return None
    return found[0]


@cache
def states() -> dict[tuple[str, str], str]:
    """GeoNames' code of a state or province by country and name or code as `plain` gives it; of US, CA, AU and GB."""
    lines = files("voxpop").joinpath("states.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {(country, plain(name)): admin for country, admin, known in rows for name in known.split("|")}


def _least(key: str, largest: City) -> float:
    latin = all(char <= _LATIN_ENDS for char in key)
    if not latin and len(key) > 1:
        return _ALONE
    if key in _OTHERWISE or len(key) < _FEWEST_LETTERS:
        return float("inf")
    return _ALONE_WORDS if " " in key and plain(largest.name) == key else _ALONE


def _city(field: str) -> City:
    country, admin, lat, lon, population, name = field.split(";", 5)
    return City(name, country, admin, float(lat), float(lon), int(population))


@cache
def _lines() -> dict[str, str]:
    text = gzip.decompress(files("voxpop").joinpath("cities.tsv.gz").read_bytes()).decode()
    pairs = (line.partition("\t") for line in text.splitlines())
    return {key: cities for key, _, cities in pairs}
