"""The numbers that matter, each with its change against the period before."""

from __future__ import annotations

from typing import Final

from voxpop.dashboard import text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.lists import marker
from voxpop.dashboard.markup import Markup, el
from voxpop.insight.shift import Level, Shift, growth, levels
from voxpop.stores.queries import Comparison, Totals

_SCORED: Final = ("negative", "neutral", "positive")

Ends = tuple[float, float, float]
"""A net sentiment, and the ends of its interval."""


def cards(comparison: Comparison, before: str, corrected: Ends | None = None) -> list[Markup]:
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


def _card(title: str, value: str, unit: str, below: list[Markup]) -> Markup:
    figure = el("p", el("span", value, class_="value"), el("span", unit, class_="unit"), class_="figure")
    return el("section", el("h2", title), figure, el("div", *below), class_="card kpi")


def _corrected(found: Ends | None) -> list[Markup]:
    return [el("p", text.corrected(*found), title=text.CORRECTED_HELP, class_="change")] if found else []


def _moved(shift: Shift | None, unit: str) -> str | None:
    return None if shift is None else f"{text.signed(shift.change)} {text.ends(shift.low, shift.high)} {unit}"


def _change(said: str | None, shift: Shift | None, before: str, help: str) -> Markup:
    if said is None or shift is None:
        return el("p", text.NO_CHANGE, class_="change")
    by = el("span", said, class_=f"by {_direction(shift)}")
    chance = None if shift.sure else f", {words.CHANCE}"
    return el("p", by, f" vs {before}", chance, class_="change", title=help)


def _direction(shift: Shift) -> str:
    if not shift.sure:
        return "same"
    return "up" if shift.change > 0 else "down"


def _shares(totals: Totals, found: dict[str, Level]) -> Markup:
    counts = {"negative": totals.n_neg, "neutral": totals.n_neu, "positive": totals.n_pos}
    every = {**counts, "unscored": totals.n_unscored}
    bar = [el("span", class_=label, style=f"flex-grow:{n}") for label, n in every.items() if n]
    legend = [el("li", *_share(label, found[label])) for label in _SCORED]
    unscored = [
        marker("unscored"),
        el("span", text.LABELS["unscored"]),
        el("b", text.percent(totals.n_unscored / totals.n if totals.n else None)),
    ]
    return el(
        "section",
        el("h2", text.SHARES),
        el("div", *bar, class_="bar", aria_hidden="true"),
        el("ul", *legend, el("li", *unscored, title=words.SHIFT_HELP), class_="legend"),
        el("p", text.unscored(totals.n_unscored, totals.n), class_="change"),
        class_="card shares",
    )


def _share(label: str, level: Level) -> list[Markup]:
    parts = [marker(label), el("span", text.LABELS[label]), el("b", text.percent(level.value))]
    # Of a label that neither period has, as when it is filtered out, there is no change to tell.
    if level.shift and (level.value or level.shift.change):
        said = el("span", words.points(level.shift), class_=f"by {_direction(level.shift)}", title=words.SHIFT_HELP)
        parts.append(said)
    return parts
