"""A window in which not every post counts, as a store: queries run on it unchanged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from voxpop.errors import Terminal
from voxpop.insight.counting import Told, counting, counting_by_topic
from voxpop.seams import Store
from voxpop.segment import Segment
from voxpop.stores import queries
from voxpop.stores.memory import READS, Held
from voxpop.stores.period import MINUTE, Span, aligned
from voxpop.stores.queries import ALL, Filter
from voxpop.stores.sql import TOWARDS

MOST_POSTS: Final = 50_000
"""Of a view: some seconds of one core, as long as a reader waits who turns a switch."""


class TooManyPosts(Terminal):
    """A window has more posts than can be looked at one by one."""


@dataclass(frozen=True)
class Window:
    """Of which posts a view is.

    Attributes:
        topic: a topic's name, `ALL`, or None for each topic by itself.
        period: whole minutes.
        reposts: whether they are among them; `copies`, `one_voice` and `towards` as in `Filter`.
    """

    topic: str | None
    period: Span
    reposts: bool
    copies: bool
    one_voice: bool
    towards: bool = False

    @property
    def chosen(self) -> Filter:
        """All posts of it, those that are to be left out among them."""
        period = self.period.start, self.period.end
        return Filter(self.topic or ALL, *period, reposts=self.reposts, towards=self.towards)


@dataclass(frozen=True)
class View:
    """The posts of a window that count, and what became of the others."""

    held: Held
    told: Told


def build(store: Store, window: Window, most: int) -> View:
    """Read the posts of a window, and hold those that count.

    Raises:
        TooManyPosts: there are more than `most`.
    """
    period = {"start": window.period.start, "end": window.period.end}
    posts = _size(store, window)
    if posts > most:
        raise TooManyPosts(
            f"{posts:,} posts are too many to look at one by one, as leaving out copies or an author's further posts "
            f"needs; choose a shorter time or a narrower topic, with at most {most:,} posts"
        )
    topical = window.topic is None
    if topical and window.towards:
        raise Terminal(
            "what posts say of each of several topics cannot be counted without copies or authors' further posts; "
            "choose a topic, or count every post"
        )
    given = {"topic": window.chosen.counted, "reposts": window.reposts, "topical": topical}
    rows = store.query(window.chosen.statement("incoming"), **period, **given)
    judge = counting_by_topic if topical else counting
    kept, told = judge(rows, copies=window.copies, one_voice=window.one_voice)
    return View(Held(kept), told)


def _size(store: Store, window: Window) -> int:
    if window.topic is not None:
        return queries.totals(store, window.chosen).n
    return sum(queries.by(store, window.chosen, "topic")["n"].to_pylist())


class Builder:
    """Builds views of a store, of at most `most` posts, anew each time; `voxpop.insight.kept` keeps them."""

    def __init__(self, store: Store, most: int = MOST_POSTS) -> None:
        self.store = store
        self.most = most

    def view(self, window: Window) -> View:
        """The view of a window.

        Raises:
            TooManyPosts: it has more posts than that.
        """
        return build(self.store, window, self.most)


class Viewed:
    """A store as the switches of a filter have it, over the filter's period and for its topic.

    Statements that read posts or buckets see the posts that count, by whole minutes of the period, whatever else the
    filter chooses of them; by topic they see what counts within each topic. All others go to the store itself. Views
    are built when they are asked for, and stay the same for as long as this is used: make it anew for each answer.
    The trap: of another topic than the filter's it knows nothing, and nothing beyond its period.
    """

    def __init__(self, builder: Builder, window: Window) -> None:
        self.whole = builder.store
        self._builder = builder
        self._window = window
        self._views: dict[str | None, View] = {}

    def load(self, segment: Segment, batch: pa.Table) -> bool:
        """As the store."""
        return self.whole.load(segment, batch)

    def loaded(self) -> set[Segment]:
        """As the store."""
        return self.whole.loaded()

    def query(self, name: str, **params: Any) -> pa.Table:
        """As the store, of the posts that count.

        Raises:
            TooManyPosts: the window has more than can be looked at one by one.
        """
        # In a view a post has the label that the filter asks for, whatever that is towards.
        plain = name.removesuffix(TOWARDS)
        if plain not in READS:
            return self.whole.query(name, **params)
        topic = params["topic"].removesuffix("~")
        view = self._view(None if params.get("dimension") == "topic" else topic)
        return view.held.query(plain, **{**params, "topic": topic})

    def told(self, *, by_topic: bool = False) -> Told:
        """What became of the posts of the window."""
        return self._view(None if by_topic else self._window.topic).told

    def _view(self, topic: str | None) -> View:
        if topic not in self._views:
            self._views[topic] = self._builder.view(replace(self._window, topic=topic))
        return self._views[topic]


def seen(store: Store | Builder, filter: Filter) -> Store:
    """The store as a filter's switches have it: itself where every post counts."""
    builder = store if isinstance(store, Builder) else Builder(store)
    if filter.takes_every:
        return builder.store
    known = queries.span(builder.store)
    period = aligned(queries.closed(builder.store, filter), MINUTE)
    if known is not None:
        # The same posts have the same view, however far a period reaches beyond them.
        start = min(max(period.start, known.start), period.end)
        period = Span(start, max(start, min(period.end, known.end)))
    switches = filter.reposts, filter.copies, filter.one_voice, filter.towards
    return Viewed(builder, Window(filter.topic, period, *switches))


def whole(store: Store) -> Store:
    """The store itself, in which every post counts."""
    return store.whole if isinstance(store, Viewed) else store


def told(store: Store, *, by_topic: bool = False) -> Told | None:
    """What became of the posts of the window that `seen` made; None where every post counts."""
    return store.told(by_topic=by_topic) if isinstance(store, Viewed) else None
