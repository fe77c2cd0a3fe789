"""The parts of the page that show numbers: values in, components out.

What a stranger wrote is only ever a text child, which the browser shows and never reads as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from dash import dcc, html
from dash.development.base_component import Component

from voxpop.dashboard import text
from voxpop.dashboard.view import Choice
from voxpop.stores.queries import ALL, Comparison, Totals

MOST_PLACES: Final = 6
MOST_TOPICS: Final = 6
_SCORED: Final = ("negative", "neutral", "positive")

Ends = tuple[float, float, float]
"""A net sentiment, and the ends of its interval."""


def marker(label: str) -> Component:
    """The shape and colour of a label: down, square, up, and a ring for unscored."""
    return html.Span(className=f"marker {label}", **{"aria-hidden": "true"})


def cards(comparison: Comparison, range: str, corrected: Ends | None = None) -> list[Component]:
    """Posts a minute, net sentiment and the shares, with their change against the period before.

    Net sentiment is counted; `corrected` for the model's errors, with the ends of its interval, it stands below.
    """
    now = comparison.current
    return [
        _card(text.RATE, text.rate(now.posts_per_minute), _n_change(comparison, range), text.posts(now.n)),
        _card(
            text.NET,
            text.signed(now.net),
            html.Div([_net_change(comparison, range), *_corrected(corrected)]),
            text.NET_UNIT,
        ),
        _shares(now),
    ]


def _card(title: str, value: str, change: Component, unit: str) -> Component:
    figure = html.P([html.Span(value, className="value"), html.Span(unit, className="unit")], className="figure")
    return html.Section([html.H2(title), figure, change], className="card kpi")


def _corrected(found: Ends | None) -> list[Component]:
    return [html.P(text.corrected(*found), title=text.CORRECTED_HELP, className="change")] if found else []


def _n_change(comparison: Comparison, range: str) -> Component:
    if comparison.n_change is None:
        return html.P(text.NO_CHANGE, className="change")
    percent = f"{round(comparison.n_change * 100):+d}{text.THIN}%".replace("-", text.MINUS)
    return _change(percent, range, comparison.n_change)


def _net_change(comparison: Comparison, range: str) -> Component:
    if comparison.net_change is None:
        return html.P(text.NO_CHANGE, className="change")
    return _change(f"{text.signed(comparison.net_change)} {text.NET_UNIT}", range, comparison.net_change)


def _change(words: str, range: str, amount: float) -> Component:
    direction = "up" if amount > 0 else "down" if amount < 0 else "same"
    return html.P(
        [html.Span(words, className=f"by {direction}"), f" {text.before(text.RANGES[range])}"], className="change"
    )


def _shares(totals: Totals) -> Component:
    values = (totals.share_negative, totals.share_neutral, totals.share_positive)
    pairs = list(zip(_SCORED, values, strict=True))
    bar = [html.Span(className=label, style={"flexGrow": value or 0}) for label, value in pairs if value]
    legend = [
        html.Li([marker(label), html.Span(text.LABELS[label]), html.B(text.percent(value))]) for label, value in pairs
    ]
    return html.Section(
        [
            html.H2(text.SHARES),
            html.Div(bar, className="bar", **{"aria-hidden": "true"}),
            html.Ul(legend, className="legend"),
            html.P(text.unscored(totals.n_unscored, totals.n), className="change"),
        ],
        className="card shares",
    )


def topics(rows: list[dict[str, Any]], titles: Mapping[str, str], choice: Choice) -> Component:
    """A line for each topic with posts, a link that chooses it, and how its net sentiment leans."""
    known = [row for row in rows if row["name"] in titles][:MOST_TOPICS]
    if not known:
        return html.P(text.NO_TOPICS, className="none")
    body = [_line(_choosing(row["name"], titles[row["name"]], choice), row) for row in known]
    return _table(text.TOPIC, body)


def _choosing(name: str, title: str, choice: Choice) -> Component:
    """A link to a topic, from the chosen one back to every post."""
    chosen = name == choice.topic
    query = urlencode({"topic": ALL if chosen else name, "range": choice.range})
    return dcc.Link(html.Bdi(title), href=f"?{query}", className="chosen" if chosen else "")


def places(rows: list[dict[str, Any]]) -> tuple[Component, str]:
    """The countries with the most posts, and which share of all posts says where it comes from.

    The page's script spells the codes out as names.
    """
    known = [row for row in rows if row["name"]]
    covered = text.coverage(sum(row["n"] for row in known), sum(row["n"] for row in rows))
    if not known:
        return html.P(text.NO_PLACES, className="none"), covered
    body = [
        _line(html.Span(row["name"], **{"data-country": row["name"]}, key=row["name"]), row)
        for row in known[:MOST_PLACES]
    ]
    return _table(text.PLACES, body), covered


def _table(title: str, body: list[Component]) -> Component:
    head = html.Tr([html.Th(title, scope="col"), *(html.Th(name, scope="col") for name in text.COLUMNS)])
    return html.Table([html.Thead(head), html.Tbody(body)])


def _line(name: Component, row: dict[str, Any]) -> Component:
    net = row["net"]
    label = "neutral" if not net else "positive" if net > 0 else "negative"
    lean = html.Span(html.Span(className=label, style={"width": f"{abs(net or 0) * 50:.1f}%"}), className="lean")
    value = html.Span(text.signed(net), className="points")
    return html.Tr(
        [html.Th(name, scope="row"), html.Td(text.count(row["n"])), html.Td(html.Div([lean, value]))], key=row["name"]
    )


def posts(rows: Iterable[dict[str, Any]], now: datetime) -> list[Component]:
    """The newest posts, newest first."""
    listed = [_post(row, now) for row in rows]
    return listed or [html.Li(text.NO_POSTS, className="none")]


def _post(row: dict[str, Any], now: datetime) -> Component:
    label = row["label"]
    verdict = [marker(label), html.B(text.LABELS[label])]
    if row["polarity"] is not None:
        verdict.append(html.Span(text.whole(row["polarity"]), className="points"))
    head = html.P([html.Span(verdict, className="verdict"), _time(row["created_at"], now)], className="head")
    # dir=auto keeps a right-to-left text, and whatever marks it holds, inside its own paragraph.
    body = html.P(row["text"], className="text", dir="auto", **({"lang": row["lang"]} if row["lang"] else {}))
    return html.Li([head, body, html.P(_origin(row), className="origin")], key=row["post_id"], className=label)


def _origin(row: dict[str, Any]) -> list[Component]:
    parts = [html.Bdi(f"@{row['author']}")] if row["author"] else []
    parts.append(html.Bdi(text.SOURCES.get(row["source"], row["source"])))
    if row["kind"] in text.KINDS:
        parts.append(html.Span(text.KINDS[row["kind"]], className="kind"))
    if url := web_address(row["url"]):
        parts.append(html.A(text.ORIGINAL, href=url, target="_blank", rel="noopener noreferrer"))
    return parts


def _time(at: datetime, now: datetime) -> Component:
    return html.Time(text.ago(at, now), dateTime=at.isoformat(), title=f"{at:%Y-%m-%d %H:%M:%S} UTC")


def web_address(url: str | None) -> str | None:
    """The address if it leads to the web; None for `javascript:` and all else that a stranger may have put there.

    >>> web_address("https://example.com/1"), web_address("javascript:alert(1)"), web_address("https://[")
    ('https://example.com/1', None, None)
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
