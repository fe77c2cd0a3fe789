"""The chart: counts by interval in, a Plotly figure out, as plain values.

Ink and lines take their colours from the stylesheet, so one figure serves light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from voxpop.dashboard import text

COLOURS: Final = {"negative": "#D55E00", "neutral": "#7D8796", "positive": "#0E86A8", "unscored": "#7D879659"}
"""Vermillion and blue stay apart for every kind of colour blindness; each is at least 3:1 on both backgrounds."""
_COLUMNS: Final = {"negative": "n_neg", "neutral": "n_neu", "positive": "n_pos", "unscored": "n_unscored"}
_LIMITS: Final = (10.0, 20.0, 40.0, 60.0, 80.0, 100.0)
_HEADROOM: Final = 1.08
_HOVER: Final = (
    "<b>%{customdata[0]}</b><br>net %{customdata[1]}%{customdata[2]}<br>%{customdata[3]}: %{customdata[4]} negative · "
    "%{customdata[5]} neutral · %{customdata[6]} positive · %{customdata[7]} unscored<extra></extra>"
)

_TIMES: Final = [
    {"dtickrange": [None, 86_400_000], "value": "%H:%M\n%-d %b"},
    {"dtickrange": [86_400_000, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b\n%Y"},
]

Point = tuple[datetime, float]
Period = tuple[datetime, datetime]


def pool(width: timedelta) -> int:
    """How many intervals the line pools: minutes alone hold too few posts to be read.

    >>> pool(timedelta(minutes=1)), pool(timedelta(hours=1))
    (5, 1)
    """
    return 5 if width == timedelta(minutes=1) else 1


def trend(series: pa.Table, width: timedelta, revision: str, unheard: Sequence[Period] = ()) -> dict[str, Any]:
    """Net sentiment as a line over the volume as bars, on one time axis.

    `series` is what `queries.series` answers for the period and, before it, the `pool(width) - 1` intervals that the
    first point of the line needs; `width` is its interval. Where nothing is scored the line has a gap, never a zero.
    While `revision` stays the same, so does a reader's zoom. Periods `unheard` are shaded: their counts are too low.
    """
    pooled = pool(width)
    points = sliding_net(series, pooled)[pooled - 1 :]
    rows = series.to_pylist()[pooled - 1 :]
    middles = [row["start"] + width / 2 for row in rows]
    details = [_detail(row, point, width) for row, point in zip(rows, points, strict=True)]
    traces = [*_areas(middles, points), _line(middles, points, details), *_bars(rows, middles, details)]
    period = [_iso(rows[0]["start"]), _iso(rows[-1]["start"] + width)] if rows else []
    layout = _layout(_limit(points), period, width, revision)
    return {"data": traces, "layout": {**layout, "shapes": [_band(each, len(rows) * width) for each in unheard]}}


def sliding_net(series: pa.Table, length: int) -> list[float | None]:
    """Net sentiment in points over each interval and the `length - 1` before it, None where nothing is scored.

    The counts are pooled, so an interval weighs as much as it has posts.

    >>> counts = pa.table({"n_neg": [0, 3, 0, 0], "n_neu": [0, 0, 0, 0], "n_pos": [1, 0, 0, 0]})
    >>> sliding_net(counts, 2)
    [100.0, -50.0, -100.0, None]
    """
    columns = (series["n_neg"].to_pylist(), series["n_neu"].to_pylist(), series["n_pos"].to_pylist())
    nets: list[float | None] = []
    for last in range(1, series.num_rows + 1):
        negative, neutral, positive = (sum(column[max(0, last - length) : last]) for column in columns)
        scored = negative + neutral + positive
        nets.append(100 * (positive - negative) / scored if scored else None)
    return nets


def signed_areas(middles: Sequence[datetime], points: Sequence[float | None]) -> list[Point]:
    """The outline between a line with gaps and zero, with a point wherever the line crosses zero.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> outline = signed_areas([noon, noon + timedelta(minutes=2)], [-10.0, 10.0])
    >>> [(at.minute, value) for at, value in outline]
    [(0, 0.0), (0, -10.0), (1, 0.0), (2, 10.0), (2, 0.0)]
    """
    outline: list[Point] = []
    for stretch in _stretches(middles, points):
        outline.append((stretch[0][0], 0.0))
        for point, following in zip(stretch, [*stretch[1:], stretch[-1]], strict=True):
            outline.append(point)
            if point[1] * following[1] < 0:
                crossing = point[1] / (point[1] - following[1])
                outline.append((point[0] + (following[0] - point[0]) * crossing, 0.0))
        outline.append((stretch[-1][0], 0.0))
    return outline


def _stretches(middles: Sequence[datetime], points: Sequence[float | None]) -> Iterator[list[Point]]:
    stretch: list[Point] = []
    for middle, point in zip(middles, points, strict=True):
        if point is not None:
            stretch.append((middle, point))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _areas(middles: Sequence[datetime], points: Sequence[float | None]) -> list[dict[str, Any]]:
    outline = signed_areas(middles, points)
    times = [_iso(at) for at, _ in outline]
    sides = {
        "negative": [round(min(value, 0.0), 2) for _, value in outline],
        "positive": [round(max(value, 0.0), 2) for _, value in outline],
    }
    return [
        {
            "type": "scatter",
            "uid": f"area-{label}",
            "x": times,
            "y": values,
            "mode": "lines",
            "line": {"width": 0},
            "fill": "tozeroy",
            "fillcolor": COLOURS[label] + "47",
            "hoverinfo": "skip",
        }
        for label, values in sides.items()
    ]


def _line(middles: Sequence[datetime], points: Sequence[float | None], details: list[list[Any]]) -> dict[str, Any]:
    """A lone point between two gaps has no line, so it gets a dot; so does the newest."""
    alone = [
        point is not None and points[max(i - 1, 0) : i + 2].count(None) == len(points[max(i - 1, 0) : i + 2]) - 1
        for i, point in enumerate(points)
    ]
    newest = max((i for i, point in enumerate(points) if point is not None), default=-1)
    return {
        "type": "scatter",
        "uid": "net",
        "x": [_iso(at) for at in middles],
        "y": [None if point is None else round(point, 2) for point in points],
        "mode": "lines+markers",
        "line": {"width": 2, "color": COLOURS["neutral"]},
        "marker": {"size": [7 if i == newest else 5 * lone for i, lone in enumerate(alone)], "opacity": 1},
        "cliponaxis": False,
        "customdata": details,
        "hovertemplate": _HOVER,
    }


def _bars(rows: list[dict[str, Any]], middles: Sequence[datetime], details: list[list[Any]]) -> list[dict[str, Any]]:
    times = [_iso(at) for at in middles]
    bars = [
        {
            "type": "bar",
            "uid": f"bar-{label}",
            "x": times,
            "y": [row[column] for row in rows],
            "yaxis": "y2",
            "marker": {"color": COLOURS[label], "line": {"width": 0}},
            "hoverinfo": "skip",
        }
        for label, column in _COLUMNS.items()
    ]
    over = {
        "type": "scatter",
        "uid": "volume",
        "x": times,
        "y": [row["n"] for row in rows],
        "yaxis": "y2",
        "mode": "markers",
        "marker": {"opacity": 0},
        "customdata": details,
        "hovertemplate": _HOVER,
    }
    return [*bars, over]


def _detail(row: dict[str, Any], point: float | None, width: timedelta) -> list[Any]:
    net = text.NO_NET if point is None else f"{text.signed(point / 100)} {text.NET_UNIT}"
    counts = [row[column] for column in _COLUMNS.values()]
    return [_label(row["start"], width), net, text.over(pool(width), width), text.posts(row["n"]), *counts]


def _label(start: datetime, width: timedelta) -> str:
    if width >= timedelta(days=1):
        return f"{start:%a} {start.day} {start:%b %Y}"
    until = start + width
    return f"{start.day} {start:%b} {start:%H:%M}" + ("" if width == timedelta(minutes=1) else f"–{until:%H:%M}")


def _limit(points: Sequence[float | None]) -> float:
    largest = max((abs(point) for point in points if point is not None), default=0.0)
    return next(limit for limit in _LIMITS if largest <= limit)


def _layout(limit: float, period: list[str], width: timedelta, revision: str) -> dict[str, Any]:
    axis = {"fixedrange": True, "zeroline": False, "ticks": "", "automargin": False}
    ticks = [-limit, -limit / 2, 0, limit / 2, limit]
    return {
        "autosize": True,
        "uirevision": revision,
        "margin": {"l": 44, "r": 12, "t": 24, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "inherit", "size": 12, "color": COLOURS["neutral"]},
        "showlegend": False,
        "barmode": "stack",
        "bargap": 0.18,
        "hovermode": "x",
        "hoverdistance": -1,
        "dragmode": "zoom",
        "hoverlabel": {"align": "left", "font": {"family": "inherit", "size": 12}},
        "xaxis": {
            "type": "date",
            "anchor": "y2",
            "showgrid": False,
            # A fixed range that moves on with time would undo the reader's zoom; these bounds do not.
            "autorange": True,
            **({"minallowed": period[0], "maxallowed": period[1]} if period else {}),
            "showspikes": True,
            "spikemode": "across",
            "spikethickness": 1,
            "spikedash": "solid",
            "spikesnap": "hovered data",
            "nticks": 7,
            "tickangle": 0,
            "ticklabelmode": "instant",
            "tickformatstops": _TIMES,
        },
        "yaxis": {
            **axis,
            "domain": [0.36, 1.0],
            "range": [-limit * _HEADROOM, limit * _HEADROOM],
            "tickvals": ticks,
            "ticktext": [f"{tick:+g}".replace("-", text.MINUS) if tick else "0" for tick in ticks],
            "zeroline": True,
            "zerolinewidth": 1,
        },
        "yaxis2": {**axis, "domain": [0.0, 0.24], "rangemode": "tozero", "nticks": 3, "tickformat": "~s"},
        "annotations": [
            _caption(f"{text.NET_UNIT}{text.over(pool(width), width)}", 1.0),
            _caption(f"posts per {text.interval(width)}", 0.24),
        ],
    }


def _band(unheard: Period, shown: timedelta) -> dict[str, Any]:
    """A shade over the whole height, with words where they fit."""
    start, end = unheard
    place = {"xref": "x", "yref": "paper", "x0": _iso(start), "x1": _iso(end), "y0": 0, "y1": 1, "layer": "below"}
    words = {
        "text": text.UNHEARD if end - start > shown / 10 else "",
        "textposition": "top center",
        "font": {"size": 10},
    }
    return {"type": "rect", **place, "line": {"width": 0}, "fillcolor": COLOURS["neutral"] + "2E", "label": words}


def _caption(words: str, y: float) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": y, "xanchor": "left", "yanchor": "bottom"}
    return {"text": words, "showarrow": False, "font": {"size": 11}, **place}


def _iso(at: datetime) -> str:
    """Plotly reads a text as a date with no time zone; all of ours are UTC."""
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds" if at.microsecond else "seconds")
