"""A store to read on the command line, and a window of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.config import Settings
    from voxpop.seams import Store
    from voxpop.stores.queries import Filter
    from voxpop.stores.view import View


@contextmanager
def windowed(
    settings: Settings, topics: Sequence[str] | None, period: tuple[str | None, str | None]
) -> Iterator[tuple[View, Filter, Callable[[str], str]]]:
    """The store that the settings name, a closed window of some topics in it, and what checks a topic's name.

    The window's default is the last day before the newest event; without topics it is of every post.

    Raises:
        Terminal: there is no store, it has no posts, another process has it, or a name or a time is none.
    """
    from voxpop.stores.filter import any_of

    with opened(settings, read_only=settings.database is not None) as (store, names):

        def known(name: str) -> str:
            if name not in ("*", *names):
                raise Terminal(f"there is no topic {name!r}; there are {', '.join(names)}, and * for every post")
            return name

        yield store, _window(store, any_of(map(known, topics or ())), *period_of(*period)), known


@contextmanager
def opened(settings: Settings, *, read_only: bool) -> Iterator[tuple[View, list[str]]]:
    """The store that the settings name, and the topics' names; closes it.

    Raises:
        Terminal: there is no store, or another process has it.
    """
    from voxpop.catalogue import Catalogue
    from voxpop.stores.opening import store_of

    if settings.database is None and not (settings.data / "store.duckdb").is_file():
        raise Terminal(f"{settings.data} has no store; name another with --data, or make one with `voxpop run`")
    catalogue = Catalogue(settings.all_topics(), settings.data)

    store = store_of(settings, catalogue.matcher, read_only=read_only)
    try:
        yield store, [known.name for known in catalogue.topics]
    finally:
        store.close()


def period_of(start: str | None, end: str | None) -> tuple[datetime | None, datetime | None]:
    """Two times as they are given on the command line.

    Raises:
        Terminal: one is no time, or they are the wrong way round.
    """
    times = _time(start), _time(end)
    if times[0] and times[1] and times[1] <= times[0]:
        raise Terminal(f"{end} is not after {start}; swap them")
    return times


def _time(word: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(word) if word else None
    except ValueError as error:
        raise Terminal(f"{word!r} is no time; write it as 2026-11-19T09:00") from error
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def judged(store: View, topics: Sequence[str]) -> None:
    """See that the store knows what posts say of one of some topics at least.

    Raises:
        Terminal: it does not, or one of them is every post, or there are none.
    """
    from voxpop.stores.filter import stance_of

    if "*" in topics or not topics:
        raise Terminal("what posts say is counted towards a topic; give one with --topic, or leave --towards out")
    if not any(store.query("judged", topic=stance_of(name))["there"][0].as_py() for name in topics):
        named = ", ".join(topics)
        raise Terminal(
            f"the store does not know what posts say of {named}; name a towards_model in voxpop.toml and run "
            "`voxpop run --once`, or leave --towards out"
        )


def one_judged(store: View, topics: Sequence[str] | None) -> None:
    """See that there is one topic, and that the store knows what posts say of it.

    Raises:
        Terminal: there are several, or none, or it does not.
    """
    if len(set(topics or ())) > 1:
        raise Terminal("what posts say is counted towards one topic; give one --topic, or leave --towards out")
    judged(store, topics or ())


def folded(store: Store, *, by_topic: bool = False) -> dict[str, int] | None:
    """What became of the posts of a view, as plain JSON values; None where every post counts."""
    from voxpop.insight.views import told

    found = told(store, by_topic=by_topic)
    return vars(found) if found else None


def told_of(told: dict[str, int] | None) -> list[str]:
    """The same in words."""
    if told is None:
        return []
    unread = f"; {told['unread']:,} without text may be copies unseen" if told["unread"] else ""
    left = f"{told['copies']:,} near-copies and {told['repeats']:,} further posts of the same authors"
    return [f"of {told['posts']:,} posts {left} do not count{unread}"]


def _window(store: View, topic: str, start: datetime | None, end: datetime | None) -> Filter:
    from voxpop.stores import queries
    from voxpop.stores.queries import Filter

    known = queries.span(store)
    if known is None:
        raise Terminal("the store has no posts; ingest some, then `voxpop run --once`")
    end = end or known.end
    start = start or end - timedelta(days=1)
    return Filter(topic, min(start, end), end)
