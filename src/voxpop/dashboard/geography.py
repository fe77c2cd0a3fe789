"""Where posts come from, in which languages and from which sources: what the overview shows anew every few seconds."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from voxpop.api.app import Service
from voxpop.dashboard import countries, lists, text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.answers import Answer, Request, chosen, guarded
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.figures.atlas import FLOOR, Places, atlas
from voxpop.dashboard.markup import el
from voxpop.dashboard.view import Window, resolve
from voxpop.insight.views import TooManyPosts
from voxpop.seams import Store
from voxpop.stores import places, queries
from voxpop.stores.period import Span
from voxpop.stores.queries import Dimension

RESOLUTION: Final = 3
"""H3 cells of about 12,400 square kilometres, the size of a county."""

_FIELDS: Final[dict[Dimension, str]] = {"country": "countries", "lang": "langs", "source": "sources"}


def answer(service: Service, request: Request) -> Answer:
    """The map and the lists of a choice, and what the filters offer.

    Each is filtered by all but itself, so that what is left out can be added. Where there is nothing to show, or too
    much to look at, the overview's other answer says so.
    """

    def found() -> Answer:
        known = queries.span(service.store)
        if known is None:
            return {}
        choice = chosen(service, request.search, known, request.now)
        with suppress(TooManyPosts):
            return _found(service, choice, resolve(choice, known, request.now))
        return {}

    return {name: value for name, value in guarded(found).items() if name != "failure"}


def _found(service: Service, choice: Choice, window: Window) -> Answer:
    store = service.seen(window.filter)
    rows = {name: _by(store, window, name) for name in _FIELDS}
    filter = replace(window.filter, countries=())
    period = Span(window.start, window.end)
    n = sum(row["n"] for row in rows["country"])
    gps = places.gps_share(store, filter, period)
    cells = places.cells(store, filter, period, RESOLUTION).to_pylist() if choice.layer == "volume" else []
    placed = sum(row["n"] for row in rows["country"] if row["name"])
    drawn = Places(rows["country"], cells, countries.names())
    mixes = [lists.mix(name, _FIELDS[name], rows[name], choice) for name in ("lang", "source")]
    return {
        "figure": atlas(drawn, choice.layer, choice.countries, choice.layer),
        "html": {"places": lists.places(rows["country"], choice), "mix": el("div", *mixes)},
        "text": {"coverage": text.coverage(placed, gps, n), "map-help": _help(choice, cells)},
        "options": _options(rows, choice),
    }


def _by(store: Store, window: Window, dimension: Dimension) -> list[dict[str, Any]]:
    free: dict[str, Any] = {_FIELDS[dimension]: ()}
    return list(queries.by(store, replace(window.filter, **free), dimension).to_pylist())


def _help(choice: Choice, cells: list[dict[str, Any]]) -> str:
    if choice.layer == "net":
        return words.MAP_HELP.format(floor=FLOOR)
    return words.CELLS_HELP if cells else words.NO_CELLS


def _options(rows: dict[Dimension, list[dict[str, Any]]], choice: Choice) -> dict[str, list[str]]:
    """What the filters offer: what there is, and what is chosen already."""
    return {
        name: sorted({*(row["name"] for row in rows[name]), *getattr(choice, field)}) for name, field in _FIELDS.items()
    }
