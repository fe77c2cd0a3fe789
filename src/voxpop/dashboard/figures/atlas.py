"""The map: net sentiment by country, or volume by country and cell. SVG, and all shapes from this server."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import h3

from voxpop.dashboard import text
from voxpop.dashboard.figures.colours import COLOURS, DIVERGING, SEQUENTIAL

FLOOR: Final = 10
"""Fewer posts say nothing of a country, and may be one person's."""
_LARGEST: Final = 34.0
_SMALLEST: Final = 5.0
_EDGE: Final = {"RU": "RUS", "FJ": "FJI", "AQ": "ATA"}
"""By these ids Plotly knows shapes that cross the edge of the map; with others, they would be hit all around the world.

shapes/build.py and the page's script have the same."""
_LIMITS: Final = (0.25, 0.5, 1.0)
_NET: Final = "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>net %{customdata[2]}<extra></extra>"
_FEW: Final = f"<b>%{{customdata[0]}}</b><br>%{{customdata[1]}}: fewer than {FLOOR}, too few to say<extra></extra>"


@dataclass(frozen=True)
class Places:
    """Counts by place: rows of `queries.by` on countries and of `places.cells`, and the names of countries by code."""

    countries: Sequence[dict[str, Any]]
    cells: Sequence[dict[str, Any]]
    names: dict[str, str]


def atlas(places: Places, layer: str, chosen: Collection[str], revision: str) -> dict[str, Any]:
    """The world; `layer` is "net" or "volume". Countries that are chosen stand out, if there are any.

    While `revision` stays the same, so does the reader's zoom.
    """
    known = [row for row in places.countries if row["name"]]
    if layer == "net":
        traces = _net(known, places.names)
    else:
        traces = [_volume(known, places.names), _cells(places.cells)]
    for trace in traces:
        _stand_out(trace, chosen)
    return {"data": [_land(places.names), *traces], "layout": _layout(revision)}


def _land(names: dict[str, str]) -> dict[str, Any]:
    """All countries, so that one without posts is seen to be there."""
    codes = sorted(names)
    return {
        **_shapes(codes),
        "uid": "land",
        "z": [0] * len(codes),
        "colorscale": [[0, COLOURS["neutral"] + "22"], [1, COLOURS["neutral"] + "22"]],
        "text": [names[code] for code in codes],
        "hovertemplate": "%{text}: no posts<extra></extra>",
    }


def _stand_out(trace: dict[str, Any], chosen: Collection[str]) -> None:
    chosen = {_EDGE.get(code, code) for code in chosen}
    if there := trace.get("locations"):
        trace["marker"]["opacity"] = [1.0 if not chosen or code in chosen else 0.3 for code in there]
        trace["marker"]["line"] = {"width": [2.2 if code in chosen else 0.4 for code in there], "color": "#56606E"}


def _volume(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    """By the root of the number of posts: a few countries have most of them."""
    return {
        **_shapes([row["name"] for row in rows]),
        "uid": "volume",
        "z": [round(sqrt(row["n"]), 2) for row in rows],
        "zmin": 0,
        "zmax": sqrt(max((row["n"] for row in rows), default=1)),
        "colorscale": SEQUENTIAL,
        "customdata": [_told(row, names) for row in rows],
        "hovertemplate": "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
    }


def _net(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    enough = [row for row in rows if row["n"] >= FLOOR and row["net"] is not None]
    few = [row for row in rows if row["n"] < FLOOR or row["net"] is None]
    largest = max((abs(row["net"]) for row in enough), default=0.0)
    reach = next(limit for limit in _LIMITS if largest <= limit)
    net = {
        **_shapes([row["name"] for row in enough]),
        "uid": "net",
        "z": [round(100 * row["net"], 1) for row in enough],
        "zmin": -100 * reach,
        "zmax": 100 * reach,
        "colorscale": DIVERGING,
        "showscale": True,
        "colorbar": _bar(reach),
        "customdata": [_told(row, names) for row in enough],
        "hovertemplate": _NET,
    }
    unsure = {
        **_shapes([row["name"] for row in few]),
        "uid": "few",
        "z": [0] * len(few),
        "colorscale": [[0, COLOURS["neutral"] + "80"], [1, COLOURS["neutral"] + "80"]],
        "customdata": [_told(row, names) for row in few],
        "hovertemplate": _FEW,
    }
    return [net, unsure]


def _cells(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Discs whose area is the number of posts, at the middles of cells; larger ones below."""
    points = [h3.cell_to_latlng(row["name"]) for row in rows]
    most = max((row["n"] for row in rows), default=1)
    return {
        "type": "scattergeo",
        "uid": "cells",
        "lat": [round(lat, 3) for lat, _ in points],
        "lon": [round(lon, 3) for _, lon in points],
        "mode": "markers",
        "marker": {
            "size": [round(max(_SMALLEST, _LARGEST * sqrt(row["n"] / most)), 1) for row in rows],
            "color": COLOURS["neutral"],
            "opacity": 0.8,
            "line": {"width": 1, "color": "#FFFFFF"},
        },
        "customdata": [[text.posts(row["n"]), row["name"]] for row in rows],
        "hovertemplate": "<b>%{customdata[0]}</b><br>H3 cell %{customdata[1]}<extra></extra>",
    }


def _shapes(codes: Sequence[str]) -> dict[str, Any]:
    # Plotly takes an id of its shapes as it is in this mode; those of our file are of two letters.
    return {
        "type": "choropleth",
        "locationmode": "ISO-3",
        "locations": [_EDGE.get(code, code) for code in codes],
        "showscale": False,
        "marker": {"line": {"width": 0.4, "color": "#56606E"}},
    }


def _told(row: dict[str, Any], names: dict[str, str]) -> list[str]:
    return [names.get(row["name"], row["name"]), text.posts(row["n"]), f"{text.signed(row['net'])} {text.NET_UNIT}"]


def _bar(reach: float) -> dict[str, Any]:
    ticks = [-100 * reach, 100 * reach]
    return {
        "orientation": "h",
        # In the Pacific, and no wider on any screen: else it lies on Chile.
        "x": 0.01,
        "xanchor": "left",
        "y": 0.02,
        "yanchor": "bottom",
        "lenmode": "pixels",
        "len": 84,
        "thickness": 7,
        "outlinewidth": 0,
        "tickvals": ticks,
        "ticktext": [f"{text.MINUS}{100 * reach:g} ▼", f"▲ +{100 * reach:g}"],
        "tickfont": {"size": 10},
        "ticks": "",
        "xpad": 18,
        "ypad": 2,
    }


def _layout(revision: str) -> dict[str, Any]:
    off = {f"show{name}": False for name in ("land", "coastlines", "lakes", "rivers", "countries", "ocean", "frame")}
    return {
        "autosize": True,
        "uirevision": revision,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "inherit", "size": 12, "color": COLOURS["neutral"]},
        "hoverlabel": {"align": "left", "font": {"family": "inherit", "size": 12}},
        "dragmode": "pan",
        "geo": {
            **off,
            "bgcolor": "rgba(0,0,0,0)",
            "fitbounds": False,
            "projection": {"type": "natural earth", "rotation": {"lon": 11, "lat": 0, "roll": 0}, "scale": 1.0},
            "center": {"lon": 11, "lat": 18},
            "lataxis": {"range": [-56, 84]},
            "lonaxis": {"range": [-169, 191]},
            "uirevision": revision,
        },
    }
