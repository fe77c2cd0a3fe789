"""The controls of the overview, whose ids are their names in the address; the page's script says where they stand."""

from __future__ import annotations

import json
from collections.abc import Sequence

from voxpop.dashboard import text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import zones
from voxpop.dashboard.lists import marker
from voxpop.dashboard.markup import Child, Markup, el
from voxpop.stores.queries import ALL
from voxpop.topics import Topic


def choices(topics: Sequence[Topic]) -> list[dict[str, str]]:
    """What the picker offers: every post, then each topic by its title."""
    every = {"value": ALL, "label": text.ALL_POSTS}
    return [every, *({"value": topic.name, "label": topic.title} for topic in topics)]


def filters(topics: Sequence[Topic], judged: bool) -> Markup:
    """Topic and range, and behind two buttons the rest of the filters and the ways out.

    `judged` tells whether posts are scored towards topics.
    """
    offered = [el("option", one["label"], value=one["value"]) for one in choices(topics)]
    topic = el("select", *offered, id="topic", aria_label=text.TOPIC, data_control="value")
    range = el("div", segments("range", text.RANGE, text.RANGES), class_="ranges")
    row = el("div", topic, range, _more(topics, judged), _share(), el("p", id="period", class_="period"), class_="row")
    chips = el("ul", id="chips", aria_label=words.CHIPS)
    return el("div", row, chips, el("p", id="folded"), id="filters")


def segments(id: str, label: str, options: dict[str, str], chosen: str | None = None) -> Markup:
    """A choice of one of a few, all of them to be seen."""
    return el(
        "div",
        *(
            el("label", el("input", type="radio", name=id, value=value, checked=value == chosen), el("span", name))
            for value, name in options.items()
        ),
        id=id,
        class_="segments",
        role="radiogroup",
        aria_label=label,
        data_control="one",
    )


def _more(topics: Sequence[Topic], judged: bool) -> Markup:
    named = [_check(value, marker(value), name) for value, name in text.LABELS.items()]
    names = [el("option", name) for name in ("UTC", *sorted(zones() - {"UTC"}))]
    anyone = [_check(topic.name, el("bdi", topic.title)) for topic in topics]
    parts = [
        el("div", _checks("any-topic", words.TOPICS, *anyone), el("p", words.TOPICS_HELP, class_="help")),
        _several("country", words.COUNTRY),
        _several("lang", words.LANG),
        _checks("source", words.SOURCE, data_names=json.dumps(text.SOURCES)),
        _checks("label", words.LABEL, *named),
        el("div", *(_switch(id, *said) for id, said in words.SWITCHES.items() if id != "towards" or judged)),
        _field("tz", words.ZONE, el("select", *names, **_control("tz"))),
        el("div", _time("start", words.FROM), _time("end", words.UNTIL), class_="ends"),
        el("p", words.PERIOD_HELP, class_="help"),
    ]
    return _opening("more-filters", words.FILTERS, parts)


def _control(id: str, kind: str = "value") -> dict[str, str]:
    return {"id": id, "data_control": kind}


def _field(id: str, label: str, *control: Child) -> Markup:
    return el("div", el("label", label, for_=id), *control, class_="field")


def _several(id: str, label: str) -> Markup:
    """Several of many: what is chosen is listed, and more is found by typing."""
    return el(
        "div",
        el("label", label, for_=f"{id}-more"),
        el("ul", class_="picked"),
        el(
            "input",
            id=f"{id}-more",
            list=f"{id}-offered",
            placeholder=words.ANY,
            autocomplete="off",
            data_more=words.ANOTHER,
        ),
        el("datalist", id=f"{id}-offered"),
        el("p", words.NOTHING, class_="help nothing", role="status", hidden=True),
        id=id,
        class_="field several",
        data_control="several",
        data_remove=words.REMOVE,
    )


def _checks(id: str, label: str, *options: Markup, **more: str) -> Markup:
    """Several of a few."""
    return el("fieldset", el("legend", label), el("div", *options), **_control(id, "checks"), **more)


def _check(value: str, *name: Child) -> Markup:
    return el("label", el("input", type="checkbox", value=value), *name)


def _switch(id: str, label: str, help: str) -> Markup:
    told = el("p", help, id=f"{id}-help", class_="help") if help else None
    given = {**_control(id, "switch"), "role": "switch", "aria_describedby": f"{id}-help" if help else None}
    return el("div", el("label", el("input", type="checkbox", **given), label), told, class_="switch")


def _time(id: str, label: str) -> Markup:
    return _field(id, label, el("input", type="datetime-local", step=60, **_control(id, "time")))


def _share() -> Markup:
    buttons = [
        *(_button("picture", said, **of) for said, of in words.PICTURES.items()),
        _button("copy", words.COPY, data_done=words.COPIED),
        _button("print", words.PRINT),
    ]
    return _opening("share", words.SHARE, [el("div", id="files"), *buttons])


def _button(act: str, label: str, **more: str) -> Markup:
    return el("button", label, type="button", data_act=act, **more)


def _opening(id: str, title: str, parts: list[Markup]) -> Markup:
    return el("details", el("summary", title), el("div", *parts, class_="panel"), id=id, class_="opening")
