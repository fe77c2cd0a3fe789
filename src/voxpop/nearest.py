"""The country of a point, offline: that of the settlements around it."""

from __future__ import annotations

import gzip
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

_SCALE: Final = 100
_COLUMNS: Final = 360
_DEGREE_KM: Final = 111.2
_FARTHEST_KM: Final = 80.0
_CLEARLY: Final = 1.15
_ROWS: Final = 180


@dataclass(frozen=True)
class _Settlements:
    """Points in units of 0.01 degrees, sorted by the cell of one degree that holds them; `starts` is by cell."""

    lat: npt.NDArray[np.int16]
    lon: npt.NDArray[np.int16]
    country: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    codes: tuple[str, ...]


@lru_cache(maxsize=65536)
def country_at(lat: float, lon: float) -> str | None:
    """The country of a point, ISO 3166-1 alpha-2: that of the nearest settlement of GeoNames with 1,000 people or more.

    None at sea and in the wild (nothing within 80 km), and close to a border (the nearest settlement abroad is less
    than 15 % farther than the nearest one): a wrong country is worse than none. `lat` is in [-90, 90], `lon` in
    [-180, 180]. The trap: borders are known by the settlements on both sides alone, so close to one it may err.

    >>> country_at(52.52, 13.405), country_at(0.0, -30.0)
    ('DE', None)
    """
    known = _settlements()
    near = _around(known, lat, lon)
    if not near.size:
        return None
    # On a plane that touches the globe at the point: exact enough within 80 km.
    north = (known.lat[near] / _SCALE - lat) * _DEGREE_KM
    east = (known.lon[near] / _SCALE - lon + 180) % 360 - 180
    distances = np.hypot(north, east * (_DEGREE_KM * math.cos(math.radians(lat))))
    first = int(distances.argmin())
    if distances[first] > _FARTHEST_KM:
        return None
    country = known.country[near]
    abroad = distances[country != country[first]]
    if abroad.size and abroad.min() < distances[first] * _CLEARLY:
        return None
    return known.codes[int(country[first])]


def pack(points: npt.NDArray[np.float64], countries: Sequence[str]) -> bytes:
    """Write settlements as `country_at` reads them: a line of codes, then three columns; `points` is (rows, 2).

    Raises:
        ValueError: there are more than 255 countries.
    """
    codes = sorted(set(countries))
    if len(codes) > np.iinfo(np.uint8).max:
        raise ValueError("there are more than 255 countries; give their codes a wider column")
    scaled = np.round(points * _SCALE).astype(np.int16)
    order = np.lexsort((scaled[:, 1], scaled[:, 0], _cell(scaled[:, 0], scaled[:, 1])))
    country = np.array([codes.index(code) for code in countries], np.uint8)
    columns = (scaled[order, 0].astype("<i2"), scaled[order, 1].astype("<i2"), country[order])
    return " ".join(codes).encode() + b"\n" + b"".join(column.tobytes() for column in columns)


def _cell(lat: npt.NDArray[np.int16], lon: npt.NDArray[np.int16]) -> npt.NDArray[np.int64]:
    rows = lat.astype(np.int64) // _SCALE + _ROWS // 2
    columns = (lon.astype(np.int64) // _SCALE + _COLUMNS // 2) % _COLUMNS
    return rows * _COLUMNS + columns


@cache
def _settlements() -> _Settlements:
    content = gzip.decompress(files("voxpop").joinpath("settlements.gz").read_bytes())
    head, columns = content.split(b"\n", 1)
    count = len(columns) // 5
    lat = np.frombuffer(columns, "<i2", count)
    lon = np.frombuffer(columns, "<i2", count, 2 * count)
    starts = np.searchsorted(_cell(lat, lon), np.arange((_ROWS + 1) * _COLUMNS + 1))
    return _Settlements(
        lat, lon, np.frombuffer(columns, np.uint8, count, 4 * count), starts, tuple(head.decode().split())
    )


def _around(known: _Settlements, lat: float, lon: float) -> npt.NDArray[np.int64]:
    """The rows of the settlements in the cells around a point; a degree of longitude shrinks towards the poles."""
    row = math.floor(lat) + _ROWS // 2
    width = min(_COLUMNS // 2, math.ceil(_FARTHEST_KM / (_DEGREE_KM * max(math.cos(math.radians(lat)), 1e-6))))
    column = math.floor(lon) + _COLUMNS // 2
    found = []
    for at in range(max(row - 1, 0), min(row + 1, _ROWS) + 1):
        for cell in {at * _COLUMNS + (column + step) % _COLUMNS for step in range(-width, width + 1)}:
            if known.starts[cell] < known.starts[cell + 1]:
                found.append(np.arange(known.starts[cell], known.starts[cell + 1]))
    return np.concatenate(found) if found else np.empty(0, np.int64)
