"""Areas of the chart: between the line and zero, and between the ends of its interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from voxpop.dashboard.figures.colours import COLOURS
from voxpop.dashboard.figures.line import Line, stretches

Point = tuple[datetime, float]


def signed_areas(middles: Sequence[datetime], points: Sequence[float | None]) -> list[Point]:
    """The outline between a line with gaps and zero, with a point wherever the line crosses zero.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> outline = signed_areas([noon, noon + timedelta(minutes=2)], [-10.0, 10.0])
    >>> [(at.minute, value) for at, value in outline]
    [(0, 0.0), (0, -10.0), (1, 0.0), (2, 10.0), (2, 0.0)]
    """
    outline: list[Point] = []
    for places in stretches(points):
        stretch = [(middles[place], points[place] or 0.0) for place in places]
        outline.append((stretch[0][0], 0.0))
        for point, following in zip(stretch, [*stretch[1:], stretch[-1]], strict=True):
            outline.append(point)
            if point[1] * following[1] < 0:
                crossing = point[1] / (point[1] - following[1])
                outline.append((point[0] + (following[0] - point[0]) * crossing, 0.0))
        outline.append((stretch[-1][0], 0.0))
    return outline


def signed(middles: Sequence[datetime], points: Sequence[float | None]) -> list[dict[str, Any]]:
    """An area below zero and one above it."""
    outline = signed_areas(middles, points)
    sides = {
        "negative": [round(min(value, 0.0), 2) for _, value in outline],
        "positive": [round(max(value, 0.0), 2) for _, value in outline],
    }
    times = [written(at) for at, _ in outline]
    return [
        {
            "type": "scatter",
            "uid": f"area-{label}",
            "x": times,
            "y": values,
            "mode": "lines",
            "line": {"width": 0},
            "fill": "tozeroy",
            "fillcolor": COLOURS[label] + "33",
            "hoverinfo": "skip",
        }
        for label, values in sides.items()
    ]


def band(middles: Sequence[datetime], line: Line) -> dict[str, Any]:
    """The interval around the line, a shape of its own between any two gaps."""
    times: list[str | None] = []
    ends: list[float | None] = []
    for places in stretches(line.nets):
        times += [written(middles[place]) for place in (*places, *reversed(places))]
        ends += [line.highs[place] for place in places] + [line.lows[place] for place in reversed(places)]
        times.append(None)
        ends.append(None)
    return {
        "type": "scatter",
        "uid": "band",
        "x": times,
        "y": ends,
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": COLOURS["neutral"] + "40",
        "hoverinfo": "skip",
    }


def written(at: datetime) -> str:
    """Plotly reads a text as a date with no time zone; ours are those of the axis."""
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds" if at.microsecond else "seconds")
