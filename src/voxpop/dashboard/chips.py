"""Chips: what is filtered, each with the way to lift it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.lists import named
from voxpop.stores.queries import ALL

_FIELDS: Final = {"countries": "country", "langs": "lang", "sources": "source", "labels": "label"}


def chips(choice: Choice, titles: Mapping[str, str]) -> list[Component]:
    """A chip for each filter but the range, and one that lifts them all; nothing where nothing is filtered."""
    found: list[Component] = []
    if choice.topic != ALL:
        found.append(_chip(html.Bdi(titles.get(choice.topic, choice.topic)), choice.address(topic=ALL)))
    if choice.start and choice.end:
        period = words.period(choice.start, choice.end, choice.tz)
        found.append(_chip(html.Span(period), choice.address(start=None, end=None)))
    for field, kind in _FIELDS.items():
        found += [_chip(named(kind, value), choice.toggled(field, value)) for value in getattr(choice, field)]
    for name, usual in (("reposts", True), ("copies", True), ("one_voice", False), ("towards", False)):
        if getattr(choice, name) != usual and (name != "towards" or choice.topic != ALL):
            found.append(_chip(html.Span(words.SWITCHED[name]), choice.address(**{name: usual})))
    if found:
        found.append(html.Li(dcc.Link(words.RESET, href=choice.reset(), className="reset")))
    return found


def _chip(name: Component, href: str) -> Component:
    link = dcc.Link(
        [html.Span(words.REMOVE, className="spoken"), name, html.Span("×", **{"aria-hidden": "true"})], href=href
    )
    return html.Li(link, className="chip")
