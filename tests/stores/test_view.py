from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tests.stores.places import Place
from tests.stores.scored import MODEL, TOPICS, cut, event, table
from tests.stores.view import View as Seen
from tests.stores.view import load, naive, seen
from voxpop.errors import Poison, Terminal
from voxpop.segment import Segment
from voxpop.stores.view import View


def test_a_failed_load_changes_nothing_and_the_next_one_works(store: View) -> None:
    segment, batch = cut([event()], [])[0]
    nobody = batch.set_column(batch.schema.get_field_index("kind"), "kind", pa.array([None], pa.string()))
    with pytest.raises(Exception, match=r"(?i)not.null"):
        store.load(segment, nobody)
    assert seen(store) == Seen({}, {})
    assert store.loaded() == set()
    assert store.load(segment, batch)


def test_a_batch_without_a_column_is_poison(store: View) -> None:
    with pytest.raises(Poison, match="score it again"):
        store.load(Segment("2026-11-19", 0), table([event()]).drop_columns(["label"]))


def test_scores_of_another_model_are_refused(store: View) -> None:
    load(store, event())
    with pytest.raises(Terminal, match="voxpop rebuild"):
        store.load(Segment("2026-11-19", 1), table([event(model_id="other")]))


def test_an_empty_segment_is_remembered(store: View) -> None:
    assert store.load(Segment("2026-11-19", 0), table([]))
    assert not store.load(Segment("2026-11-19", 0), table([]))


def test_hostile_text_is_kept_as_it_is_but_for_what_postgresql_cannot_hold(store: View) -> None:
    text = "apple'); drop table posts; -- {0} %s \x00 <script> $1 \u202e \U0001f34e"
    load(store, event(text=text, author="a\x00b"))
    assert seen(store).posts["test:1"][3] == text.replace("\x00", "\ufffd")


def test_a_store_survives_closing(place: Place) -> None:
    store = place.open()
    load(store, event())
    before = seen(store)
    store.close()
    again = place.open()
    assert seen(again) == before
    assert not again.stale(TOPICS.digest, MODEL)
    again.close()


def test_another_model_or_other_topics_make_it_stale_until_it_is_reset(store: View) -> None:
    assert store.stale(TOPICS.digest, MODEL)
    store.reset(TOPICS.digest, MODEL)
    load(store, event())
    assert not store.stale(TOPICS.digest, MODEL)
    assert store.stale("other", MODEL) and store.stale(TOPICS.digest, "other")
    store.reset("other", MODEL)
    assert seen(store) == Seen({}, {})
    assert store.loaded() == set()


def test_retention_lets_go_of_text_and_a_late_deletion_still_counts(store: View) -> None:
    now = datetime.now(UTC)
    old, new = now - timedelta(days=3), now - timedelta(hours=1)
    load(store, event("test:1", received_at=old), event("test:2", received_at=new), event("test:3", received_at=now))
    buckets = seen(store).buckets
    store.retain(timedelta(days=2), 10)
    assert [post[3] for _, post in sorted(seen(store).posts.items())] == [None, "an apple", "an apple"]
    store.retain(timedelta(days=2), 1)
    assert [post[3] for _, post in sorted(seen(store).posts.items())] == [None, None, "an apple"]
    assert seen(store).buckets == buckets
    store.load(Segment("2026-11-19", 3), table([event("test:1", op="delete", text=None)]))
    assert {sums[0] for sums in seen(store).buckets.values()} == {2}


def test_newest_received_follows_the_segments(store: View) -> None:
    assert store.newest_received() is None
    load(store, event(minute=5), event("test:2", minute=3))
    assert store.newest_received() == event(minute=5)["received_at"]


def test_readers_and_writers_share_it_from_any_thread(store: View) -> None:
    pieces = cut([event(f"test:{number}") for number in range(40)], range(0, 40, 5))

    def write(mine: Sequence[tuple[Segment, pa.Table]]) -> list[bool]:
        return [store.load(*piece) for piece in mine]

    def read(times: int) -> list[int]:
        return [store.query("seq")["seq"][0].as_py() for _ in range(times)]

    with ThreadPoolExecutor(5) as threads:
        written = [threads.submit(write, pieces[start::2]) for start in (0, 1)]
        counts = [threads.submit(read, 20) for _ in range(3)]
        assert all(loaded for future in written for loaded in future.result())
        assert all(future.result() == sorted(future.result()) for future in counts)
    assert seen(store) == naive(pieces)


def test_a_query_says_which_parameters_it_takes(store: View) -> None:
    with pytest.raises(TypeError, match="takes topic; got subject"):
        store.query("span", subject="*")
    with pytest.raises(LookupError, match="choose one of"):
        store.query("nothing")


def test_a_closed_store_says_so(store: View) -> None:
    store.close()
    with pytest.raises(Terminal, match="closed"):
        store.query("seq")
    with pytest.raises(Terminal, match="closed"):
        store.load(Segment("2026-11-19", 0), table([event()]))


def test_what_another_schema_holds_is_emptied_and_stale(place: Place) -> None:
    store = place.open()
    load(store, event())
    with store._transaction() as transaction:
        transaction.rows("update meta set value = '0' where key = 'schema_version'")
    store.close()
    again = place.open()
    assert seen(again) == Seen({}, {})
    assert again.stale(TOPICS.digest, MODEL)
    again.close()
