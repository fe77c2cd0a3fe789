"""Lists that are charts and filters at once: topics, places, languages, sources. Values in, markup out.

What a stranger wrote is only ever a text child, which is escaped and never read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from voxpop.dashboard import text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.figures.atlas import FLOOR
from voxpop.dashboard.markup import Child, Markup, el
from voxpop.stores.queries import ALL

MOST_PLACES: Final = 6
MOST_TOPICS: Final = 8
MOST_NAMES: Final = 5

Row = dict[str, Any]


def marker(label: str) -> Markup:
    """The shape and colour of a label: down, square, up, and a ring for unscored."""
    return el("span", class_=f"marker {label}", aria_hidden="true")


def named(kind: str, value: str) -> Markup:
    """A value of a filter by its name; the page's script spells out codes of countries and languages."""
    if kind in ("country", "lang"):
        if not value:
            return el("span", words.UNKNOWN[kind])
        return el("span", value, **{f"data-{kind}": value})
    known = text.LABELS if kind == "label" else text.SOURCES
    return el("bdi", known.get(value, value))


def topics(rows: Sequence[Row], titles: Mapping[str, str], choice: Choice) -> Markup:
    """The topics of a period, most posts first: share of voice, and net sentiment with its interval.

    A click shows one of them alone, another click all again; the filters choose several. `rows` are
    those of `voxpop.insight.shares.by`.
    """
    voices = sum(row["n"] for row in rows)
    shown = [row for row in rows if row["n"] or row["name"] in choice.topics][:MOST_TOPICS]
    if not shown:
        return el("p", text.NO_TOPICS, class_="none")
    lines = []
    for row in shown:
        href = choice.address(topic=ALL if row["name"] == choice.topic else row["name"])
        link = _link(el("bdi", titles.get(row["name"], row["name"])), href, choice, row["name"] in choice.topics)
        share = row["n"] / voices if voices else 0
        bar = el("span", el("span", style=f"width:{share * 100:.1f}%"), class_="voice", aria_hidden="true")
        voice = el("td", el("div", bar, el("span", text.percent(share), class_="points")))
        lines.append(_line(link, row, voice, net=_interval(row)))
    return _table(text.TOPICS, ("Posts", text.VOICE, text.COLUMNS[1]), lines)


def places(rows: Sequence[Row], choice: Choice) -> Markup:
    """The countries with the most posts; a click adds one to the filter, or takes it out.

    Net sentiment is withheld where there are fewer than `FLOOR` posts.
    """
    known = [row for row in rows if row["name"]]
    if not known:
        return el("p", text.NO_PLACES, class_="none")
    lines = [
        _line(_choosing("country", "countries", row["name"], choice), row, net=_lean(row, row["n"] >= FLOOR))
        for row in known[:MOST_PLACES]
    ]
    table = _table(text.PLACES, text.COLUMNS, lines)
    if len(known) <= MOST_PLACES:
        return table
    return el("div", table, el("p", words.MORE_PLACES.format(n=len(known) - MOST_PLACES), class_="help"))


def mix(kind: str, field: str, rows: Sequence[Row], choice: Choice) -> Markup:
    """The languages or sources with the most posts; a click adds one to the filter, or takes it out."""
    lines = [
        _line(_choosing(kind, field, row["name"], choice), row, net=_lean(row, row["n"] >= FLOOR))
        for row in rows[:MOST_NAMES]
    ]
    return _table({"lang": words.LANG, "source": words.SOURCE}[kind], text.COLUMNS, lines)


def leading(name: Child, href: str, choice: Choice, style: str | None = None) -> Markup:
    """A link to another choice, which says for which one it was made.

    The page's script changes in the address of now what the link changes: while an answer is awaited the links are of
    the choice before.
    """
    return el("a", name, href=href, class_=style, data_from=choice.address())


def _choosing(kind: str, field: str, value: str, choice: Choice) -> Markup:
    return _link(named(kind, value), choice.toggled(field, value), choice, value in getattr(choice, field))


def _link(name: Markup, href: str, choice: Choice, chosen: bool) -> Markup:
    return leading(name, href, choice, "pick chosen" if chosen else "pick")


def _table(title: str, columns: Sequence[str], body: list[Markup]) -> Markup:
    head = el("tr", *(el("th", name, scope="col") for name in (title, *columns)))
    return el("table", el("thead", head), el("tbody", *body))


def _line(name: Markup, row: Row, *between: Markup, net: Markup) -> Markup:
    cells = (el("th", name, scope="row"), el("td", text.count(row["n"])), *between, el("td", net))
    return el("tr", *cells, data_key=row["name"])


def _lean(row: Row, enough: bool) -> Markup:
    """A bar from the middle to where net sentiment is."""
    if not enough:
        return el("div", el("span", words.FEW, class_="few"))
    net = row["net"]
    label = "neutral" if not net else "positive" if net > 0 else "negative"
    lean = el("span", el("span", class_=label, style=f"width:{abs(net or 0) * 50:.1f}%"), class_="lean")
    return el("div", lean, el("span", text.signed(net), class_="points"))


def _interval(row: Row) -> Markup:
    """A dot where net sentiment is, on the interval around it."""
    net, low, high = row["net"], row["net_low"], row["net_high"]
    if net is None or low is None or high is None:
        return el("div", el("span", text.NO_NET, class_="few"))
    label = "positive" if low > 0 else "negative" if high < 0 else "neutral"
    reach = f"left:{50 + low * 50:.1f}%;width:{(high - low) * 50:.1f}%"
    whisker = el("span", class_=f"whisker {label}", style=reach)
    dot = el("span", class_=f"dot {label}", style=f"left:{50 + net * 50:.1f}%")
    said = f"{text.signed(net)} {text.ends(low, high)}"
    points = el("span", text.signed(net), class_="points")
    return el("div", el("span", whisker, dot, class_="lean"), points, title=said)
