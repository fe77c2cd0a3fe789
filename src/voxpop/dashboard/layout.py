"""The page's skeleton: header, filters and the places that callbacks fill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from voxpop.dashboard import filters, lists, text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.pages import navigation
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
MAP: Final[dict[str, Any]] = {**CHART, "scrollZoom": True, "topojsonURL": "assets/topojson/"}


def page(
    topics: Sequence[Topic],
    notice: str | None,
    *,
    signs_in: bool = False,
    corrects: bool = False,
    judged: bool = False,
) -> Component:
    """The whole page, without a single number; they come from `callbacks`. Readers who sign in can sign out.

    `corrects` tells whether the service knows how its model errs, so that the line can be corrected, and `judged`
    whether posts are scored towards topics.
    """
    stores = ("seq", "slow", "retry", "default", "figure", "atlas", "options", "next", "chosen", "answered", "surveyed")
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh=False),
            *(dcc.Store(id=name) for name in stores),
            html.Div(
                [
                    _header(signs_in),
                    html.P(notice, className="notice", role="note") if notice else None,
                    html.Main([filters.filters(topics, judged), *_instead(), _board(corrects)], id="main"),
                    _why(),
                ],
                id="page",
            ),
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )


def _header(signs_in: bool) -> Component:
    pill = html.Span(id="state", className="pill", role="status")
    name = html.H1([html.Img(src="assets/favicon.svg", alt="", width=26, height=26), text.TITLE], className="wordmark")
    scheme = dmc.ColorSchemeToggle(
        lightIcon=html.Span(text.SCHEMES["light"], **{"aria-hidden": "true"}),
        darkIcon=html.Span(text.SCHEMES["dark"], **{"aria-hidden": "true"}),
        variant="subtle",
        color="gray",
        size="lg",
        id="scheme",
        **{"aria-label": text.SCHEME},
    )
    leave = html.A(text.SIGN_OUT, href="/logout", className="leave") if signs_in else None
    return html.Header([name, navigation.component(), html.Div([pill, scheme, leave], className="right")])


def _alerts() -> Component:
    feed = html.P(id="feed", className="alert", role="alert", hidden=True, **{"data-lost": text.FEED_LOST})
    return html.Div([feed, html.P(id="failure", className="alert", role="alert", hidden=True)])


def _loading() -> Component:
    return html.P(words.LOADING, id="loading", className="card empty", role="status", **{"data-slow": words.SLOW})


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


def _instead() -> list[Component]:
    """What is said above the board, or in its place; where its numbers cannot be had, those of before would mislead."""
    said = [html.H2(words.TOO_MANY), html.P(id="refusal")]
    refused = html.Section(said, id="refused", className="card empty", role="status", hidden=True)
    return [_alerts(), _loading(), _empty(), refused]


def _board(corrects: bool) -> Component:
    topics = html.Section([html.H2(text.TOPICS), html.Div(id="topics")], className="card topics")
    mix = html.Section([html.H2(words.MIX), html.Div(id="mix")], className="card mix")
    parts = [html.Div(id="cards"), _trend(corrects), topics, mix, _places(), _newest()]
    return html.Div(parts, id="board", hidden=True)


def _heading(title: str, *beside: Component) -> Component:
    return html.Div([html.H2(title), *beside], className="heading")


def _trend(corrects: bool) -> Component:
    line = filters.segments("net", words.LINE, words.LINES)
    drag = filters.segments("drag", words.DRAG, words.DRAGS)
    drag.value = "filter"
    tools = html.Div([html.Div(line, hidden=not corrects), drag], className="tools")
    graph = dcc.Graph(id="trend", config=CHART, responsive=True, className="graph")
    below = [html.P(id="trend-help", className="help"), html.P(id="summary", className="spoken")]
    heading = _heading(text.TREND, _legend(), tools)
    return html.Section([heading, html.Div([graph, *below], className="plot")], className="card trend")


def _legend() -> Component:
    items = [html.Span([lists.marker(label), word]) for label, word in text.LABELS.items()]
    return html.Div(items, className="key", title=text.NET_HELP)


def _places() -> Component:
    layer = html.Div(filters.segments("map", words.LAYER, words.LAYERS), className="tools")
    graph = dcc.Graph(id="atlas-graph", config=MAP, responsive=True, className="graph")
    drawn = html.Div(
        [graph, html.P(id="map-help", className="help")], className="plot", role="img", **{"aria-label": words.MAP}
    )
    heading = _heading(text.PLACES, html.Span(id="coverage"), layer)
    return html.Section([heading, html.Div([drawn, html.Div(id="places")], className="atlas")], className="card places")


def _newest() -> Component:
    order = filters.segments("order", words.ORDER, words.ORDERS)
    search = dmc.TextInput(
        id="q",
        debounce=400,
        placeholder=words.SEARCH_HINT,
        description=words.SEARCH_HELP,
        inputWrapperOrder=["input", "description"],
        **{"aria-label": words.SEARCH},
    )
    listed = html.Div(
        [html.Ul(id="posts"), html.Ul(id="older"), html.Button(words.MORE, id="more", type="button", hidden=True)],
        id="scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": text.POSTS},
    )
    tools = html.Div([order, _pause()], className="tools")
    return html.Section([_heading(text.POSTS, tools), search, listed], className="card newest")


def _pause() -> Component:
    said = {"data-pause": text.PAUSE, "data-resume": text.RESUME}
    return html.Button(text.PAUSE, id="pause", type="button", n_clicks=0, **{"aria-pressed": "false"}, **said)


def _why() -> Component:
    """Filled by the page's script; what it shows of a post is text."""
    said = {"data-wait": words.WHY_WAIT, "data-failed": words.WHY_FAILED, "data-unscored": words.WHY_UNSCORED}
    parts = [
        html.H2(words.WHY_TITLE, id="why-title"),
        html.P(id="why-label", className="head"),
        html.P(id="why-words", className="text", dir="auto", **said),
        html.P(words.WHY_HELP, className="help"),
        _correct(),
        html.Button(words.CLOSE, id="why-close", type="button"),
    ]
    return html.Dialog(parts, id="why", **{"aria-labelledby": "why-title"})


def _correct() -> Component:
    """Labels to give the post instead; kept by the page's script through the API."""
    scored = {label: word for label, word in text.LABELS.items() if label != "unscored"}
    labels = [html.Button(word, type="button", **{"data-correct": label}) for label, word in scored.items()]
    said = {"data-kept": words.CORRECTED, "data-failed": words.NOT_CORRECTED}
    told = html.P(id="corrected", className="help", role="status", **said)
    return html.Div([html.Span(words.CORRECT), *labels, told], id="correct", role="group")
