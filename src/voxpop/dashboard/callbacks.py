"""What fills the page: one callback for the address, one for every number of the choice, one for the picker's topics.

They run their queries in a thread: a callback that blocks would stop the whole server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from voxpop.api.app import Service
from voxpop.dashboard import figures, layout, panels, text
from voxpop.dashboard.state import state
from voxpop.dashboard.view import Choice, Window, choose, default_range, read, resolve
from voxpop.errors import Transient
from voxpop.insight import shares
from voxpop.stores import queries
from voxpop.stores.period import Span
from voxpop.stores.queries import ALL
from voxpop.topics import Topic

MOST_POSTS: Final = 25
MOST_GAPS: Final = 50
_LOGGER: Final = logging.getLogger(__name__)
_OUTPUTS: Final = {
    "state": Output("state", "children"),
    "kind": Output("state", "className"),
    "since": Output("state", "title"),
    "period": Output("period", "children"),
    "failure": Output("failure", "children"),
    "well": Output("failure", "hidden"),
    "filled": Output("empty", "hidden"),
    "bare": Output("board", "hidden"),
    "cards": Output("cards", "children"),
    "figure": Output("figure", "data"),
    "summary": Output("summary", "children"),
    "topics": Output("topics", "children"),
    "places": Output("places", "children"),
    "coverage": Output("coverage", "children"),
    "posts": Output("posts", "children"),
}

Answer = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What one answer is for."""

    choice: Choice
    paused: bool
    now: datetime


def register(app: Dash, service: Service) -> None:
    """Give the page its callbacks."""

    def names() -> frozenset[str]:
        return frozenset(topic.name for topic in service.topics.topics)

    async def read_address(search: str | None) -> tuple[str, str]:
        try:
            known = await asyncio.to_thread(queries.span, service.store)
        except Transient:
            known = None
        choice = choose(*read(search), names(), default_range(known, datetime.now(UTC)))
        return choice.topic, choice.range

    async def refresh(topic: str | None, range: str | None, pauses: int, *since: Any) -> Answer:
        request = Request(choose(topic, range, names(), "1h"), pauses % 2 == 1, datetime.now(UTC))
        return await asyncio.to_thread(answer, service, request)

    async def offer(seq: Any, tick: Any, offered: list[dict[str, str]], chosen: str | None) -> tuple[Any, Any]:
        # What is the same is not sent, so that an open list stays as it is.
        choices = layout.choices(service.topics.topics)
        kept = chosen is None or chosen in {choice["value"] for choice in choices}
        return no_update if choices == offered else choices, no_update if kept else ALL

    app.callback(Output("topic", "value"), Output("range", "value"), Input("url", "search"))(read_address)
    chosen = Input("topic", "value"), Input("range", "value"), Input("pause", "n_clicks")
    # Their values do not matter: one says that a segment was loaded, the other that time went on.
    since = Input("seq", "data"), Input("tick", "data")
    app.callback(_OUTPUTS, *chosen, *since, prevent_initial_call=True)(refresh)
    picker = Output("topic", "data"), Output("topic", "value", allow_duplicate=True)
    shown = State("topic", "data"), State("topic", "value")
    app.callback(*picker, *since, *shown, prevent_initial_call=True)(offer)
    # The script changes the address and the button's face; neither has an answer that Dash needs.
    app.clientside_callback(
        ClientsideFunction("voxpop", "address"),
        Input("topic", "value"),
        Input("range", "value"),
        State("url", "search"),
    )
    app.clientside_callback(
        ClientsideFunction("voxpop", "zoomed"),
        Output("trend", "figure"),
        Input("figure", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(ClientsideFunction("voxpop", "pause"), Input("pause", "n_clicks"))


def answer(service: Service, request: Request) -> Answer:
    """Everything the page shows for one request; total: a store that fails is said on the page and logged."""
    unchanged: Answer = dict.fromkeys(_OUTPUTS, no_update)
    try:
        known = queries.span(service.store)
        fresh = _state(service, known, request.now)
        if known is None:
            return {**unchanged, **fresh, "filled": False, "bare": True, "period": "", "well": True}
        return {**unchanged, **fresh, "filled": True, "bare": False, "well": True, **_board(service, request, known)}
    except Transient:
        # The store is away, which whoever loads it says, once; here it would be said with every tick.
        return {**unchanged, "failure": text.FAILED, "well": False}
    except Exception:
        _LOGGER.exception("the dashboard could not read the store")
        return {**unchanged, "failure": text.FAILED, "well": False}


def _state(service: Service, known: Span | None, now: datetime) -> Answer:
    judged = state(service.status(), known, now)
    newest = f"{text.SINCE} {judged.since:%H:%M:%S} UTC" if judged.since and judged.kind != "live" else ""
    words = f"{judged.words} {newest}".strip()
    return {"state": words, "kind": f"pill {judged.kind}", "since": text.moment(judged.since) if judged.since else ""}


def _board(service: Service, request: Request, known: Span) -> Answer:
    window = resolve(request.choice, known, request.now)
    totals = queries.compare(service.store, window.measured)
    places, coverage = panels.places(queries.by(service.store, window.filter, "country").to_pylist())
    topics = queries.by(service.store, window.filter, "topic").to_pylist()
    return {
        "period": text.newest(window.newest, window.live),
        "cards": panels.cards(totals, request.choice.range, _corrected(service, window)),
        **_trend(service, request.choice, window),
        "topics": panels.topics(topics, _titles(service.topics.topics), request.choice),
        "places": places,
        "coverage": coverage,
        "posts": no_update if request.paused else _posts(service, window, request.now),
    }


def _corrected(service: Service, window: Window) -> panels.Ends | None:
    if service.correction is None:
        return None
    row = shares.total(service.store, window.measured, service.correction).to_pylist()[0]
    return None if row["net"] is None else (row["net"], row["net_low"], row["net_high"])


def _trend(service: Service, choice: Choice, window: Window) -> Answer:
    lead = window.width * (figures.pool(window.width) - 1)
    rows = queries.series(service.store, replace(window.filter, start=window.start - lead), window.width)
    nets = [net for net in figures.sliding_net(rows, figures.pool(window.width)) if net is not None]
    return {
        "figure": figures.trend(rows, window.width, f"{choice.topic} {choice.range}", _unheard(service, window)),
        "summary": text.summary([net / 100 for net in nets], window.width),
    }


def _unheard(service: Service, window: Window) -> list[figures.Period]:
    """The newest periods of the window in which a source was not heard, or not yet, cut to it."""
    gaps = [gap for gap in service.gaps() if gap.state != "recovered"][-MOST_GAPS:]
    periods = [(max(gap.start, window.start), min(gap.end or window.end, window.end)) for gap in gaps]
    return [(start, end) for start, end in periods if start < end]


def _posts(service: Service, window: Window, now: datetime) -> list[Any]:
    return panels.posts(queries.posts(service.store, window.filter, MOST_POSTS).to_pylist(), now)


def _titles(topics: Sequence[Topic]) -> dict[str, str]:
    return {topic.name: topic.title for topic in topics}
