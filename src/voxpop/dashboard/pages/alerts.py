"""The page of alerts: what is out of the ordinary now, what was, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from voxpop.api.service import Service
from voxpop.dashboard import countries
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.markup import Child, Markup, el, join
from voxpop.dashboard.pages import navigation, text, text_alerts
from voxpop.dashboard.pages.frame import Page, card, command, live
from voxpop.insight.telling import change, why
from voxpop.stores.alerts import Wanted, alerts, looked_until
from voxpop.stores.queries import ALL

EVERY: Final = 10_000
MOST: Final = 50
_AROUND: Final = 3
"""Lengths of an alert's first window to show before it in the overview."""

Row = Mapping[str, Any]


def page(service: Service, now: datetime) -> Page:
    """The page, each part of which can fail for itself."""
    told = (el("p", text_alerts.OFTEN), el("p", text_alerts.TELL), command(text_alerts.TELL_COMMAND))
    parts = (
        card(text_alerts.ONGOING, live("ongoing", lambda: _ongoing(service, now))),
        card(text_alerts.OVER, live("over", lambda: _over(service))),
        card(text_alerts.HOW, *told),
    )
    column = el("div", *parts, class_="column")
    return Page(navigation.ALERTS, text_alerts.HEADING, text_alerts.LEAD, (column,), EVERY)


def _ongoing(service: Service, now: datetime) -> Child:
    until = looked_until(service.store)
    if until is None:
        return el("p", text_alerts.NEVER, class_="none")
    found = alerts(service.store, Wanted(states=("open", "ongoing"), limit=MOST)).to_pylist()
    looked = el("p", text_alerts.UNTIL.format(time=text.since(until, now)), class_="help")
    return join(_list(service, found) or el("p", text_alerts.NONE_ONGOING, class_="none"), looked)


def _over(service: Service) -> Child:
    found = alerts(service.store, Wanted(states=("closed",), limit=MOST)).to_pylist()
    return _list(service, found) or el("p", text_alerts.NONE_OVER, class_="none")


def _list(service: Service, rows: list[Row]) -> Markup | None:
    titles = {topic.name: topic.title for topic in service.topics.topics} | {ALL: text_alerts.EVERYTHING}
    return el("ul", *(_alert(row, titles) for row in rows), class_="alerts") if rows else None


def _alert(row: Row, titles: Mapping[str, str]) -> Markup:
    told_of = change(row)
    # More posts are neither good nor bad, so only net sentiment has a colour.
    colour = f"sign {row['direction']}" if row["measure"] == "net" else "sign"
    way = el("span", text_alerts.SIGNS[row["direction"]], class_=colour, aria_hidden="true")
    moved = f"{text_alerts.MEASURES[row['measure']]} {text_alerts.WAYS[row['direction']]}"
    place = [" \N{MIDDLE DOT} ", countries.names().get(row["country"], row["country"])] if row["country"] else None
    head = el("h3", way, " ", el("bdi", titles.get(row["topic"], row["topic"])), place, ": ", moved)
    reasons = why(json.loads(row["why"])) if row["why"] else []
    lines = el("ul", *(el("li", el("bdi", line)) for line in reasons), class_="why") if reasons else None
    told = join(el("p", text_alerts.WHY, class_="help"), lines) if lines else None
    look = el("p", el("a", text_alerts.LOOK, href=f"/{address(row)}"))
    return el("li", head, el("p", told_of[:1].upper() + told_of[1:]), told, look, id=f"alert-{row['id']}")


def address(row: Row) -> str:
    """The query of the overview's address that shows an alert with some time around it.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 19, 9, tzinfo=UTC)
    >>> hour = timedelta(hours=1)
    >>> address({"topic": "gta6", "country": None, "start": at, "known": at + hour, "last": at + hour})
    '?topic=gta6&range=1h&start=2026-11-19T06%3A00Z&end=2026-11-19T11%3A00Z'
    """
    length: timedelta = row["known"] - row["start"]
    start, end = row["start"] - _AROUND * length, max(row["known"], row["last"]) + length
    return Choice(row["topic"], start=start, end=end, countries=(row["country"],) if row["country"] else ()).address()
