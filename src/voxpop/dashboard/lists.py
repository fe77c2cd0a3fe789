"""Lists that are charts and filters at once: topics, places, languages, sources. Values in, components out.

What a stranger wrote is only ever a text child, which the browser shows and never reads as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from voxpop.dashboard import text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.figures.atlas import FLOOR
from voxpop.stores.queries import ALL

MOST_PLACES: Final = 6
MOST_TOPICS: Final = 8
MOST_NAMES: Final = 5

Row = dict[str, Any]


def marker(label: str) -> Component:
    """The shape and colour of a label: down, square, up, and a ring for unscored."""
    return html.Span(className=f"marker {label}", **{"aria-hidden": "true"})


def named(kind: str, value: str) -> Component:
    """A value of a filter by its name; the page's script spells out codes of countries and languages."""
    if kind in ("country", "lang"):
        if not value:
            return html.Span(words.UNKNOWN[kind])
        return html.Span(value, key=value, **{f"data-{kind}": value})
    known = text.LABELS if kind == "label" else text.SOURCES
    return html.Bdi(known.get(value, value))


def topics(rows: Sequence[Row], titles: Mapping[str, str], choice: Choice) -> Component:
    """The topics of a period, most posts first: share of voice, and net sentiment with its interval.

    A click shows one of them alone, another click all again. `rows` are those of `voxpop.insight.shares.by`.
    """
    voices = sum(row["n"] for row in rows)
    shown = [row for row in rows if row["n"] or row["name"] == choice.topic][:MOST_TOPICS]
    if not shown:
        return html.P(text.NO_TOPICS, className="none")
    lines = []
    for row in shown:
        chosen = row["name"] == choice.topic
        href = choice.address(topic=ALL if chosen else row["name"])
        link = _link(html.Bdi(titles.get(row["name"], row["name"])), href, choice, chosen)
        share = row["n"] / voices if voices else 0
        bar = html.Span(html.Span(style={"width": f"{share * 100:.1f}%"}), className="voice", **{"aria-hidden": "true"})
        voice = html.Td(html.Div([bar, html.Span(text.percent(share), className="points")]))
        lines.append(_line(link, row, voice, net=_interval(row)))
    return _table(text.TOPICS, ("Posts", text.VOICE, text.COLUMNS[1]), lines)


def places(rows: Sequence[Row], choice: Choice) -> Component:
    """The countries with the most posts; a click adds one to the filter, or takes it out.

    Net sentiment is withheld where there are fewer than `FLOOR` posts.
    """
    known = [row for row in rows if row["name"]]
    if not known:
        return html.P(text.NO_PLACES, className="none")
    lines = [
        _line(_choosing("country", "countries", row["name"], choice), row, net=_lean(row, row["n"] >= FLOOR))
        for row in known[:MOST_PLACES]
    ]
    table = _table(text.PLACES, text.COLUMNS, lines)
    if len(known) <= MOST_PLACES:
        return table
    return html.Div([table, html.P(words.MORE_PLACES.format(n=len(known) - MOST_PLACES), className="help")])


def mix(kind: str, field: str, rows: Sequence[Row], choice: Choice) -> Component:
    """The languages or sources with the most posts; a click adds one to the filter, or takes it out."""
    lines = [
        _line(_choosing(kind, field, row["name"], choice), row, net=_lean(row, row["n"] >= FLOOR))
        for row in rows[:MOST_NAMES]
    ]
    return _table({"lang": words.LANG, "source": words.SOURCE}[kind], text.COLUMNS, lines)


def leading(name: Any, href: str, choice: Choice, style: str = "") -> Component:
    """A link to another choice, which says for which one it was made.

    The page's script changes in the address of now what the link changes: while an answer is awaited the links are of
    the choice before.
    """
    return html.A(name, href=href, className=style, **{"data-from": choice.address()})


def _choosing(kind: str, field: str, value: str, choice: Choice) -> Component:
    return _link(named(kind, value), choice.toggled(field, value), choice, value in getattr(choice, field))


def _link(name: Component, href: str, choice: Choice, chosen: bool) -> Component:
    return leading(name, href, choice, "pick chosen" if chosen else "pick")


def _table(title: str, columns: Sequence[str], body: list[Component]) -> Component:
    head = html.Tr([html.Th(title, scope="col"), *(html.Th(name, scope="col") for name in columns)])
    return html.Table([html.Thead(head), html.Tbody(body)])


def _line(name: Component, row: Row, *between: Component, net: Component) -> Component:
    return html.Tr([html.Th(name, scope="row"), html.Td(text.count(row["n"])), *between, html.Td(net)], key=row["name"])


def _lean(row: Row, enough: bool) -> Component:
    """A bar from the middle to where net sentiment is."""
    if not enough:
        return html.Div(html.Span(words.FEW, className="few"))
    net = row["net"]
    label = "neutral" if not net else "positive" if net > 0 else "negative"
    lean = html.Span(html.Span(className=label, style={"width": f"{abs(net or 0) * 50:.1f}%"}), className="lean")
    return html.Div([lean, html.Span(text.signed(net), className="points")])


def _interval(row: Row) -> Component:
    """A dot where net sentiment is, on the interval around it."""
    net, low, high = row["net"], row["net_low"], row["net_high"]
    if net is None or low is None or high is None:
        return html.Div(html.Span(text.NO_NET, className="few"))
    label = "positive" if low > 0 else "negative" if high < 0 else "neutral"
    whisker = html.Span(
        className=f"whisker {label}", style={"left": f"{50 + low * 50:.1f}%", "width": f"{(high - low) * 50:.1f}%"}
    )
    dot = html.Span(className=f"dot {label}", style={"left": f"{50 + net * 50:.1f}%"})
    said = f"{text.signed(net)} {text.ends(low, high)}"
    return html.Div(
        [html.Span([whisker, dot], className="lean"), html.Span(text.signed(net), className="points")], title=said
    )
