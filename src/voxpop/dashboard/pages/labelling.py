"""The page on which people label posts: one post at a time, the model's label hidden until they have chosen."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from voxpop.api.caller import current
from voxpop.api.service import Service
from voxpop.dashboard import text as words
from voxpop.dashboard.markup import Child, Markup, Value, el, join
from voxpop.dashboard.pages import navigation, text_labelling
from voxpop.dashboard.pages.frame import Page, card, command, facts, live
from voxpop.stores import corrections, queries
from voxpop.stores.corrections import LABELS, Tally
from voxpop.stores.queries import ALL

_BACK: Final = "U"


def page(service: Service, now: datetime) -> Page:
    """The page for the current caller; without the scope, or a place to keep labels, it says so in their place."""
    why = refused(service)
    labeller = card(text_labelling.ASKED, el("p", why, class_="why", role="note")) if why else _labeller(service)
    beside = [None if why else _agreed(service), _uses(), None if "label" not in current().scopes else _exports()]
    columns = el("div", labeller, el("div", *beside, class_="beside"), class_="pair")
    return Page(navigation.LABELLING, text_labelling.HEADING, text_labelling.LEAD, (columns,))


def refused(service: Service) -> str | None:
    """Why the current caller cannot label here; None where it can."""
    if "label" not in current().scopes:
        return text_labelling.NO_LABEL
    return text_labelling.NO_KEEPER if service.corrections is None else None


def signature() -> str:
    """Whose labels the current caller gives, as the API signs them."""
    caller = current()
    return caller.name if caller.key_id else "local"


def _labeller(service: Service) -> Markup:
    told = {f"data_{key}": value for key, value in text_labelling.SCRIPT.items()}
    titles = {topic.name: topic.title for topic in service.topics.topics}
    labels = {label: words.LABELS[label] for label in LABELS}
    progress = el(
        "div",
        el("progress", value=0, max=1, id="round", aria_label=text_labelling.ROUND),
        el("span", id="progress"),
        class_="progress",
    )
    content = [
        _which(service, titles),
        progress,
        el("p", text_labelling.HIDDEN, class_="help hidden-label"),
        el("div", id="post", tabindex=-1, role="group", aria_label=text_labelling.POST, aria_live="polite"),
        el("div", *_choices(), id="choices", role="group", aria_label=text_labelling.CHOICES),
        el("p", id="told", role="status"),
        el("p", id="problem", class_="alert", role="alert", hidden=True),
        el("p", el("button", text_labelling.AGAIN, type="button", id="again"), hidden=True),
        _nothing(),
        _keys(),
        el("p", text_labelling.JUDGE, class_="help"),
    ]
    return el(
        "section",
        el("h2", text_labelling.ASKED),
        *content,
        class_="card",
        id="labeller",
        data_titles=json.dumps(titles),
        data_labels=json.dumps(labels),
        **told,
    )


def _which(service: Service, titles: dict[str, str]) -> Markup:
    """What is offered; periods end with the newest post, so that history can be labelled as well."""
    newest = queries.span(service.store)
    fields = [
        _choice("topic", text_labelling.TOPIC, {ALL: text_labelling.EVERY, **titles}),
        _choice("days", text_labelling.PERIOD, text_labelling.PERIODS),
        _choice("drawn", text_labelling.DRAW, text_labelling.DRAWS, text_labelling.DRAW_HELP),
    ]
    given: dict[str, Value] = {"data_end": newest.end.isoformat() if newest else None}
    help = el("p", text_labelling.DRAW_HELP, class_="help", id="drawn-help")
    return el("form", el("div", *fields, class_="which"), help, id="which", autocomplete="off",
              aria_label=text_labelling.WHICH, **given)  # fmt: skip


def _choice(name: str, label: str, options: dict[str, str], help: str | None = None) -> Markup:
    listed = [el("option", title, value=value) for value, title in options.items()]
    described: Value = f"{name}-help" if help else None
    return el("p", el("label", label, for_=name), el("select", *listed, id=name, aria_describedby=described))


def _choices() -> list[Markup]:
    buttons = [
        el(
            "button",
            el("span", class_=f"marker {label}"),
            el("span", words.LABELS[label]),
            _key(str(number)),
            type="button",
            data_label=label,
            aria_keyshortcuts=str(number),
            disabled=True,
        )
        for number, label in enumerate(LABELS, 1)
    ]
    unclear = el(
        "button", el("span", text_labelling.UNCLEAR), _key("0"), type="button", data_label="", aria_keyshortcuts="0",
        title=text_labelling.UNCLEAR_HELP, disabled=True,
    )  # fmt: skip
    return [*buttons, unclear]


def _key(name: str) -> Markup:
    return el("kbd", name, aria_hidden="true")


def _keys() -> Markup:
    """Taking back, and the switch: keys of one character must be possible to turn off (WCAG 2.1.4)."""
    back = el(
        "button", el("span", text_labelling.BACK), _key(_BACK), type="button", id="back", disabled=True,
        aria_keyshortcuts=_BACK,
    )  # fmt: skip
    switch = el(
        "span",
        el("input", type="checkbox", id="keys", checked=True, aria_describedby="keys-help"),
        el("label", text_labelling.KEYS, for_="keys"),
        el("span", text_labelling.KEYS_HELP, class_="help", id="keys-help"),
        class_="check",
    )
    return el("div", back, switch, class_="below")


def _nothing() -> Markup:
    parts = [
        el("h3", text_labelling.NOTHING, id="nothing-heading", tabindex=-1),
        el("p", text_labelling.NOTHING_HELP, class_="none"),
        command(text_labelling.NOTHING_COMMAND),
    ]
    return el("div", *parts, id="nothing", hidden=True)


def _agreed(service: Service) -> Markup:
    """How it goes so far; the script counts on."""

    def found() -> Child:
        known = corrections.tallies(service.store, signature())
        pairs: list[tuple[str, Child]] = [
            (name, _tally(drawn, known.get(drawn, Tally()))) for drawn, name in text_labelling.AGREED_ON.items()
        ]
        return facts([*pairs, (text_labelling.SIGNED, el("bdi", signature()))])

    help = el("p", text_labelling.AGREED_HELP, class_="help")
    return card(text_labelling.AGREED, live("agreed", found), help)


def _tally(drawn: str, tally: Tally) -> Markup:
    said = text_labelling.agreed(tally.agreed, tally.n)
    return el("span", said, id=f"agreed-{drawn}", data_n=tally.n, data_agreed=tally.agreed)


def _uses() -> Markup:
    lines = [el("li", use, el("br"), command(line)) for use, line in text_labelling.USES_LIST]
    help = el("p", text_labelling.USES_HELP, class_="help")
    return card(text_labelling.USES, join(el("ul", *lines, class_="steps")), help)


def _exports() -> Markup:
    links = [el("li", el("a", name, href=address)) for name, address in text_labelling.EXPORTS]
    return card(
        text_labelling.EXPORT, el("ul", *links, class_="links"), el("p", text_labelling.EXPORT_HELP, class_="help")
    )
