"""Writes the shapes of countries for the dashboard's map, from Natural Earth (public domain) as world-atlas has it.

npm pack world-atlas@2.0.2 i18n-iso-countries@7.14.0, and unpack each into a directory of its name
python shapes/build.py DIRECTORY    writes src/voxpop/dashboard/assets/topojson/world_110m.json

Shapes are those for 1:110 million; countries that are too small for them have theirs of 1:50 million. Ids become
ISO 3166-1 alpha-2, as posts have them. The file is in TopoJSON under the name by which Plotly asks for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parent.parent / "src/voxpop/dashboard/assets/topojson/world_110m.json"
UNNUMBERED: Final = {"Kosovo": "XK"}
"""Countries without a number in ISO 3166-1 that posts may come from."""

EDGE: Final = {"RU": "RUS", "FJ": "FJI", "AQ": "ATA"}
"""By these ids Plotly knows shapes that cross the edge of the map."""


def main(source: Path) -> None:
    """Write the file."""
    codes = {number: alpha2 for alpha2, _, number, *_ in _read(source / "i18n-iso-countries/codes.json")}
    coarse = _read(source / "world-atlas/countries-110m.json")
    fine = _read(source / "world-atlas/countries-50m.json")
    arcs: list[Any] = coarse["arcs"]
    countries = [_named(shape, codes) for shape in coarse["objects"]["countries"]["geometries"]]
    there = {shape["id"] for shape in countries}
    for shape in fine["objects"]["countries"]["geometries"]:
        named = _named(shape, codes)
        if named["id"] and named["id"] not in there and "arcs" in named:
            countries.append({**named, "arcs": _moved(named["arcs"], fine, coarse["transform"], arcs)})
    kept = [each for each in countries if each["id"]]
    for shape in kept:
        # Plotly puts what it says of a shape there, and has no other way to find it.
        shape["properties"] = {"ct": _centre(shape, arcs, coarse["transform"])}
        shape["id"] = EDGE.get(shape["id"], shape["id"])
    objects = {"countries": {"type": "GeometryCollection", "geometries": kept}}
    atlas = {"type": "Topology", "transform": coarse["transform"], "objects": objects, "arcs": arcs}
    TARGET.write_text(json.dumps(atlas, separators=(",", ":")) + "\n")


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def _named(shape: dict[str, Any], codes: dict[str, str]) -> dict[str, Any]:
    code = codes.get(shape.get("id", ""), UNNUMBERED.get(shape["properties"]["name"], ""))
    return {**{key: value for key, value in shape.items() if key != "properties"}, "id": code}


def _moved(given: Any, fine: dict[str, Any], transform: dict[str, Any], arcs: list[Any]) -> Any:
    """The arcs of a shape, copied to the end of `arcs`; a negative number is an arc taken backwards."""
    if isinstance(given, list):
        return [_moved(each, fine, transform, arcs) for each in given]
    arcs.append(_quantised(fine["arcs"][given if given >= 0 else ~given], fine["transform"], transform))
    return len(arcs) - 1 if given >= 0 else ~(len(arcs) - 1)


def _centre(shape: dict[str, Any], arcs: list[Any], transform: dict[str, Any]) -> list[float]:
    """Longitude and latitude of the centroid of a shape's largest ring, as if the map were flat."""
    rings = [ring for polygon in ([shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]) for ring in polygon]
    found: tuple[float, float, float] = (0.0, 0.0, 0.0)
    for ring in rings:
        points = _points(ring, arcs)
        area = east = north = 0.0
        for (x, y), (next_x, next_y) in zip(points, [*points[1:], points[0]], strict=True):
            cross = x * next_y - next_x * y
            area, east, north = area + cross, east + (x + next_x) * cross, north + (y + next_y) * cross
        if abs(area) > abs(found[0]):
            found = (area, east / (3 * area), north / (3 * area))
    points = [point for ring in rings for point in _points(ring, arcs)]
    ends = [(min(place), max(place)) for place in zip(*points, strict=True)]
    if not all(low <= at <= high for at, (low, high) in zip(found[1:], ends, strict=True)):
        # A ring across the edge of the map, or around a point, has no such area.
        found = (1.0, *(sum(place) / len(points) for place in zip(*points, strict=True)))
    return [round(at * transform["scale"][axis] + transform["translate"][axis], 2) for axis, at in enumerate(found[1:])]


def _points(ring: list[int], arcs: list[Any]) -> list[tuple[int, int]]:
    """The points of a ring on the grid; each arc begins where the last one ends."""
    found: list[tuple[int, int]] = []
    for number in ring:
        x = y = 0
        line = []
        for step in arcs[number if number >= 0 else ~number]:
            x, y = x + step[0], y + step[1]
            line.append((x, y))
        found += (line if number >= 0 else line[::-1])[1:]
    return found


def _quantised(arc: list[list[int]], own: dict[str, Any], other: dict[str, Any]) -> list[list[int]]:
    """An arc, which is steps between points of a grid, on another grid."""
    at, last, moved = [0, 0], [0, 0], []
    for step in arc:
        at = [at[axis] + step[axis] for axis in (0, 1)]
        place = [at[axis] * own["scale"][axis] + own["translate"][axis] for axis in (0, 1)]
        point = [round((place[axis] - other["translate"][axis]) / other["scale"][axis]) for axis in (0, 1)]
        moved.append([point[axis] - last[axis] for axis in (0, 1)])
        last = point
    return moved


if __name__ == "__main__":
    main(Path(sys.argv[1]))
