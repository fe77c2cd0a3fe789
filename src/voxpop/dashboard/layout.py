"""The page's skeleton: header, filters and the places that callbacks fill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from voxpop.dashboard import panels, text
from voxpop.dashboard.pages import navigation
from voxpop.stores.queries import ALL
from voxpop.topics import Topic

FONTS: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif'
THEME: Final = {"fontFamily": FONTS, "primaryColor": "gray", "defaultRadius": "md"}
INDEX: Final = f"""<!DOCTYPE html>
<html lang="en">
<head>
{{%metas%}}
<title>{{%title%}}</title>
<link rel="icon" type="image/svg+xml" href="assets/favicon.svg">
{{%css%}}
</head>
<body>
<noscript>{text.NO_SCRIPT}</noscript>
{{%app_entry%}}
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""
CHART: Final[dict[str, Any]] = {"displaylogo": False, "displayModeBar": False, "responsive": True, "scrollZoom": False}


def page(topics: Sequence[Topic], notice: str | None, *, signs_in: bool = False) -> Component:
    """The whole page, without a single number; they come from `callbacks`. Readers who sign in can sign out."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="seq"),
            dcc.Store(id="tick"),
            dcc.Store(id="figure"),
            html.Div(
                [
                    _header(signs_in),
                    html.P(notice, className="notice", role="note") if notice else None,
                    html.Main([_filters(topics), _alerts(), _empty(), _board()], id="main"),
                ],
                id="page",
            ),
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )


def choices(topics: Sequence[Topic]) -> list[dict[str, str]]:
    """What the picker offers: every post, then each topic by its title."""
    every = {"value": ALL, "label": text.ALL_POSTS}
    return [every, *({"value": topic.name, "label": topic.title} for topic in topics)]


def _header(signs_in: bool) -> Component:
    pill = html.Span(id="state", className="pill", role="status")
    name = html.H1([html.Img(src="assets/favicon.svg", alt="", width=26, height=26), text.TITLE], className="wordmark")
    scheme = dmc.ColorSchemeToggle(
        lightIcon=html.Span("☀", **{"aria-hidden": "true"}),
        darkIcon=html.Span("☾", **{"aria-hidden": "true"}),
        variant="subtle",
        color="gray",
        size="lg",
        id="scheme",
        **{"aria-label": text.SCHEME},
    )
    leave = html.A(text.SIGN_OUT, href="/logout", className="leave") if signs_in else None
    return html.Header([name, navigation.component(), html.Div([pill, scheme, leave], className="right")])


def _filters(topics: Sequence[Topic]) -> Component:
    topic = dmc.Select(
        id="topic", data=choices(topics), allowDeselect=False, searchable=True, **{"aria-label": text.TOPIC}
    )
    ranges = [{"value": value, "label": label} for value, label in text.RANGES.items()]
    range = dmc.SegmentedControl(id="range", data=ranges, withItemsBorders=False, **{"aria-label": text.RANGE})
    return html.Div([topic, html.Div(range, className="ranges"), html.P(id="period", className="period")], id="filters")


def _alerts() -> Component:
    feed = html.P(id="feed", className="alert", role="alert", hidden=True, **{"data-lost": text.FEED_LOST})
    return html.Div([feed, html.P(id="failure", className="alert", role="alert", hidden=True)])


def _empty() -> Component:
    return html.Section(
        [
            html.H2(text.EMPTY),
            html.P([text.EMPTY_INGEST, html.Code("voxpop ingest FILE")]),
            html.P([text.EMPTY_DEMO, html.Code("voxpop demo")]),
            html.P(text.EMPTY_NOW),
        ],
        id="empty",
        className="card empty",
        hidden=True,
    )


def _board() -> Component:
    coverage = html.Span(id="coverage")
    newest = html.Ul(id="posts", tabIndex=0, **{"aria-label": text.NEWEST})
    parts = [
        html.Div(id="cards"),
        html.Section([_heading(text.TREND, _legend()), _chart()], className="card trend"),
        html.Section([html.H2(text.TOPICS), html.Div(id="topics")], className="card topics"),
        html.Section([_heading(text.PLACES, coverage), html.Div(id="places")], className="card places"),
        html.Section([_heading(text.NEWEST, _pause()), newest], className="card newest"),
    ]
    return html.Div(parts, id="board", hidden=True)


def _heading(title: str, beside: Component) -> Component:
    return html.Div([html.H2(title), beside], className="heading")


def _legend() -> Component:
    items = [html.Span([panels.marker(label), word]) for label, word in text.LABELS.items()]
    return html.Div(items, className="key", title=text.NET_HELP)


def _chart() -> Component:
    graph = dcc.Graph(id="trend", config=CHART, responsive=True, className="graph")
    return html.Div([graph, html.P(text.TREND_HELP, className="help"), html.P(id="summary", className="spoken")])


def _pause() -> Component:
    words = {"data-pause": text.PAUSE, "data-resume": text.RESUME}
    return html.Button(text.PAUSE, id="pause", type="button", n_clicks=0, **{"aria-pressed": "false"}, **words)
