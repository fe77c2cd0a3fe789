"""The overview as a document: header, filters, and the places that answers fill, without a single number."""

from __future__ import annotations

from typing import Final

from voxpop.api.service import Service
from voxpop.dashboard import document, filters, lists, text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.markup import Child, Markup, el
from voxpop.dashboard.pages import navigation, topics

_STYLES: Final = ("overview.css", "overview-controls.css", "overview-print.css")
_SCRIPTS: Final = (
    "overview-words.js",
    "overview-board.js",
    "overview-controls.js",
    "overview-address.js",
    "overview-questions.js",
    "overview-takeaway.js",
    "overview-correct.js",
    # The last: what is asked is on its way while the browser reads this.
    "plotly.min.js",
)


def page(service: Service) -> str:
    """The whole page, for the topics there are."""
    pill = el("span", id="state", class_="pill", role="status")
    controls = filters.filters(service.topics.topics, service.towards is not None)
    main = el("main", controls, *_instead(), _board(service), id="main")
    body = el(
        "body",
        el("noscript", el("p", text.NO_SCRIPT, class_="notice")),
        el(
            "div",
            document.header(navigation.OVERVIEW, service, pill),
            document.notice(service),
            main,
            _why(),
            id="page",
        ),
    )
    return document.whole(text.TITLE, _STYLES, _SCRIPTS, body)


def _instead() -> list[Markup]:
    """What is said above the board, or in its place; where its numbers cannot be had, those of before would mislead."""
    feed = el("p", id="feed", class_="alert", role="alert", hidden=True, data_lost=text.FEED_LOST)
    failure = el("p", id="failure", class_="alert", role="alert", hidden=True, data_silent=text.SILENT)
    loading = el("p", words.LOADING, id="loading", class_="card empty", role="status", data_slow=words.SLOW)
    return [el("div", feed, failure), loading, _empty(), _refused()]


def _empty() -> Markup:
    return el(
        "section",
        el("h2", text.EMPTY),
        el("p", text.EMPTY_INGEST, el("code", "voxpop ingest FILE")),
        el("p", text.EMPTY_DEMO, el("code", "voxpop demo")),
        el("p", text.EMPTY_NOW),
        id="empty",
        class_="card empty",
        hidden=True,
    )


def _refused() -> Markup:
    said = (el("h2", words.TOO_MANY), el("p", id="refusal"))
    return el("section", *said, id="refused", class_="card empty", role="status", hidden=True)


def _board(service: Service) -> Markup:
    line = _trend(service.correction is not None)
    named = _card("topics", el("h2", text.TOPICS), el("div", id="topics"))
    mix = _card("mix", el("h2", words.MIX), el("div", id="mix"))
    cards = el("div", id="cards")
    return el("div", cards, line, named, mix, _places(), _newest(service), id="board", hidden=True)


def _card(kind: str, *children: Child) -> Markup:
    return el("section", *children, class_=f"card {kind}")


def _heading(title: str, *beside: Child) -> Markup:
    return el("div", el("h2", title), *beside, class_="heading")


def _graph(id: str) -> Markup:
    return el("div", el("div"), id=id, class_="graph")


def _trend(corrects: bool) -> Markup:
    line = filters.segments("net", words.LINE, words.LINES) if corrects else None
    drag = filters.segments("drag", words.DRAG, words.DRAGS, "filter")
    key = el(
        "div",
        *(el("span", lists.marker(label), word) for label, word in text.LABELS.items()),
        class_="key",
        title=text.NET_HELP,
    )
    below = (el("p", id="trend-help", class_="help"), el("p", id="summary", class_="spoken"))
    heading = _heading(text.TREND, key, el("div", line, drag, class_="tools"))
    return _card("trend", heading, el("div", _graph("trend"), *below, class_="plot"))


def _places() -> Markup:
    layer = el("div", filters.segments("map", words.LAYER, words.LAYERS), class_="tools")
    help = el("p", id="map-help", class_="help")
    drawn = el("div", _graph("atlas-graph"), help, class_="plot", role="img", aria_label=words.MAP)
    heading = _heading(text.PLACES, el("span", id="coverage"), layer)
    return _card("places", heading, el("div", drawn, el("div", id="places"), class_="atlas"))


def _newest(service: Service) -> Markup:
    pause = el(
        "button",
        text.PAUSE,
        id="pause",
        type="button",
        aria_pressed="false",
        data_pause=text.PAUSE,
        data_resume=text.RESUME,
    )
    tools = el("div", filters.segments("order", words.ORDER, words.ORDERS), pause, class_="tools")
    return _card("newest", _heading(text.POSTS, tools), _search(service), _listed())


def _search(service: Service) -> Markup:
    field = el(
        "input",
        id="q",
        type="search",
        placeholder=words.SEARCH_HINT,
        aria_label=words.SEARCH,
        aria_describedby="q-help",
        autocomplete="off",
        data_control="words",
    )
    counts = not (topics.refused(service) and topics.untried(service))
    counted = el("a", words.SEARCH_COUNT, id="q-topic", href=navigation.TOPICS.path, hidden=True) if counts else None
    told = el("p", el("span", words.SEARCH_HELP, id="q-help"), " ", counted, class_="help")
    return el("div", field, told, class_="search")


def _listed() -> Markup:
    more = el("button", words.MORE, id="more", type="button", hidden=True)
    lists = (el("ul", id="posts"), el("ul", id="older"), more)
    return el("div", *lists, id="scroll", tabindex=0, role="region", aria_label=text.POSTS)


def _why() -> Markup:
    """Filled by the page's script; what it shows of a post is text."""
    said = {"data_wait": words.WHY_WAIT, "data_failed": words.WHY_FAILED, "data_unscored": words.WHY_UNSCORED}
    return el(
        "dialog",
        el("h2", words.WHY_TITLE, id="why-title"),
        el("p", id="why-label", class_="head"),
        el("p", id="why-words", class_="text", dir="auto", **said),
        el("p", words.WHY_HELP, class_="help"),
        _correct(),
        el("button", words.CLOSE, id="why-close", type="button"),
        id="why",
        aria_labelledby="why-title",
    )


def _correct() -> Markup:
    """Labels to give the post instead; kept by the page's script through the API."""
    scored = {label: word for label, word in text.LABELS.items() if label != "unscored"}
    labels = [el("button", word, type="button", data_correct=label) for label, word in scored.items()]
    told = el(
        "p", id="corrected", class_="help", role="status", data_kept=words.CORRECTED, data_failed=words.NOT_CORRECTED
    )
    return el("div", el("span", words.CORRECT), *labels, told, id="correct", role="group")
