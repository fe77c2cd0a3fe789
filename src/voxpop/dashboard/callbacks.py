"""What fills the page: the address says what is chosen, controls and links change the address, answers follow it.

They run their queries in a thread: a callback that blocks would stop the whole server.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, Patch, State, no_update
from dash.development.base_component import Component

from voxpop.api.app import Service
from voxpop.dashboard import answers, geography, postlist
from voxpop.dashboard.answers import Answer, Request
from voxpop.dashboard.choice import Choice, ranged, read
from voxpop.dashboard.filters import CONTROLS, choices
from voxpop.dashboard.view import default_range, resolve
from voxpop.errors import Transient
from voxpop.insight.views import TooManyPosts
from voxpop.stores import queries
from voxpop.stores.queries import ALL


def register(app: Dash, service: Service) -> None:
    """Give the page its callbacks."""
    _answering(app, service)
    _paging(app, service)
    _offering(app, service)
    _scripted(app)


def chosen(service: Service, search: str | None) -> Choice:
    """The choice of an address over the topics there are."""
    found = read(search, frozenset(topic.name for topic in service.topics.topics), "1h")
    return found if service.towards else replace(found, towards=False)


def _answering(app: Dash, service: Service) -> None:
    async def begin(search: str | None, retry: Any, default: str | None) -> Any:
        if default:
            return no_update
        try:
            known = await asyncio.to_thread(queries.span, service.store)
        except Transient:
            known = None
        return default_range(known, datetime.now(UTC))

    async def refresh(search: str | None, pauses: int, listed: str | None, seq: Any) -> Answer:
        if not ranged(search):
            # The page's script puts the default into the address first.
            return dict.fromkeys(answers.PARTS, no_update)
        request = Request(chosen(service, search), pauses % 2 == 1, datetime.now(UTC), listed)
        return await asyncio.to_thread(answers.answer, service, request)

    async def survey(search: str | None, slow: Any) -> Answer:
        if not ranged(search):
            return dict.fromkeys(geography.PARTS, no_update)
        return await asyncio.to_thread(geography.answer, service, chosen(service, search), datetime.now(UTC))

    asked = Input("url", "search"), Input("retry", "data"), State("default", "data")
    app.callback(Output("default", "data"), *asked)(begin)
    # Its value does not matter: it says that a segment was loaded, or that time went on.
    given = Input("url", "search"), Input("pause", "n_clicks"), State("chosen", "data"), Input("seq", "data")
    app.callback(_outputs(answers.PARTS), *given)(refresh)
    app.callback(_outputs(geography.PARTS), Input("url", "search"), Input("slow", "data"))(survey)


def _paging(app: Dash, service: Service) -> None:
    async def more(clicks: int, search: str | None, after: Any) -> tuple[Any, Any, Any]:
        if not clicks or not after:
            return no_update, no_update, no_update
        found = await asyncio.to_thread(older, service, chosen(service, search), after)
        if found is None:
            return no_update, no_update, no_update
        listed, following = found
        grown = Patch()
        grown.extend(listed)
        return grown, following, following is None

    outputs = (
        Output("older", "children", allow_duplicate=True),
        Output("next", "data", allow_duplicate=True),
        Output("more", "hidden", allow_duplicate=True),
    )
    given = Input("more", "n_clicks"), State("url", "search"), State("next", "data")
    app.callback(*outputs, *given, prevent_initial_call=True)(more)


def older(service: Service, choice: Choice, after: Any) -> tuple[list[Component], Any] | None:
    """The posts after a place in the list, and the next place; None where the store or the place is not there."""
    now = datetime.now(UTC)
    try:
        known = queries.span(service.store)
        if known is None:
            return None
        filter = resolve(choice, known, now).filter
        found = postlist.page(service.seen(filter), filter, choice, after)
    except (Transient, TooManyPosts, LookupError, TypeError, ValueError):
        return None
    return postlist.posts(found.rows, now, choice) if found.rows else [], found.next


def _offering(app: Dash, service: Service) -> None:
    async def offer(seq: Any, offered: list[dict[str, str]], chosen: str | None) -> tuple[Any, Any]:
        # What is the same is not sent, so that an open list stays as it is.
        options = choices(service.topics.topics)
        kept = chosen is None or chosen in {option["value"] for option in options}
        return no_update if options == offered else options, no_update if kept else ALL

    picker = Output("topic", "data"), Output("topic", "value", allow_duplicate=True)
    shown = State("topic", "data"), State("topic", "value")
    app.callback(*picker, Input("seq", "data"), *shown, prevent_initial_call=True)(offer)


def _scripted(app: Dash) -> None:
    """What the page's script does; see `assets/voxpop_overview.js`."""

    def call(name: str, *given: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("voxpop", name), *given, **more)

    values = list(CONTROLS.items())
    states = [State(id, held) for id, held in values]
    outputs = [Output(id, held, allow_duplicate=id == "topic") for id, held in values]
    asked = [Input("url", "search"), Input("default", "data"), State("topic", "data")]
    call("stand", *outputs, *asked, *states, prevent_initial_call="initial_duplicate")
    call("choose", *[Input(id, held) for id, held in values], prevent_initial_call=True)
    call("offer", *(Output(id, "data") for id in ("country", "lang", "source")), Input("options", "data"))
    drawn = {"prevent_initial_call": True}
    call("zoomed", Output("trend", "figure"), Input("figure", "data"), **drawn)
    call("answered", Input("answered", "data"), **drawn)
    call("surveyed", Input("surveyed", "data"), **drawn)
    call("moved", Output("atlas-graph", "figure"), Input("atlas", "data"), **drawn)
    call("brush", Input("trend", "relayoutData"), State("drag", "value"), **drawn)
    call("pick", Output("atlas-graph", "clickData"), Input("atlas-graph", "clickData"), **drawn)
    call("pause", Input("pause", "n_clicks"))
    call("hold", Output("pause", "n_clicks"), Input("more", "n_clicks"), State("pause", "n_clicks"), **drawn)


def _outputs(parts: dict[str, tuple[str, str]]) -> dict[str, Output]:
    return {name: Output(id, held) for name, (id, held) in parts.items()}
