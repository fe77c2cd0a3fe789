"""What the overview shows for a choice: numbers, chart and posts, anew with every second that changes them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
from dash import html, no_update
from dash.development.base_component import Component

from voxpop.api.app import Service
from voxpop.dashboard import cards, chips, export, lists, postlist, text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.figures import line
from voxpop.dashboard.figures.axes import Frame, Period
from voxpop.dashboard.figures.line import Line
from voxpop.dashboard.figures.trend import trend
from voxpop.dashboard.state import state
from voxpop.dashboard.view import Window, resolve
from voxpop.errors import Transient
from voxpop.insight import shares, views
from voxpop.insight.cells import counted_cells
from voxpop.insight.change import earlier
from voxpop.insight.prevalence import estimate
from voxpop.insight.telling import sentence
from voxpop.insight.views import TooManyPosts
from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.alerts import Wanted, alerts
from voxpop.stores.period import Span

MOST_GAPS: Final = 50
MOST_PINS: Final = 50
_LOGGER: Final = logging.getLogger(__name__)

Answer = dict[str, Any]

BOARD: Final = {
    "period": ("period", "children"),
    "chips": ("chips", "children"),
    "folded": ("folded", "children"),
    "files": ("files", "children"),
    "cards": ("cards", "children"),
    "figure": ("figure", "data"),
    "help": ("trend-help", "children"),
    "summary": ("summary", "children"),
    "topics": ("topics", "children"),
    "posts": ("posts", "children"),
    "older": ("older", "children"),
    "next": ("next", "data"),
    "last": ("more", "hidden"),
    "chosen": ("chosen", "data"),
}
"""What a choice fills, by component and property."""

PARTS: Final = {
    "state": ("state", "children"),
    "kind": ("state", "className"),
    "since": ("state", "title"),
    "failure": ("failure", "children"),
    "well": ("failure", "hidden"),
    "filled": ("empty", "hidden"),
    "bare": ("board", "hidden"),
    "allowed": ("refused", "hidden"),
    "refusal": ("refusal", "children"),
    "loaded": ("loading", "hidden"),
    "answered": ("answered", "data"),
    **BOARD,
}
"""All that an answer fills."""


@dataclass(frozen=True)
class Request:
    """What one answer is for; `listed` is the address whose posts the reader has in view."""

    choice: Choice
    paused: bool
    now: datetime
    listed: str | None = None


def answer(service: Service, request: Request) -> Answer:
    """Everything the page shows for one request; total: a store that fails is said on the page and logged."""

    def found() -> Answer:
        known = queries.span(service.store)
        fresh = _state(service, known, request.now)
        if known is None:
            return {**fresh, "filled": False, "bare": True, "allowed": True, "period": "", "well": True}
        return {**fresh, "filled": True, "well": True, **_board(service, request, known)}

    return {**dict.fromkeys(PARTS, no_update), **guarded(found), "loaded": True, "answered": request.now.isoformat()}


def guarded(found: Callable[[], Answer]) -> Answer:
    """An answer, or that there is none; the numbers of before stay."""
    try:
        return found()
    except Transient:
        # The store is away, which whoever loads it says, once; here it would be said with every tick.
        return {"failure": text.FAILED, "well": False}
    except Exception:
        _LOGGER.exception("the dashboard could not read the store")
        return {"failure": text.FAILED, "well": False}


def _state(service: Service, known: Span | None, now: datetime) -> Answer:
    judged = state(service.status(), known, now)
    newest = f"{text.SINCE} {judged.since:%H:%M:%S} UTC" if judged.since and judged.kind != "live" else ""
    said = f"{judged.words} {newest}".strip()
    return {"state": said, "kind": f"pill {judged.kind}", "since": text.moment(judged.since) if judged.since else ""}


def _board(service: Service, request: Request, known: Span) -> Answer:
    choice = request.choice
    window = resolve(choice, known, request.now)
    titles = {topic.name: topic.title for topic in service.topics.topics}
    store = service.seen(window.filter)
    always = {
        "period": _period(choice, window),
        "chips": chips.chips(choice, titles),
        "files": export.links(choice, window),
    }
    try:
        told = views.told(store)
        comparison = queries.compare(store, window.measured, service.seen(earlier(window.measured)))
        return {
            **always,
            "bare": False,
            "allowed": True,
            "folded": words.folded(told) if told else "",
            "cards": cards.cards(comparison, _before(choice), _corrected(service, store, window)),
            **_trend(service, choice, window),
            "topics": _topics(service, store, choice, window),
            **_posts(store, request, window),
        }
    except TooManyPosts as error:
        return {**always, "bare": True, "allowed": False, "folded": "", "refusal": words.sentence(error)}


def _period(choice: Choice, window: Window) -> str:
    if choice.start and choice.end:
        return words.period(window.start, window.end, choice.tz)
    said = text.NEWEST_LIVE if window.live else text.NEWEST_HISTORY
    return said + words.moment(window.newest, choice.tz)


def _before(choice: Choice) -> str:
    return text.BEFORE_PERIOD if choice.start else text.before(text.RANGES[choice.range])


def _corrected(service: Service, store: Store, window: Window) -> cards.Ends | None:
    if service.correcting(window.filter) is None or window.filter.labels:
        return None
    row = shares.total(store, window.measured, service.correcting(window.filter)).to_pylist()[0]
    return None if row["net"] is None else (row["net"], row["net_low"], row["net_high"])


def _trend(service: Service, choice: Choice, window: Window) -> Answer:
    rows = _series(service, choice, window)
    corrected = choice.corrected and service.correcting(window.filter) is not None and not window.filter.labels
    drawn = _line(service, window, rows, corrected)
    frame = Frame(window.intervals, choice.view, _unheard(service, window), _pins(service, choice, window))
    nets = [net / 100 for net in drawn.since(line.pool(window.width) - 1).nets if net is not None]
    help = words.TREND_HELP.format(what=words.BANDS["corrected" if corrected else "counted"], zone=choice.zone)
    return {
        "figure": trend(rows, drawn, frame),
        "help": help,
        "summary": text.summary(nets, window.width),
    }


def _series(service: Service, choice: Choice, window: Window) -> pa.Table:
    """The intervals of the chart, and before them those that its first points pool."""
    begin = window.start - window.width * (line.pool(window.width) - 1)
    parts = [replace(window.filter, start=begin)]
    if not window.filter.takes_every and begin < window.start:
        # What counts in the period must not hang on what was there before it.
        parts = [replace(window.filter, start=begin, end=window.start), window.filter]
    stores = [service.seen(queries.whole(part, window.intervals)) for part in parts]
    found = [queries.series(*pair, window.width, choice.tz) for pair in zip(stores, parts, strict=True)]
    return pa.concat_tables(found)


def _line(service: Service, window: Window, rows: pa.Table, corrected: bool) -> Line:
    length = line.pool(window.width)
    correction = service.correcting(window.filter)
    if not corrected or correction is None:
        return line.counted(rows, length)
    around = shares.around(service.store, window.measured, correction)
    return line.corrected(rows, length, correction, around)


def _topics(service: Service, store: Store, choice: Choice, window: Window) -> Component:
    """The topics, each as it is shown alone; a narrow one can be, where all of them together are too many."""
    try:
        if choice.corrected and not window.filter.labels:
            found = shares.by(store, window.filter, "topic", service.correcting(window.filter))
        else:
            rows = queries.by(store, window.filter, "topic")
            found = shares.table(rows, estimate(None, counted_cells(rows)), False, "name")
    except TooManyPosts as error:
        return html.P(words.sentence(error), className="none")
    titles = {topic.name: topic.title for topic in service.topics.topics}
    return lists.topics(found.to_pylist(), titles, choice)


def _unheard(service: Service, window: Window) -> list[Period]:
    """The newest periods of the window in which a source was not heard, or not yet, cut to it."""
    gaps = [gap for gap in service.gaps() if gap.state != "recovered"][-MOST_GAPS:]
    periods = [(max(gap.start, window.start), min(gap.end or window.end, window.end)) for gap in gaps]
    return [(start, end) for start, end in periods if start < end]


def _pins(service: Service, choice: Choice, window: Window) -> list[tuple[datetime, str]]:
    """When an alert of what is chosen began, and what it says."""
    rows = alerts(service.store, Wanted(choice.topic, since=window.start, limit=MOST_PINS)).to_pylist()
    places = choice.countries or (None,)
    return [
        (row["start"], sentence(row))
        for row in rows
        if row["country"] in places and window.start <= row["start"] < window.end
    ]


def _posts(store: Store, request: Request, window: Window) -> Answer:
    """The newest posts; while the list is paused, only for another choice."""
    address = request.choice.address()
    if request.paused and request.listed == address:
        return {}
    found = postlist.page(store, window.filter, request.choice)
    return {
        "posts": postlist.posts(found.rows, request.now, request.choice),
        "older": [],
        "next": found.next,
        "last": found.next is None,
        "chosen": address,
    }
