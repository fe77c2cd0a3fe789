"""The chart by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from voxpop.dashboard import figures

NOON = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def series(*counts: tuple[int, int, int, int], width: timedelta = HOUR) -> pa.Table:
    """Intervals from noon, each with its negative, neutral, positive and unscored posts."""
    rows = []
    for place, (negative, neutral, positive, unscored) in enumerate(counts):
        scored = negative + neutral + positive
        rows.append(
            {
                "start": NOON + place * width,
                "n": scored + unscored,
                "n_neg": negative,
                "n_neu": neutral,
                "n_pos": positive,
                "n_unscored": unscored,
                "net": (positive - negative) / scored if scored else None,
            }
        )
    return pa.Table.from_pylist(rows)


def trace(figure: dict[str, Any], uid: str) -> dict[str, Any]:
    return next(trace for trace in figure["data"] if trace["uid"] == uid)


def test_an_hours_point_is_its_net_sentiment_at_its_middle() -> None:
    line = trace(figures.trend(series((1, 1, 2, 0), (3, 0, 1, 2)), HOUR, "r"), "net")
    assert line["x"] == ["2026-11-19T12:30:00", "2026-11-19T13:30:00"]
    assert line["y"] == [25.0, -50.0]


def test_an_interval_without_a_scored_post_is_a_gap_and_not_a_zero() -> None:
    figure = figures.trend(series((0, 0, 1, 0), (0, 0, 0, 3), (1, 0, 0, 0)), HOUR, "r")
    assert trace(figure, "net")["y"] == [100.0, None, -100.0]
    assert trace(figure, "bar-unscored")["y"] == [0, 3, 0]
    assert trace(figure, "net")["marker"]["size"] == [5, 0, 7], "a lone point is a dot, the newest a larger one"
    assert "no scored post" in trace(figure, "volume")["customdata"][1]


def test_by_the_minute_the_line_pools_five_minutes_and_begins_with_a_whole_pool() -> None:
    minute = timedelta(minutes=1)
    counts = [(1, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 3, 0), (0, 0, 0, 1)]
    figure = figures.trend(series(*counts, width=minute), minute, "r")
    assert trace(figure, "net")["x"] == ["2026-11-19T12:04:30", "2026-11-19T12:05:30"]
    assert trace(figure, "net")["y"] == [50.0, 100.0]
    assert trace(figure, "volume")["y"] == [3, 1]


def test_the_bars_are_the_counts_by_label() -> None:
    figure = figures.trend(series((1, 2, 3, 4)), HOUR, "r")
    assert [trace(figure, f"bar-{label}")["y"] for label in figures.COLOURS] == [[1], [2], [3], [4]]
    assert trace(figure, "net")["customdata"] == [
        ["19 Nov 12:00–13:00", "+33.3 points", "", "10 posts", 1, 2, 3, 4],
    ]


@pytest.mark.parametrize(
    ("counts", "limit"), [((0, 1, 0, 0), 10), ((1, 4, 2, 0), 20), ((0, 3, 2, 0), 40), ((0, 0, 1, 0), 100)]
)
def test_the_axis_is_symmetric_about_zero_and_its_end_a_round_number(
    counts: tuple[int, int, int, int], limit: float
) -> None:
    axis = figures.trend(series(counts), HOUR, "r")["layout"]["yaxis"]
    assert axis["range"][0] == -axis["range"][1]
    assert (axis["tickvals"][0], axis["tickvals"][-1]) == (-limit, limit)
    assert all(tick == int(tick) for tick in axis["tickvals"])


def test_the_chart_spans_the_whole_period_and_keeps_a_zoom_for_its_revision() -> None:
    layout = figures.trend(series((0, 0, 0, 0), (0, 0, 0, 0)), HOUR, "gta6 1h")["layout"]
    assert (layout["xaxis"]["minallowed"], layout["xaxis"]["maxallowed"]) == (
        "2026-11-19T12:00:00",
        "2026-11-19T14:00:00",
    )
    assert layout["uirevision"] == "gta6 1h"


def test_without_intervals_there_is_an_empty_chart() -> None:
    figure = figures.trend(series((0, 0, 0, 0)).slice(1), HOUR, "r")
    assert trace(figure, "net")["y"] == []


def test_a_period_in_which_a_source_was_not_heard_is_shaded() -> None:
    gap = (NOON, NOON + timedelta(minutes=20))
    (band,) = figures.trend(series((1, 1, 2, 0)), HOUR, "r", [gap])["layout"]["shapes"]
    assert (band["x0"], band["x1"], band["layer"]) == ("2026-11-19T12:00:00", "2026-11-19T12:20:00", "below")
    assert figures.trend(series((1, 1, 2, 0)), HOUR, "r")["layout"]["shapes"] == []
