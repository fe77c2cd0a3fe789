"""Which posts are counted or listed, and what statements on buckets take for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, get_args

from voxpop.stores.period import DAY, MINUTE, MONDAY, Span, aligned, grain, pieces
from voxpop.stores.sql import TOWARDS

Dimension = Literal["topic", "country", "lang", "source"]
DIMENSIONS: Final[tuple[str, ...]] = get_args(Dimension)

ALL: Final = "*"
"""The topic of every post."""


def names_of(topic: str) -> tuple[str, ...]:
    """The topics that a filter's topic is made of.

    >>> names_of("gta6"), names_of("gta6,ps5")
    (('gta6',), ('gta6', 'ps5'))
    """
    return tuple(topic.split(","))


def any_of(names: Iterable[str]) -> str:
    """A filter's topic that has the posts of any of these topics, each post once; of none or of `ALL`, every post.

    >>> any_of(["ps5", "gta6", "ps5"]), any_of(["gta6", "*"]), any_of([])
    ('gta6,ps5', '*', '*')
    """
    known = set(names) - {""}
    return ALL if ALL in known or not known else ",".join(sorted(known))


def stance_of(topic: str) -> str:
    """The name under which what posts say of a topic is counted, which no topic can have."""
    return f"{topic}~"


_CHOOSE: Final[dict[str, Dimension]] = {"countries": "country", "langs": "lang", "sources": "source"}


@dataclass(frozen=True)
class Filter:
    """Which posts to count or list; an empty tuple means all of them.

    Attributes:
        topic: a topic's name, `ALL`, or what `any_of` makes of several: a post of more than one of them counts once.
        start: inclusive; None is the first event. A time without a zone is read as UTC.
        end: exclusive; None is the last event.
        countries: ISO 3166-1 alpha-2, upper case; "" selects posts from nobody knows where.
        langs: ISO 639-1; "" selects posts in an unknown language.
        sources: names of sources.
        labels: negative, neutral, positive, unscored.
        reposts: whether reposts count.
        copies: whether every post of a text counts; else of posts that are nearly the same text only the first.
        one_voice: whether of each author's posts only the newest counts.
        towards: whether labels are those of what posts say of the topic, instead of their own; posts that were not
            scored towards the topic do not count then, of `ALL` there are none, and several raise `ValueError`.

    The trap: `copies` and `one_voice` are no keys of a bucket. A store's statements do not heed them; the store that
    `voxpop.insight.views.seen` makes of it for a filter does.
    """

    topic: str = ALL
    start: datetime | None = None
    end: datetime | None = None
    countries: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    reposts: bool = True
    copies: bool = True
    one_voice: bool = False
    towards: bool = False

    def __post_init__(self) -> None:
        if self.towards and len(names_of(self.topic)) > 1:
            raise ValueError("what posts say is counted towards one topic; choose one, or leave towards out")
        for name in ("start", "end"):
            given = getattr(self, name)
            if given is not None and given.tzinfo is None:
                object.__setattr__(self, name, given.replace(tzinfo=UTC))

    @property
    def takes_every(self) -> bool:
        """Whether every post counts that is chosen otherwise, however often its text or its author is there."""
        return self.copies and not self.one_voice

    @property
    def counted(self) -> str:
        """The topic as statements take it.

        >>> Filter("gta6").counted, Filter("gta6", towards=True).counted
        ('gta6', 'gta6~')
        """
        return stance_of(self.topic) if self.towards else self.topic

    def statement(self, name: str) -> str:
        """The name of a statement on posts, which is another one where labels are towards the topic."""
        return f"{name}{TOWARDS}" if self.towards else name

    @property
    def chosen(self) -> dict[str, tuple[str, ...] | None]:
        """Its `countries`, `langs` and `sources` as statements take them: None for all."""
        return {name: getattr(self, name) or None for name in _CHOOSE}


def over(filter: Filter, edges: list[datetime], dimension: Dimension = "topic") -> dict[str, Any]:
    """The parameters of a statement on buckets over whole intervals between edges."""
    period = Span(edges[0], edges[-1]) if edges else Span(MONDAY, MONDAY)
    return reading(filter, period, grain(edges), dimension)


def reading(filter: Filter, period: Span, coarsest: timedelta = DAY, dimension: Dimension = "topic") -> dict[str, Any]:
    """The parameters of a statement on buckets over a period, which is widened to whole minutes.

    Where the filter and the dimension tell apart by none or one of source, country and lang, its facets are read,
    which have far fewer rows.
    """
    chosen = filter.chosen
    told_apart = {_CHOOSE[name] for name, values in chosen.items() if values} | {dimension} - {"topic"}
    facet = "each" if len(told_apart) > 1 else "".join(told_apart)
    cuts = pieces(aligned(period, MINUTE), coarsest)
    return {"topic": filter.counted, **chosen, **cuts, "facet": facet, "reposts": filter.reposts}
