"""The chart by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from voxpop.dashboard.figures import line
from voxpop.dashboard.figures.atlas import FLOOR, Places, atlas
from voxpop.dashboard.figures.axes import Frame
from voxpop.dashboard.figures.colours import COLOURS
from voxpop.dashboard.figures.trend import trend
from voxpop.stores.period import Intervals

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
                **dict.fromkeys(("n_neg_sure", "n_neu_sure", "n_pos_sure"), 0),
            }
        )
    return pa.Table.from_pylist(rows)


def drawn(rows: pa.Table, frame: Frame | None = None) -> dict[str, Any]:
    frame = frame or Frame(Intervals(HOUR), "r")
    return trend(rows, line.counted(rows, line.pool(frame.intervals.width)), frame)


def test_an_alert_is_pinned_where_it_began_and_says_what_it_is() -> None:
    frame = Frame(Intervals(HOUR), "r", pins=[(NOON + HOUR, "<apple>: 90 posts where 10 were expected")])
    pins = trace(drawn(series((1, 1, 2, 0), (3, 0, 1, 2)), frame), "alerts")
    assert pins["x"] == ["2026-11-19T13:00:00"]
    assert pins["customdata"] == [["&lt;apple&gt;: 90 posts where 10 were expected"]]
    assert trace(drawn(series((1, 1, 2, 0))), "alerts")["x"] == []


def trace(figure: dict[str, Any], uid: str) -> dict[str, Any]:
    return next(trace for trace in figure["data"] if trace["uid"] == uid)


def test_an_hours_point_is_its_net_sentiment_at_its_middle() -> None:
    line = trace(drawn(series((1, 1, 2, 0), (3, 0, 1, 2))), "net")
    assert line["x"] == ["2026-11-19T12:30:00", "2026-11-19T13:30:00"]
    assert line["y"] == [25.0, -50.0]


def test_an_interval_without_a_scored_post_is_a_gap_and_not_a_zero() -> None:
    figure = drawn(series((0, 0, 1, 0), (0, 0, 0, 3), (1, 0, 0, 0)))
    assert trace(figure, "net")["y"] == [100.0, None, -100.0]
    assert trace(figure, "volume-unscored")["y"] == [0, 3, 0, 0]
    dots = trace(figure, "dots")
    assert (dots["y"], dots["marker"]["size"]) == ([100.0, -100.0], [5, 7]), (
        "a lone point is a dot, the newest a larger one"
    )
    assert "no scored post" in trace(figure, "volume")["customdata"][1]


def test_by_the_minute_the_line_pools_five_minutes_and_begins_with_a_whole_pool() -> None:
    minute = timedelta(minutes=1)
    counts = [(1, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 3, 0), (0, 0, 0, 1)]
    figure = drawn(series(*counts, width=minute), Frame(Intervals(minute), "r"))
    assert trace(figure, "net")["x"] == ["2026-11-19T12:04:30", "2026-11-19T12:05:30"]
    assert trace(figure, "net")["y"] == [50.0, 100.0]
    assert trace(figure, "volume")["y"] == [3, 1]


def test_the_steps_are_the_counts_by_label() -> None:
    figure = drawn(series((1, 2, 3, 4)))
    steps = [trace(figure, f"volume-{label}") for label in COLOURS]
    assert [step["y"] for step in steps] == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert steps[0]["x"] == ["2026-11-19T12:00:00", "2026-11-19T13:00:00"], "from the start of an hour to its end"
    assert trace(figure, "net")["customdata"] == [
        ["19 Nov 12:00–13:00", "+33.3 (−19 to +68) points", "", "10 posts", 1, 2, 3, 4],
    ]


@pytest.mark.parametrize(
    ("counts", "limit"),
    [((900, 1000, 900, 0), 10), ((300, 900, 480, 0), 20), ((30, 150, 60, 0), 20), ((0, 0, 1, 0), 100)],
)
def test_the_axis_is_symmetric_about_zero_and_its_end_a_round_number(
    counts: tuple[int, int, int, int], limit: float
) -> None:
    axis = drawn(series(counts))["layout"]["yaxis"]
    assert axis["range"][0] == -axis["range"][1]
    assert (axis["tickvals"][0], axis["tickvals"][-1]) == (-limit, limit)
    assert all(tick == int(tick) for tick in axis["tickvals"])


def test_the_chart_spans_the_whole_period_and_keeps_a_zoom_for_its_revision() -> None:
    layout = drawn(series((0, 0, 0, 0), (0, 0, 0, 0)), Frame(Intervals(HOUR), "gta6 1h"))["layout"]
    assert (layout["xaxis"]["minallowed"], layout["xaxis"]["maxallowed"]) == (
        "2026-11-19T12:00:00",
        "2026-11-19T14:00:00",
    )
    assert layout["uirevision"] == "gta6 1h"


def test_without_intervals_there_is_an_empty_chart() -> None:
    figure = drawn(series((0, 0, 0, 0)).slice(1))
    assert trace(figure, "net")["y"] == []


def test_a_period_in_which_a_source_was_not_heard_is_shaded() -> None:
    gap = (NOON, NOON + timedelta(minutes=20))
    (band,) = drawn(series((1, 1, 2, 0)), Frame(Intervals(HOUR), "r", [gap]))["layout"]["shapes"]
    assert (band["x0"], band["x1"], band["layer"]) == ("2026-11-19T12:00:00", "2026-11-19T12:20:00", "below")
    assert drawn(series((1, 1, 2, 0)))["layout"]["shapes"] == []


def test_the_band_is_the_interval_of_each_stretch_and_narrower_with_more_posts() -> None:
    rows = series((1, 1, 2, 0), (0, 0, 0, 1), (100, 100, 200, 0))
    found = line.counted(rows, 1)
    assert found.nets == [25.0, None, 25.0]
    widths = [
        high - low for low, high in zip(found.lows, found.highs, strict=True) if low is not None and high is not None
    ]
    assert widths[0] > 5 * widths[1] > 0
    band = trace(drawn(rows), "band")
    assert band["x"][2] is band["x"][5] is None, "no shape spans the gap"
    assert len(band["x"]) == 6


def test_times_are_those_of_the_chosen_zone() -> None:
    frame = Frame(Intervals(HOUR, ZoneInfo("Asia/Kolkata")), "r")
    figure = drawn(series((1, 0, 0, 0)), frame)
    assert trace(figure, "net")["x"] == ["2026-11-19T18:00:00"]
    assert trace(figure, "net")["customdata"][0][0] == "19 Nov 17:30–18:30"


def country(code: str, n: int, net: float | None) -> dict[str, Any]:
    return {"name": code, "n": n, "net": net}


def test_countries_under_the_floor_are_grey_and_the_unknown_place_is_on_no_map() -> None:
    rows = [country("DE", FLOOR, -0.5), country("FR", FLOOR - 1, 1.0), country("", 99, 0.5), country("US", 50, None)]
    figure = atlas(Places(rows, [], {"DE": "Germany", "FR": "France"}), "net", (), "r")
    net, few = trace(figure, "net"), trace(figure, "few")
    assert (net["locations"], net["z"], net["zmin"], net["zmax"]) == (["DE"], [-50.0], -50.0, 50.0)
    assert few["locations"] == ["FR", "US"]
    assert net["customdata"] == [["Germany", "10 posts", "−50.0 points"]]


def test_chosen_countries_stand_out_among_the_others() -> None:
    rows = [country("DE", 20, 0.1), country("FR", 20, 0.1)]
    figure = atlas(Places(rows, [], {}), "net", ("FR",), "r")
    assert trace(figure, "net")["marker"]["opacity"] == [0.3, 1.0]


def test_the_area_of_a_disc_is_its_cells_share_of_posts() -> None:
    cells = [{"name": "831f1dfffffffff", "n": 40}, {"name": "831f18fffffffff", "n": 10}]
    discs = trace(atlas(Places([], cells, {}), "volume", (), "r"), "cells")
    assert discs["marker"]["size"] == [34.0, 17.0]
    assert discs["lat"][0] == pytest.approx(52.932, abs=0.001)
