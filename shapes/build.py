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
    objects = {"countries": {"type": "GeometryCollection", "geometries": [each for each in countries if each["id"]]}}
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
