"""The list of posts. What a stranger wrote is only ever a text child, which is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from voxpop.dashboard import text
from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.lists import marker
from voxpop.dashboard.markup import Markup, el
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


def posts(rows: Iterable[Row], now: datetime, choice: Choice) -> list[Markup]:
    """Posts as items of a list, or one that says there are none."""
    listed = [_post(row, now, choice) for row in rows]
    return listed or [el("li", text.NO_POSTS, class_="none")]


def _post(row: Row, now: datetime, choice: Choice) -> Markup:
    label = row["label"]
    verdict = [marker(label), el("b", text.LABELS[label])]
    if row["polarity"] is not None:
        verdict.append(el("span", text.whole(row["polarity"]), class_="points"))
        verdict.append(el("span", words.sure(row[f"p_{label}"]), class_="sure"))
    head = el("p", el("span", *verdict, class_="verdict"), _time(row["created_at"], now, choice), class_="head")
    # dir=auto keeps a right-to-left text, and whatever marks it holds, inside its own paragraph.
    body = el("p", row["text"], class_="text", dir="auto", lang=row["lang"] or None)
    return el("li", head, body, el("p", *_origin(row), class_="origin"), class_=label, data_key=row["post_id"])


def _origin(row: Row) -> list[Markup]:
    parts: list[Markup] = [el("bdi", f"@{row['author']}")] if row["author"] else []
    parts.append(el("bdi", text.SOURCES.get(row["source"], row["source"])))
    if row["country"]:
        parts.append(el("span", row["country"], data_country=row["country"]))
    if row["kind"] in text.KINDS:
        parts.append(el("span", text.KINDS[row["kind"]], class_="kind"))
    acts: list[Markup] = [el("button", words.WHY, type="button", class_="why", data_post=row["post_id"])]
    if url := web_address(row["url"]):
        acts.append(el("a", text.ORIGINAL, href=url, target="_blank", rel="noopener noreferrer"))
    return [*parts, el("span", *acts, class_="acts")]


def _time(at: datetime, now: datetime, choice: Choice) -> Markup:
    full = f"{at.astimezone(choice.tz):%Y-%m-%d %H:%M:%S} {choice.zone}"
    return el("time", text.ago(at, now), datetime=at.isoformat(), title=full)


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
