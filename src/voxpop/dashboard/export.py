"""Links to what is on the screen, as files of the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from voxpop.dashboard import text_overview as words
from voxpop.dashboard.choice import Choice
from voxpop.dashboard.markup import Markup, el
from voxpop.dashboard.view import Window

_LISTS: Final = {"country": "countries", "lang": "langs", "source": "sources", "label": "labels"}


def links(choice: Choice, window: Window) -> list[Markup]:
    """The series and the posts of a window as CSV, filtered as the page is."""
    series = [("width", str(window.width // timedelta(seconds=1))), ("tz", choice.zone)]
    sought = [("q", choice.words)] if choice.words else []
    files = (
        ("buckets", words.SERIES_CSV, "voxpop-series.csv", series),
        ("posts", words.POSTS_CSV, "voxpop-posts.csv", sought),
    )
    return [
        el("a", said, href=address(f"v1/export/{path}", choice, window, more), download=name)
        for path, said, name, more in files
    ]


def address(path: str, choice: Choice, window: Window, more: list[tuple[str, str]]) -> str:
    """The address of a route of the API with the window's filter and period."""
    given = [("topic", name) for name in choice.topics]
    given += [("start", _utc(window.start)), ("end", _utc(window.end))]
    given += [(name, value) for name, field in _LISTS.items() for value in getattr(choice, field)]
    given += [(name, "false") for name in ("reposts", "copies") if not getattr(choice, name)]
    given += [("one_voice", "true")] if choice.one_voice else []
    given += [("towards", "true")] if choice.judges else []
    return f"{path}?{urlencode(given + more)}"


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
