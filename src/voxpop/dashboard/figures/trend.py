"""The chart: counts by interval and a line in, a Plotly figure out.

Ink and lines take their colours from the stylesheet, so one figure serves light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from textwrap import wrap
from typing import Any, Final

import pyarrow as pa

from voxpop.dashboard import text
from voxpop.dashboard.figures import areas, axes
from voxpop.dashboard.figures.areas import written
from voxpop.dashboard.figures.axes import Frame
from voxpop.dashboard.figures.colours import COLOURS
from voxpop.dashboard.figures.line import Line, pool
from voxpop.stores.counts import COUNTS

WRAP: Final = 48
_COLUMNS: Final = {label: column for column, label in COUNTS.items()}
_HOVER: Final = (
    "<b>%{customdata[0]}</b><br>net %{customdata[1]}%{customdata[2]}<br>%{customdata[3]}: %{customdata[4]} negative · "
    "%{customdata[5]} neutral · %{customdata[6]} positive · %{customdata[7]} unscored<extra></extra>"
)


def trend(series: pa.Table, line: Line, frame: Frame) -> dict[str, Any]:
    """Net sentiment as a line within its interval, over the volume by label, on one time axis.

    `series` is what `queries.series` answers for the period and, before it, the `pool(width) - 1` intervals that the
    first point of the line needs; `line` is of all of them. Where nothing is scored the line has a gap, never a zero.
    """
    width = frame.intervals.width
    lead = pool(width) - 1
    shown, rows = line.since(lead), series.to_pylist()[lead:]
    starts = [row["start"] for row in rows]
    middles = [frame.at(start + width / 2) for start in starts]
    details = [_detail(row, shown, place, frame) for place, row in enumerate(rows)]
    traces = [
        *areas.signed(middles, shown.nets),
        areas.band(middles, shown),
        *_line(middles, shown.nets, details),
        *_volume(rows, frame, middles, details),
        _pins(frame, axes.limit(shown)),
    ]
    return {"data": traces, "layout": axes.layout(frame, axes.limit(shown), starts)}


def _pins(frame: Frame, reach: float) -> dict[str, Any]:
    """Alerts at the top of the chart, where they began."""
    return {
        "type": "scatter",
        "uid": "alerts",
        "x": [written(frame.at(at)) for at, _ in frame.pins],
        "y": [reach] * len(frame.pins),
        "mode": "markers",
        "marker": {"symbol": "triangle-down", "size": 12, "color": COLOURS["neutral"]},
        "cliponaxis": False,
        "customdata": [["<br>".join(wrap(escape(said), WRAP))] for _, said in frame.pins],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }


def _line(
    middles: Sequence[datetime], points: Sequence[float | None], details: list[list[Any]]
) -> list[dict[str, Any]]:
    """A lone point between two gaps has no line, so it gets a dot; so does the newest, a larger one.

    Each marker is an element to draw, so the line has none where it needs none.
    """
    known = [place for place, point in enumerate(points) if point is not None]
    gaps = (None, *points, None)
    dots = [place for place in known if gaps[place] is gaps[place + 2] is None or place == known[-1]]
    sizes = [7 if place == known[-1] else 5 for place in dots]
    times = [written(at) for at in middles]
    line = {
        "type": "scatter",
        "uid": "net",
        "x": times,
        "y": list(points),
        "mode": "lines",
        "line": {"width": 2, "color": COLOURS["neutral"]},
        "cliponaxis": False,
        "customdata": details,
        "hovertemplate": _HOVER,
    }
    marks = {
        "type": "scatter",
        "uid": "dots",
        "x": [times[place] for place in dots],
        "y": [points[place] for place in dots],
        "mode": "markers",
        "marker": {
            "size": sizes,
            "opacity": 1,
            "color": COLOURS["neutral"],
        },
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    return [line, marks]


def _volume(
    rows: list[dict[str, Any]], frame: Frame, middles: Sequence[datetime], details: list[list[Any]]
) -> list[dict[str, Any]]:
    """Posts by label, on top of each other, each a stepped area: bars take twice as long to draw.

    An area's last number is there twice, at both ends of its step.
    """
    ends = [row["start"] for row in rows] + [row["start"] + frame.intervals.width for row in rows[-1:]]
    edges = [written(frame.at(end)) for end in ends]
    steps = [
        {
            "type": "scatter",
            "uid": f"volume-{label}",
            "stackgroup": "volume",
            "x": edges,
            "y": [row[_COLUMNS[label]] for row in (*rows, *rows[-1:])],
            "yaxis": "y2",
            "mode": "lines",
            "line": {"width": 0, "shape": "hv"},
            "fillcolor": COLOURS[label],
            "hoverinfo": "skip",
        }
        for label in ("negative", "neutral", "positive", "unscored")
    ]
    over = {
        "type": "scatter",
        "uid": "volume",
        "x": [written(at) for at in middles],
        "y": [row["n"] for row in rows],
        "yaxis": "y2",
        # Not to be seen: it is there to be pointed at.
        "mode": "lines",
        "line": {"width": 0},
        "customdata": details,
        "hovertemplate": _HOVER,
    }
    return [*steps, over]


def _detail(row: dict[str, Any], line: Line, place: int, frame: Frame) -> list[Any]:
    point, low, high = line.nets[place], line.lows[place], line.highs[place]
    width = frame.intervals.width
    net = text.NO_NET
    if point is not None and low is not None and high is not None:
        net = f"{text.signed(point / 100)} {text.ends(low / 100, high / 100)} {text.NET_UNIT}"
    counts = [row[column] for column in COUNTS]
    start = frame.at(row["start"])
    return [_label(start, width), net, text.over(pool(width), width), text.posts(row["n"]), *counts]


def _label(start: datetime, width: timedelta) -> str:
    if width >= timedelta(days=1):
        return f"{start:%a} {start.day} {start:%b %Y}"
    until = start + width
    return f"{start.day} {start:%b} {start:%H:%M}" + ("" if width == timedelta(minutes=1) else f"–{until:%H:%M}")
