"""What every further page has around it: head, header with the bar, the notice, and how it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voxpop.api.service import Service
from voxpop.dashboard import document
from voxpop.dashboard import text as words
from voxpop.dashboard.markup import Child, Markup, el, join
from voxpop.dashboard.pages import navigation, text
from voxpop.errors import Transient

_OWN: Final = frozenset(path.name for path in document.ASSETS.glob("page-*.js"))
_LOGGER: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """One page: where it stands in the bar, its heading, what it is for, and its parts."""

    entry: navigation.Entry
    heading: str
    lead: str
    parts: tuple[Markup, ...]
    every: int = 0
    """Milliseconds after which its live parts are asked for anew; 0 for never."""


def whole(page: Page, service: Service) -> str:
    """The page as a document."""
    main = el(
        "main",
        el("div", el("h1", page.heading), el("p", page.lead), class_="lead"),
        el("p", id="lost", class_="alert", role="alert", hidden=True, data_lost=text.LOST),
        *page.parts,
        id="content",
        tabindex=-1,
        data_every=page.every or None,
    )
    shown = [document.header(page.entry, service), document.notice(service), main]
    body = el(
        "body",
        el("a", text.SKIP, href="#content", class_="skip"),
        el("noscript", el("p", text.NO_SCRIPT, class_="notice")),
        el("div", *shown, id="page", class_="further"),
    )
    own = _OWN.intersection({f"page-{page.entry.path[1:]}.js"})
    title = f"{page.entry.name} \N{MIDDLE DOT} {words.TITLE}"
    return document.whole(title, ("pages.css",), ("pages.js", *own), body)


def card(title: str, *children: Child, id: str | None = None, wide: bool = False) -> Markup:
    """A titled part of a page."""
    return el("section", el("h2", title), *children, id=id, class_="card wide" if wide else "card")


def command(line: str) -> Markup:
    """A command to type: broken between its words alone, as an option that is broken at its hyphens is misread."""
    parts: list[Child] = []
    for word in line.split(" "):
        parts += [" " if parts else None, el("span", word, class_="whole")]
    return el("code", *parts)


def live(id: str, make: Callable[[], Child]) -> Markup:
    """A part that the page's script asks for anew; one that fails says so in its place, and the others stay."""
    try:
        content: Child = make()
    except Transient:
        content = el("p", text.AWAY, class_="alert")
    except Exception:
        _LOGGER.exception("a part of a page could not be read")
        content = el("p", text.BROKEN, class_="alert")
    return el("div", content, id=id, data_live=True)


def table(head: tuple[str, ...], rows: list[Markup], caption: str) -> Markup:
    """A table that scrolls in its own box where it has no room."""
    names = [el("th", name, scope="col") for name in head]
    body = el("table", el("caption", caption, class_="spoken"), el("thead", el("tr", *names)), el("tbody", *rows))
    return el("div", body, class_="grid", tabindex=0, role="region", aria_label=caption)


def row(name: Child, *cells: Child, id: str | None = None) -> Markup:
    """A row of a table whose first cell names it."""
    return el("tr", el("th", name, scope="row"), *(el("td", cell) for cell in cells), id=id)


def facts(pairs: list[tuple[str, Child]]) -> Markup:
    """Names with their values."""
    return el("dl", *(el("div", el("dt", name), el("dd", join(value))) for name, value in pairs), class_="facts")
