"""Folding posts apart from the store, in any division, makes what loading segment by segment makes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.scored import MODEL, MORNING, TOPICS, cut, event
from tests.stores.test_fold import DEPARTURES, EVENTS, departure
from tests.stores.view import Row, tables
from voxpop.bulk.rebuild import ENTRY
from voxpop.segment import Segment
from voxpop.stores import folding, matched
from voxpop.stores.counts import COUNTED
from voxpop.stores.file import connect
from voxpop.stores.folding import Folded
from voxpop.stores.view import View

Pieces = Sequence[tuple[Segment, pa.Table]]
LONG_AGO = MORNING - timedelta(days=999)


def fold(pieces: Pieces, directory: Path, parts: int) -> Folded:
    """Fold the posts in `parts` parts, and sum their buckets."""
    folded = Folded(directory)
    folding.write(folded.path("gone", "all"), pa.concat_tables([folding.departures(batch) for _, batch in pieces]))
    rows = pa.concat_tables([matched.incoming(segment, batch, TOPICS) for segment, batch in pieces])
    owner = rows["key"].to_numpy() % parts
    for part in np.unique(owner):
        folding.fold(rows.filter(pa.array(owner == part)).to_reader(), folded, str(part), LONG_AGO)
    (directory / "buckets").mkdir()
    with connect(directory / "sum.duckdb") as connection:
        sums = ", ".join(f"sum({name})::bigint as {name}" for name in COUNTED)
        connection.execute(
            f"copy (select start, topic, source, country, lang, repost, {sums}, sum(sum_polarity)::decimal(18, 6) as "
            f"sum_polarity from read_parquet('{folded.files('partial')}') group by all) "
            f"to '{folded.path('buckets', 'all')}'"
        )
    return folded


def entries(pieces: Pieces) -> pa.Table:
    rows = [
        {**vars(segment), "rows": batch.num_rows, "newest_received": max(batch["received_at"].to_pylist())}
        for segment, batch in pieces
    ]
    return pa.Table.from_pylist(rows, schema=ENTRY)


@settings(max_examples=10, deadline=None)
@given(
    rows=st.lists(EVENTS | DEPARTURES, min_size=1, max_size=12),
    cuts=st.sets(st.integers(0, 11)),
    parts=st.integers(1, 3),
)
def test_any_division_gives_the_store_that_loading_gives(
    emptied: Callable[[], View], emptied_too: Callable[[], View], rows: list[Row], cuts: set[int], parts: int
) -> None:
    pieces = cut(rows, {at for at in cuts if at < len(rows)})
    one, other = emptied(), emptied_too()
    one.reset(TOPICS.digest, MODEL)
    for piece in pieces:
        one.load(*piece)
    with tempfile.TemporaryDirectory() as directory:
        other.replace(fold(pieces, Path(directory), parts), entries(pieces), MODEL)
    assert tables(other) == tables(one)


def test_a_store_goes_on_from_what_it_took_in(store: View, tmp_path: Path) -> None:
    pieces = cut([event("test:1", rev="1"), event("test:2", author_id="ana"), event("test:3")], [1])
    store.replace(fold(pieces, tmp_path / "folded", 2), entries(pieces), MODEL)
    assert store.load(*pieces[0]) is False
    later = [event("test:1", "a pear", op="update", rev="2"), departure(minute=9), event("test:3", None, op="delete")]
    segment, batch = cut(later, [])[0]
    store.load(Segment(segment.day, 3), batch)
    assert {row[1]: row[6] for row in tables(store)["buckets_minute"]} == {"*": 1, "pear": 1}


def test_what_cannot_be_taken_in_leaves_the_store_as_it_was(store: View, tmp_path: Path) -> None:
    pieces = cut([event("test:1")], [])
    store.load(*pieces[0])
    before = tables(store)
    folded = fold(cut([event("test:2")], []), tmp_path / "folded", 1)
    folded.path("buckets", "torn").write_bytes(b"PAR1 and no more")
    with pytest.raises(Exception, match="(?i)parquet|footer|file"):
        store.replace(folded, entries(pieces), MODEL)
    assert tables(store) == before
