"""The numbers that matter, each with its change against the period before."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from voxpop.dashboard import text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.lists import marker
from voxpop.insight.shift import Level, Shift, growth, levels
from voxpop.stores.queries import Comparison, Totals

_SCORED: Final = ("negative", "neutral", "positive")

Ends = tuple[float, float, float]
"""A net sentiment, and the ends of its interval."""


def cards(comparison: Comparison, before: str, corrected: Ends | None = None) -> list[Component]:
    """Posts a minute, net sentiment and the shares, with their change against the period before, called `before`.

    Net sentiment is counted; `corrected` for the model's errors, with the ends of its interval, it stands below.
    """
    now, past = comparison.current, comparison.previous
    found = levels(now, past)
    grown = None if past is None else growth(now.n, past.n)
    net = found["net"]
    interval = [] if net.low is None or net.high is None else [text.ends(net.low, net.high)]
    return [
        _card(
            text.RATE,
            text.rate(now.posts_per_minute),
            text.posts(now.n),
            [_change(words.growth(grown) if grown else None, grown, before, words.RATE_HELP)],
        ),
        _card(
            text.NET,
            text.signed(now.net),
            " ".join([text.NET_UNIT, *interval]),
            [
                _change(_moved(net.shift, text.NET_UNIT), net.shift, before, words.SHIFT_HELP),
                *_corrected(corrected),
            ],
        ),
        _shares(now, found),
    ]


def _card(title: str, value: str, unit: str, below: list[Component]) -> Component:
    figure = html.P([html.Span(value, className="value"), html.Span(unit, className="unit")], className="figure")
    return html.Section([html.H2(title), figure, html.Div(below)], className="card kpi")


def _corrected(found: Ends | None) -> list[Component]:
    return [html.P(text.corrected(*found), title=text.CORRECTED_HELP, className="change")] if found else []


def _moved(shift: Shift | None, unit: str) -> str | None:
    return None if shift is None else f"{text.signed(shift.change)} {text.ends(shift.low, shift.high)} {unit}"


def _change(said: str | None, shift: Shift | None, before: str, help: str) -> Component:
    if said is None or shift is None:
        return html.P(text.NO_CHANGE, className="change")
    chance = [] if shift.sure else [f", {words.CHANCE}"]
    return html.P(
        [html.Span(said, className=f"by {_direction(shift)}"), f" vs {before}", *chance], className="change", title=help
    )


def _direction(shift: Shift) -> str:
    if not shift.sure:
        return "same"
    return "up" if shift.change > 0 else "down"


def _shares(totals: Totals, found: dict[str, Level]) -> Component:
    counts = {"negative": totals.n_neg, "neutral": totals.n_neu, "positive": totals.n_pos}
    every = {**counts, "unscored": totals.n_unscored}
    bar = [html.Span(className=label, style={"flexGrow": n}) for label, n in every.items() if n]
    legend = [html.Li(_share(label, found[label])) for label in _SCORED]
    unscored = [
        marker("unscored"),
        html.Span(text.LABELS["unscored"]),
        html.B(text.percent(totals.n_unscored / totals.n if totals.n else None)),
    ]
    return html.Section(
        [
            html.H2(text.SHARES),
            html.Div(bar, className="bar", **{"aria-hidden": "true"}),
            html.Ul([*legend, html.Li(unscored, title=words.SHIFT_HELP)], className="legend"),
            html.P(text.unscored(totals.n_unscored, totals.n), className="change"),
        ],
        className="card shares",
    )


def _share(label: str, level: Level) -> list[Component]:
    parts = [marker(label), html.Span(text.LABELS[label]), html.B(text.percent(level.value))]
    # Of a label that neither period has, as when it is filtered out, there is no change to tell.
    if level.shift and (level.value or level.shift.change):
        said = html.Span(words.points(level.shift), className=f"by {_direction(level.shift)}", title=words.SHIFT_HELP)
        parts.append(said)
    return parts
