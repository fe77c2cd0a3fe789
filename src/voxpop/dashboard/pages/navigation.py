"""The pages of the dashboard, and the bar that leads from one to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from voxpop.dashboard.markup import Markup, el


@dataclass(frozen=True)
class Entry:
    """A page: its name in the bar, and its address below the server's root."""

    name: str
    path: str


OVERVIEW: Final = Entry("Overview", "/")
TOPICS: Final = Entry("Topics", "/topics")
ALERTS: Final = Entry("Alerts", "/alerts")
SOURCES: Final = Entry("Sources", "/sources")
MODEL: Final = Entry("Model", "/model")
LABELLING: Final = Entry("Label", "/label")
ENTRIES: Final = (OVERVIEW, ALERTS, TOPICS, SOURCES, MODEL, LABELLING)
"""In the order of the bar."""
LABEL: Final = "Pages"


def bar(current: Entry) -> Markup:
    """The bar as markup. The script beside it lets the link to the overview lead back to what was chosen there."""
    links = [
        el("li", el("a", entry.name, href=entry.path, aria_current="page" if entry == current else None))
        for entry in ENTRIES
    ]
    return el("nav", el("ul", *links), class_="pages", aria_label=LABEL)
