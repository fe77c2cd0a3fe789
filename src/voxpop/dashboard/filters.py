"""The controls: what they offer, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from voxpop.dashboard import text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import zones
from voxpop.stores.queries import ALL
from voxpop.topics import Topic

CONTROLS: Final[dict[str, str]] = {
    "topic": "value",
    "range": "value",
    "country": "value",
    "lang": "value",
    "source": "value",
    "label": "value",
    "reposts": "checked",
    "copies": "checked",
    "one_voice": "checked",
    "towards": "checked",
    "tz": "value",
    "start": "value",
    "end": "value",
    "net": "value",
    "map": "value",
    "q": "value",
    "order": "value",
}
"""Controls by id, which is their name in the address, and the property that holds what is chosen."""


def choices(topics: Sequence[Topic]) -> list[dict[str, str]]:
    """What the picker offers: every post, then each topic by its title."""
    every = {"value": ALL, "label": text.ALL_POSTS}
    return [every, *({"value": topic.name, "label": topic.title} for topic in topics)]


def filters(topics: Sequence[Topic], judged: bool) -> Component:
    """Topic and range, and behind two buttons the rest of the filters and the ways out.

    `judged` tells whether posts are scored towards topics.
    """
    topic = dmc.Select(
        id="topic", data=choices(topics), allowDeselect=False, searchable=True, **{"aria-label": text.TOPIC}
    )
    range = segments("range", text.RANGE, text.RANGES)
    row = [topic, html.Div(range, className="ranges"), _more(judged), _share(), html.P(id="period", className="period")]
    chips = html.Ul(id="chips", **{"aria-label": words.CHIPS})
    return html.Div([html.Div(row, className="row"), chips, html.P(id="folded")], id="filters")


def segments(id: str, label: str, options: dict[str, str]) -> Component:
    """A choice of one of a few."""
    data = [{"value": value, "label": name} for value, name in options.items()]
    return dmc.SegmentedControl(id=id, data=data, value="", withItemsBorders=False, **{"aria-label": label})


def _more(judged: bool) -> Component:
    lists = [_several(id, label) for id, label in (("country", words.COUNTRY), ("lang", words.LANG))]
    named = [{"value": value, "label": name} for value, name in text.LABELS.items()]
    zone = dmc.Select(
        id="tz", label=words.ZONE, data=["UTC", *sorted(zones() - {"UTC"})], searchable=True, allowDeselect=False,
        limit=60, comboboxProps=_INSIDE,
    )  # fmt: skip
    ends = [_time("start", words.FROM), _time("end", words.UNTIL)]
    parts = [
        *lists,
        _several("source", words.SOURCE),
        _several("label", words.LABEL, named),
        *(_switch(id, *said, hidden=id == "towards" and not judged) for id, said in words.SWITCHES.items()),
        zone,
        html.Div(ends, className="ends"),
        html.P(words.PERIOD_HELP, className="help"),
    ]
    return _opening("more-filters", words.FILTERS, parts)


_INSIDE: Final[dict[str, Any]] = {"withinPortal": False}
"""A list that opens inside its panel stays with it for the keyboard and for screen readers."""


def _several(id: str, label: str, data: Sequence[Any] = ()) -> Component:
    return dmc.MultiSelect(
        id=id,
        label=label,
        data=list(data),
        value=[],
        placeholder=words.ANY,
        searchable=True,
        clearable=True,
        hidePickedOptions=True,
        nothingFoundMessage=words.NOTHING,
        comboboxProps=_INSIDE,
        clearButtonProps={"aria-label": f"{words.RESET}: {label}"},
    )


def _switch(id: str, label: str, help: str, *, hidden: bool) -> Component:
    # Hidden, and not left out: callbacks name every control.
    style = {"display": "none"} if hidden else None
    return dmc.Switch(style=style, id=id, label=label, description=help or None, checked=id in ("reposts", "copies"))


def _time(id: str, label: str) -> Component:
    return dmc.DateTimePicker(
        id=id, label=label, clearable=True, valueFormat="D MMM YYYY HH:mm", placeholder=words.ANY,
        popoverProps={"withinPortal": False},
        clearButtonProps={"aria-label": f"{words.RESET}: {label}"},
    )  # fmt: skip


def _share() -> Component:
    buttons = [
        _button("png", words.CHART_PNG),
        _button("svg", words.CHART_SVG),
        _button("copy", words.COPY, **{"data-done": words.COPIED}),
        _button("print", words.PRINT),
    ]
    return _opening("share", words.SHARE, [html.Div(id="files"), *buttons])


def _button(act: str, label: str, **more: str) -> Component:
    return html.Button(label, type="button", **{"data-act": act}, **more)


def _opening(id: str, title: str, parts: list[Component]) -> Component:
    return html.Details([html.Summary(title), html.Div(parts, className="panel")], id=id, className="opening")
