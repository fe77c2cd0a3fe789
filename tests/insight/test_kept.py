"""Views that are kept: built once, some seconds old at most, one at a time, and gone when nobody reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.running import until
from tests.stores.scored import MORNING, TOPICS, cut, event
from voxpop.insight import kept
from voxpop.insight.kept import Views
from voxpop.insight.views import TooManyPosts, seen
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Filter

ROWS = [event(f"p{at}", f"an apple {at}", at, author_id="one") for at in range(6)]
ONE = Filter(one_voice=True)
APPLE = Filter("apple", one_voice=True)


class Gate(DuckDBStore):
    """A store whose posts are read while the gate is open alone; it counts how often, and by how many at once."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.opened = threading.Event()
        self.opened.set()
        self.reads = self.within = self.most = 0

    def query(self, name: str, **params: Any) -> pa.Table:
        if name != "incoming":
            return super().query(name, **params)
        self.reads += 1
        self.within += 1
        self.most = max(self.most, self.within)
        try:
            assert self.opened.wait(30)
            return super().query(name, **params)
        finally:
            self.within -= 1


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Gate]:
    store = Gate.open(tmp_path / "store.duckdb", TOPICS)
    assert isinstance(store, Gate)
    load(store, 5)
    yield store
    store.opened.set()
    store.close()


def load(store: DuckDBStore, upto: int, *more: dict[str, Any]) -> None:
    """The rows up to a number and one segment more; what is loaded already changes nothing."""
    for piece in cut([*ROWS[:upto], *more], [upto] if more else []):
        store.load(*piece)


def listed(views: Views, filter: Filter = ONE) -> list[str]:
    found: list[str] = queries.posts(seen(views, filter), filter)["post_id"].to_pylist()
    return found


def test_a_view_is_built_once_while_nothing_changes(store: Gate) -> None:
    views = Views(store)
    assert [listed(views) for _ in range(3)] == [["p4"]] * 3
    assert store.reads == 1
    assert listed(views, APPLE) == ["p4"] and store.reads == 2


def test_a_change_is_seen_once_the_view_is_old_enough(store: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    views = Views(store)
    closed = Filter("*", MORNING, MORNING.replace(hour=10), one_voice=True)
    known = queries.span(store)
    assert known and listed(views, closed) == ["p4"]
    load(store, 5, event("late", "an apple", 4.5, author_id="one"))
    assert queries.span(store) == known, "it is the same window"
    assert listed(views, closed) == ["p4"], "some seconds old"
    monkeypatch.setattr(kept, "LATE", 0.0)
    monkeypatch.setattr(kept, "TIMES", 0.0)
    assert listed(views, closed) == ["late"]


def test_what_is_deleted_goes(store: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    views = Views(store)
    closed = Filter("*", MORNING, MORNING.replace(hour=10), one_voice=True)
    assert listed(views, closed) == ["p4"]
    monkeypatch.setattr(kept, "LATE", 0.0)
    monkeypatch.setattr(kept, "TIMES", 0.0)
    load(store, 5, event("p4", None, 4.1, op="delete", author_id="one"))
    assert listed(views, closed) == ["p3"]


def test_one_is_built_at_a_time_and_readers_of_one_wait_for_one(store: Gate) -> None:
    views = Views(store)
    store.opened.clear()
    with ThreadPoolExecutor(6) as threads:
        answers = [threads.submit(listed, views, filter) for filter in (ONE, APPLE) * 3]
        until(lambda: store.within == 1)
        store.opened.set()
        assert [answer.result(30) for answer in answers] == [["p4"]] * 6
    assert (store.reads, store.most) == (2, 1)


def test_while_one_is_built_readers_get_the_one_before(store: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    views = Views(store)
    closed = Filter("*", MORNING, MORNING.replace(hour=10), one_voice=True)
    assert listed(views, closed) == ["p4"]
    load(store, 5, event("late", "an apple", 4.5, author_id="one"))
    monkeypatch.setattr(Views, "_good", _impatient(Views._good))
    store.opened.clear()
    with ThreadPoolExecutor(1) as threads:
        building = threads.submit(listed, views, closed)
        until(lambda: store.within == 1)
        assert listed(views, closed) == ["p4"]
        store.opened.set()
        assert building.result(30) == ["late"]


def _impatient(good: Any) -> Any:
    """As if a view were too old at once, and only somebody who would have to wait took it."""
    return lambda self, window, seq, lenience: good(self, window, seq, lenience) if lenience > 1 else None


def test_views_that_nobody_reads_are_let_go_of(store: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "IDLE", 0.05)
    views = Views(store)
    assert listed(views) == ["p4"]
    until(lambda: not views._kept and views._sweeper is None)
    assert listed(views) == ["p4"] and store.reads == 2


def test_only_the_last_few_are_kept(store: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 1)
    views = Views(store)
    for filter in (ONE, APPLE, ONE):
        listed(views, filter)
    assert store.reads == 3 and len(views._kept) == 1


def test_a_refusal_is_no_view_and_the_next_window_is_built(store: Gate) -> None:
    views = Views(store, most=3)
    with pytest.raises(TooManyPosts):
        listed(views)
    short = Filter("*", MORNING, MORNING.replace(minute=2), one_voice=True)
    assert listed(views, short) == ["p1"]
