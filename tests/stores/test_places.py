from __future__ import annotations

from datetime import timedelta
from typing import Any

import h3
import pytest

from tests.stores.scored import MORNING, cut, event
from tests.stores.test_drawn import LOW
from voxpop.segment import Segment
from voxpop.stores import places
from voxpop.stores.period import Span
from voxpop.stores.queries import Filter

HOUR = Span(MORNING, MORNING + timedelta(hours=1))
NEAR, BESIDE, FAR = (h3.latlng_to_cell(lat, 13.4, 5) for lat in (52.52, 52.3, 45.0))
ROWS = [
    *(event(f"a{number}", minute=number, h3=NEAR, geo_source="gps", label="positive") for number in range(3)),
    event("b", "a pear", 4, h3=BESIDE, geo_source="gps", label="negative"),
    event("c", minute=5, h3=FAR, geo_source="gps", country="FR"),
    event("d", minute=6, geo_source="profile"),
    event("e", minute=61, h3=FAR, geo_source="gps"),
]


def test_cells_of_any_resolution_are_sums_of_the_finest(store: Any) -> None:
    store.load(*cut(ROWS, [])[0])
    found = places.cells(store, Filter(), HOUR).to_pylist()
    assert {row["name"]: row["n"] for row in found} == {NEAR: 3, BESIDE: 1, FAR: 1}
    coarse = places.cells(store, Filter(), HOUR, 0).to_pylist()
    assert sum(row["n"] for row in coarse) == 5
    by_topic = places.cells(store, Filter("pear"), HOUR).to_pylist()
    assert [(row["name"], row["n"], row["net"]) for row in by_topic] == [(BESIDE, 1, -1.0)]
    assert places.cells(store, Filter(countries=("ES",)), HOUR).num_rows == 0


def test_the_share_with_a_point_is_that_of_the_posts_drawn_where_those_are_enough(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.load(*cut(ROWS, [])[0])
    assert places.gps_share(store, Filter(), HOUR) == 5 / 6
    drawn = [event(name, minute=9, geo_source=("gps", "profile")[at % 2]) for at, name in enumerate(LOW)]
    segment, batch = cut(drawn, [])[0]
    store.load(Segment(segment.day, 1000), batch)
    assert places.gps_share(store, Filter(), HOUR) == 8 / 12
    monkeypatch.setattr(places, "ENOUGH", len(LOW))
    assert places.gps_share(store, Filter(), HOUR) == 0.5
    assert places.gps_share(store, Filter("pear"), HOUR) == 1.0


def test_coverage_counts_by_what_a_place_is_known_from(store: Any) -> None:
    store.load(*cut(ROWS, [])[0])
    found = places.coverage(store, Filter(labels=("positive", "neutral")), HOUR).to_pylist()
    assert {row["name"]: row["n"] for row in found} == {"gps": 4, "profile": 1}
