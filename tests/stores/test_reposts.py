"""What is counted and listed without reposts, and the strongest posts page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.stores.scored import MORNING, cut, event
from voxpop.stores import places, queries, search
from voxpop.stores.period import MINUTE, Span
from voxpop.stores.queries import Cursor, Filter
from voxpop.stores.search import Strength

HOUR = Span(MORNING, MORNING + timedelta(hours=1))
OWN = [
    event("a", minute=0, label="positive", confidence=0.9),
    event("b", "a pear and an apple", 1, label="negative", country="FR", lang="fr"),
    event("c", minute=61, label="unscored"),
    event("d", minute=2, label="positive", confidence=0.5),
]
REPOSTS = [
    event(f"r{number}", "RT an apple", number, kind="repost", label="negative", geo_source="gps", h3="851f1d4bfffffff")
    for number in range(4)
]
FILTERS = [Filter(), Filter("apple"), Filter(labels=("positive",)), Filter(countries=("FR",)), Filter("pear", MORNING)]


@pytest.mark.parametrize("filter", FILTERS, ids=str)
def test_without_reposts_everything_is_as_if_they_had_never_come(place: Any, filter: Filter) -> None:
    store = place.open()
    store.load(*cut(OWN, [])[0])
    answers = [asked(store, filter)]
    store.load(*cut([*OWN, *REPOSTS], [len(OWN)])[1])
    assert asked(store, filter) != answers[0] or filter in (FILTERS[2], FILTERS[3], FILTERS[4])
    own = Filter(**{**vars(filter), "reposts": False})
    assert asked(store, own) == answers[0]


def asked(store: Any, filter: Filter) -> list[Any]:
    tables = [
        *(queries.by(store, filter, name) for name in ("topic", "country", "lang", "source")),
        queries.series(store, filter, MINUTE),
        queries.series_by(store, filter, MINUTE, "topic"),
        queries.posts(store, filter).select(["post_id"]),
        search.found(store, filter, ("apple",)).select(["post_id"]),
        search.strongest(store, filter, ("apple",)).select(["post_id"]),
        places.cells(store, filter, HOUR),
        places.coverage(store, filter, HOUR),
    ]
    return [queries.totals(store, filter), *(table.to_pylist() for table in tables)]


def test_the_strongest_come_first_and_pages_neither_overlap_nor_leave_out(place: Any) -> None:
    store = place.open()
    polarities = [0.5, -0.9, 0.1, 0.9, -0.9, 0.5, None, 0.30000001192092896]
    rows = [
        event(f"p{number}", minute=number, label="unscored" if polarity is None else "neutral", polarity=polarity)
        for number, polarity in enumerate(polarities)
    ]
    store.load(*cut(rows, [])[0])
    whole = search.strongest(store, Filter(), ())["post_id"].to_pylist()
    assert whole == ["p4", "p3", "p1", "p5", "p0", "p7", "p2"], "of equals the newest is first, and unscored is none"
    found, before = [], None
    while page := search.strongest(store, Filter(), (), 2, before).to_pylist():
        found += [row["post_id"] for row in page]
        before = Strength(page[-1]["strength"], Cursor(page[-1]["created_at"], page[-1]["post_id"]))
    assert found == whole
