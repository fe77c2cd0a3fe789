"""The frame of the chart: net sentiment above, volume below, one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from voxpop.dashboard import text
from voxpop.dashboard.figures.areas import written
from voxpop.dashboard.figures.colours import COLOURS
from voxpop.dashboard.figures.line import Line, pool
from voxpop.stores.period import Intervals

Period = tuple[datetime, datetime]

_LIMITS: Final = (10.0, 20.0, 40.0, 60.0, 80.0, 100.0)
_HEADROOM: Final = 1.08
_TIMES: Final = [
    {"dtickrange": [None, 86_400_000], "value": "%H:%M\n%-d %b"},
    {"dtickrange": [86_400_000, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b\n%Y"},
]


@dataclass(frozen=True)
class Frame:
    """What a chart is drawn in.

    Attributes:
        intervals: width and time zone of the intervals.
        revision: while it stays the same, so does a reader's zoom.
        unheard: periods to shade, in which a source was not heard: their counts are too low.
        pins: moments at which an alert began, and what it says.
    """

    intervals: Intervals
    revision: str
    unheard: Sequence[Period] = ()
    pins: Sequence[tuple[datetime, str]] = ()

    @property
    def zone(self) -> ZoneInfo:
        """In which the times of the axis are."""
        return self.intervals.zone

    def at(self, moment: datetime) -> datetime:
        """A moment as a time of the axis."""
        return moment.astimezone(self.zone)


def limit(line: Line) -> float:
    """How far the axis of net sentiment reaches: the line and most of its interval, in round points."""
    nets = [abs(net) for net in line.nets if net is not None]
    ends = sorted(abs(end) for end in (*line.lows, *line.highs) if end is not None)
    # An interval of very few posts may be everywhere; it would flatten all the others.
    usual = ends[len(ends) * 9 // 10] if ends else 0.0
    largest = max([*nets, usual], default=0.0)
    return next(limit for limit in _LIMITS if largest <= limit)


def layout(frame: Frame, reach: float, starts: Sequence[datetime]) -> dict[str, Any]:
    """Axes, captions and shades for intervals that begin at `starts`."""
    width = frame.intervals.width
    axis = {"fixedrange": True, "zeroline": False, "ticks": "", "automargin": False}
    ticks = [-reach, -reach / 2, 0, reach / 2, reach]
    period = [written(frame.at(starts[0])), written(frame.at(starts[-1] + width))] if starts else []
    return {
        "autosize": True,
        "uirevision": frame.revision,
        "margin": {"l": 44, "r": 12, "t": 24, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "inherit", "size": 12, "color": COLOURS["neutral"]},
        "showlegend": False,
        "hovermode": "x",
        "hoverdistance": -1,
        "dragmode": "zoom",
        "hoverlabel": {"align": "left", "font": {"family": "inherit", "size": 12}},
        "xaxis": _times(period),
        "yaxis": {
            **axis,
            "domain": [0.36, 1.0],
            "range": [-reach * _HEADROOM, reach * _HEADROOM],
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
        "shapes": [_shade(frame, each, len(starts) * width) for each in frame.unheard],
    }


def _times(period: list[str]) -> dict[str, Any]:
    return {
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
        # Room, not lines: else the first time touches the lowest number of the axis beside it.
        "ticks": "outside",
        "ticklen": 6,
        "tickcolor": "rgba(0,0,0,0)",
        "ticklabelmode": "instant",
        "tickformatstops": _TIMES,
    }


def _shade(frame: Frame, unheard: Period, shown: timedelta) -> dict[str, Any]:
    """A shade over the whole height, with words where they fit."""
    start, end = unheard
    ends = {"x0": written(frame.at(start)), "x1": written(frame.at(end)), "y0": 0, "y1": 1}
    words = {
        "text": text.UNHEARD if end - start > shown / 10 else "",
        "textposition": "top center",
        "font": {"size": 10},
    }
    place = {"xref": "x", "yref": "paper", "layer": "below", "line": {"width": 0}}
    return {"type": "rect", **place, **ends, "fillcolor": COLOURS["neutral"] + "2E", "label": words}


def _caption(words: str, y: float) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": y, "xanchor": "left", "yanchor": "bottom"}
    return {"text": words, "showarrow": False, "font": {"size": 11}, **place}
