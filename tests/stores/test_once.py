"""A store that is asked each question once."""

from __future__ import annotations

from pathlib import Path

from tests.dashboard.served import Served, opened, recent
from voxpop.stores import queries
from voxpop.stores.once import Once
from voxpop.stores.queries import Filter


def test_what_was_answered_stays_and_other_questions_are_asked(tmp_path: Path) -> None:
    served = Served(opened(tmp_path / "store.duckdb"))
    served.load([recent("one", 1), recent("two", 1, country="US")])
    once = Once(served.store)
    kept = Filter(countries=("US",))
    before = queries.totals(once, kept)
    served.load([recent("three", 1, country="US")])
    assert before.n == queries.totals(once, kept).n == 1
    assert queries.totals(once, Filter(countries=("US", "DE"))).n == 3
    assert queries.totals(Once(served.store), kept).n == 2
    assert once.loaded() == served.store.loaded()
    served.store.close()
