"""The list of posts. What a stranger wrote is only ever a text child, which no browser reads as markup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from dash import html
from dash.development.base_component import Component

from voxpop.dashboard import text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.lists import marker
from voxpop.seams import Store
from voxpop.stores import search
from voxpop.stores.queries import Cursor, Filter
from voxpop.stores.search import Strength

PAGE: Final = 25
Row = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Some posts, and where the next begin; None after the last."""

    rows: list[Row]
    next: dict[str, Any] | None


def page(store: Store, filter: Filter, choice: Choice, after: dict[str, Any] | None = None) -> Page:
    """The posts of a choice, in its order, after the `next` of the page before."""
    wanted = search.words_of(choice.words)
    last = _cursor(after) if after else None
    if choice.order == "strong":
        place = Strength(float(after["strength"]), last) if after and last else None
        rows = search.strongest(store, filter, wanted, PAGE + 1, place).to_pylist()
    else:
        rows = search.found(store, filter, wanted, PAGE + 1, last).to_pylist()
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return Page(rows, _place(rows[-1]) if more else None)


def _cursor(after: dict[str, Any]) -> Cursor:
    """What a browser sends back is not to be relied on.

    Raises:
        LookupError, TypeError, ValueError: it is no place.
    """
    at = datetime.fromisoformat(after["at"])
    if not isinstance(after["id"], str) or "\0" in after["id"] or at.tzinfo is None:
        raise ValueError("no place in the list of posts")
    return Cursor(at, after["id"])


def _place(row: Row) -> dict[str, Any]:
    return {"at": row["created_at"].isoformat(), "id": row["post_id"], "strength": row.get("strength")}


def posts(rows: Iterable[Row], now: datetime, choice: Choice) -> list[Component]:
    """Posts as items of a list, or one that says there are none."""
    listed = [_post(row, now, choice) for row in rows]
    return listed or [html.Li(text.NO_POSTS, className="none")]


def _post(row: Row, now: datetime, choice: Choice) -> Component:
    label = row["label"]
    verdict = [marker(label), html.B(text.LABELS[label])]
    if row["polarity"] is not None:
        verdict.append(html.Span(text.whole(row["polarity"]), className="points"))
        verdict.append(html.Span(words.sure(row[f"p_{label}"]), className="sure"))
    head = html.P([html.Span(verdict, className="verdict"), _time(row["created_at"], now, choice)], className="head")
    # dir=auto keeps a right-to-left text, and whatever marks it holds, inside its own paragraph.
    body = html.P(row["text"], className="text", dir="auto", **({"lang": row["lang"]} if row["lang"] else {}))
    return html.Li([head, body, html.P(_origin(row), className="origin")], key=row["post_id"], className=label)


def _origin(row: Row) -> list[Component]:
    parts: list[Component] = [html.Bdi(f"@{row['author']}")] if row["author"] else []
    parts.append(html.Bdi(text.SOURCES.get(row["source"], row["source"])))
    if row["country"]:
        parts.append(html.Span(row["country"], **{"data-country": row["country"]}))
    if row["kind"] in text.KINDS:
        parts.append(html.Span(text.KINDS[row["kind"]], className="kind"))
    acts: list[Component] = [html.Button(words.WHY, type="button", className="why", **{"data-post": row["post_id"]})]
    if url := web_address(row["url"]):
        acts.append(html.A(text.ORIGINAL, href=url, target="_blank", rel="noopener noreferrer"))
    return [*parts, html.Span(acts, className="acts")]


def _time(at: datetime, now: datetime, choice: Choice) -> Component:
    full = f"{at.astimezone(choice.tz):%Y-%m-%d %H:%M:%S} {choice.zone}"
    return html.Time(text.ago(at, now), dateTime=at.isoformat(), title=full)


def web_address(url: str | None) -> str | None:
    """The address if it leads to the web; None for `javascript:` and all else that a stranger may have put there.

    >>> web_address("https://example.com/1"), web_address("javascript:alert(1)"), web_address("https://[")
    ('https://example.com/1', None, None)
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
