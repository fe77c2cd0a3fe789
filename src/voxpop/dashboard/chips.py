"""Chips: what is filtered, each with the way to lift it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.lists import leading, named
from voxpop.dashboard.markup import Markup, el
from voxpop.stores.filter import any_of

_FIELDS: Final = {"countries": "country", "langs": "lang", "sources": "source", "labels": "label"}


def chips(choice: Choice, titles: Mapping[str, str]) -> list[Markup]:
    """A chip for each filter but the range, and one that lifts them all; nothing where nothing is filtered."""
    found: list[Markup] = []
    for name in choice.topics:
        left = any_of(each for each in choice.topics if each != name)
        found.append(_chip(el("bdi", titles.get(name, name)), choice, topic=left))
    if choice.start and choice.end:
        period = words.period(choice.start, choice.end, choice.tz)
        found.append(_chip(el("span", period), choice, start=None, end=None))
    for field, kind in _FIELDS.items():
        values = getattr(choice, field)
        for value in values:
            others = tuple(each for each in values if each != value)
            found.append(_chip(named(kind, value), choice, **{field: others}))
    for name, usual in (("reposts", True), ("copies", True), ("one_voice", False), ("towards", False)):
        if getattr(choice, name) != usual and (name != "towards" or choice.judges):
            found.append(_chip(el("span", words.SWITCHED[name]), choice, **{name: usual}))
    if found:
        found.append(el("li", leading(words.RESET, choice.reset(), choice, "reset")))
    return found


def _chip(name: Markup, choice: Choice, **lifted: Any) -> Markup:
    parts = (el("span", words.REMOVE, class_="spoken"), name, el("span", "×", aria_hidden="true"))
    return el("li", leading(parts, choice.address(**lifted), choice), class_="chip")
