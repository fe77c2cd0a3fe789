"""What a question to the API can be narrowed by, as keyword arguments, and their way into a URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

Names = str | Sequence[str]
Time = datetime | str
"""A time, or its ISO 8601 form; UTC where it has no zone."""


class Chosen(TypedDict, total=False):
    """Which posts. All of them without any; several names of one kind mean any of these.

    Attributes:
        topic: names of topics; of several a post counts once. `*` is every post.
        start: inclusive; by default a day before `end`, or all where a whole export is asked for.
        end: exclusive; by default the newest event.
        country: ISO 3166-1 alpha-2; "" is unknown.
        lang: ISO 639-1; "" is unknown.
        source: names of sources.
        label: negative, neutral, positive, unscored.
        reposts: False leaves reposts out.
        copies: False counts of posts that are nearly the same text only the first.
        one_voice: True counts of each author only the newest post.
        towards: True counts what posts say of the topic, instead of their own label.
    """

    topic: Names
    start: Time
    end: Time
    country: Names
    lang: Names
    source: Names
    label: Names
    reposts: bool
    copies: bool
    one_voice: bool
    towards: bool


class Searched(Chosen, total=False):
    """Which posts, by words that the text holds, too."""

    q: str


class Bucketed(Chosen, total=False):
    """How posts are counted over time.

    Attributes:
        width: of an interval: a time, or seconds; whole minutes.
        group: a series for each name of it.
        tz: an IANA time zone, whose days and weeks count.
    """

    width: timedelta | int
    group: Literal["topic", "country", "lang", "source", "label"]
    tz: str


class Mapped(Chosen, total=False):
    """How a map is cut: the resolution of H3 cells, and from how many posts a place is told of."""

    resolution: int
    min_posts: int


class Compared(TypedDict, total=False):
    """What is compared: several topics, over the same posts otherwise."""

    topic: Names
    start: Time
    end: Time
    country: Names
    lang: Names
    source: Names
    reposts: bool
    copies: bool
    one_voice: bool
    towards: bool


class Estimated(Chosen, total=False):
    """Whose shares are estimated: of intervals of a width, or of the names of a group; else of the period alone."""

    width: timedelta | int
    group: Literal["topic", "country", "lang", "source"]
    tz: str


class Driven(Chosen, total=False):
    """What a window is set against: another period, another topic; by default the period just before it."""

    before_start: Time
    before_end: Time
    against: str


class Corrected(TypedDict, total=False):
    """Which corrections: of a post, by an author, of a label, drawn in a way; the newest of each author alone."""

    post_id: str
    author: str
    label: Literal["negative", "neutral", "positive"]
    drawn: Literal["own", "next", "random"]
    newest_only: bool


def parameters(chosen: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The query parameters that stand for keyword arguments; those that are None are left out.

    >>> parameters({"topic": "gta6", "width": timedelta(hours=1), "country": ["DE", "AT"], "start": None})
    [('topic', 'gta6'), ('width', '3600'), ('country', 'DE'), ('country', 'AT')]
    """
    return [(name, _text(one)) for name, value in chosen.items() for one in _each(value)]


def _each(value: object) -> Sequence[object]:
    if value is None:
        return []
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return str(round(value.total_seconds()))
    return str(value)
