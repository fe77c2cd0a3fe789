from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.stores.scored import MODEL, TOPICS, cut, event, table
from tests.stores.view import View, load, naive, seen
from voxpop.errors import Poison, Terminal
from voxpop.segment import Segment
from voxpop.stores.duckdb import DuckDBStore


def test_a_failed_load_changes_nothing_and_the_next_one_works(store: DuckDBStore) -> None:
    segment, batch = cut([event()], [])[0]
    nobody = batch.set_column(batch.schema.get_field_index("kind"), "kind", pa.array([None], pa.string()))
    with pytest.raises(Exception, match="NOT NULL"):
        store.load(segment, nobody)
    assert seen(store) == View({}, {})
    assert store.loaded() == set()
    assert store.load(segment, batch)


def test_a_batch_without_a_column_is_poison(store: DuckDBStore) -> None:
    with pytest.raises(Poison, match="score it again"):
        store.load(Segment("2026-11-19", 0), table([event()]).drop_columns(["label"]))


def test_scores_of_another_model_are_refused(store: DuckDBStore) -> None:
    load(store, event())
    with pytest.raises(Terminal, match="voxpop rebuild"):
        store.load(Segment("2026-11-19", 1), table([event(model_id="other")]))


def test_an_empty_segment_is_remembered(store: DuckDBStore) -> None:
    assert store.load(Segment("2026-11-19", 0), table([]))
    assert not store.load(Segment("2026-11-19", 0), table([]))


def test_hostile_text_is_kept_as_it_is(store: DuckDBStore) -> None:
    text = "apple'); drop table posts; -- {0} %s \x00 <script> $1"
    load(store, event(text=text))
    assert seen(store).posts["test:1"][3] == text


def test_a_store_survives_closing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.duckdb"
    store = DuckDBStore.open(path, TOPICS)
    load(store, event())
    before = seen(store)
    store.close()
    again = DuckDBStore.open(path, TOPICS)
    assert seen(again) == before
    assert not again.stale(TOPICS.digest, MODEL)
    again.close()


def test_another_model_or_other_topics_make_it_stale_until_it_is_reset(store: DuckDBStore) -> None:
    assert store.stale(TOPICS.digest, MODEL)
    store.reset(TOPICS.digest, MODEL)
    load(store, event())
    assert not store.stale(TOPICS.digest, MODEL)
    assert store.stale("other", MODEL) and store.stale(TOPICS.digest, "other")
    store.reset("other", MODEL)
    assert seen(store) == View({}, {})
    assert store.loaded() == set()


def test_retention_lets_go_of_text_and_a_late_deletion_still_counts(store: DuckDBStore) -> None:
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


def test_newest_received_follows_the_segments(store: DuckDBStore) -> None:
    assert store.newest_received() is None
    load(store, event(minute=5), event("test:2", minute=3))
    assert store.newest_received() == event(minute=5)["received_at"]


def test_readers_and_writers_share_it_from_any_thread(store: DuckDBStore) -> None:
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


def test_a_query_says_which_parameters_it_takes(store: DuckDBStore) -> None:
    with pytest.raises(TypeError, match="takes topic; got subject"):
        store.query("span", subject="*")
    with pytest.raises(LookupError, match="choose one of"):
        store.query("nothing")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    store.close()
    with pytest.raises(Terminal, match="closed"):
        store.query("seq")
    with pytest.raises(Terminal, match="closed"):
        store.load(Segment("2026-11-19", 0), table([event()]))


def test_a_file_of_another_schema_is_emptied_and_stale(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    store = DuckDBStore.open(path, TOPICS)
    load(store, event())
    with store._connection.cursor() as cursor:
        cursor.execute("update meta set value = '0' where key = 'schema_version'")
    store.close()
    again = DuckDBStore.open(path, TOPICS)
    assert seen(again) == View({}, {})
    assert again.stale(TOPICS.digest, MODEL)
    again.close()


def test_a_file_that_is_no_store_is_refused_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    path.write_bytes(b"not a database" * 500)
    with pytest.raises(Terminal, match="voxpop rebuild"):
        DuckDBStore.open(path, TOPICS)


LOADER = """
import sys
from pathlib import Path
from tests.stores.scored import TOPICS, cut, event
from voxpop.stores.duckdb import DuckDBStore
store = DuckDBStore.open(Path(sys.argv[1]), TOPICS)
print("open", flush=True)
for segment, batch in cut([event(f"test:{n % 97}", rev=str(n)) for n in range(20000)], range(0, 20000, 20)):
    store.load(segment, batch)
    print(segment.offset, flush=True)
"""


def _loader(path: Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": f"{root}:{root / 'src'}", "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(
        [sys.executable, "-c", LOADER, str(path)], stdout=subprocess.PIPE, text=True, env=environment, cwd=root
    )


def test_a_killed_process_leaves_whole_segments_and_a_second_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with _loader(path) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        with pytest.raises(Terminal, match=r"is open in another process .*--data"):
            DuckDBStore.open(path, TOPICS)
        said = [process.stdout.readline() for _ in range(12)]
        process.kill()
    rows = [event(f"test:{n % 97}", rev=str(n)) for n in range(20000)]
    pieces = cut(rows, range(0, 20000, 20))
    store = DuckDBStore.open(path, TOPICS)
    loaded = store.loaded()
    assert {int(line) for line in said} <= {segment.offset for segment in loaded}
    assert seen(store) == naive([piece for piece in pieces if piece[0] in loaded])
    assert [store.load(*piece) for piece in pieces[: len(loaded) + 3]] == [False] * len(loaded) + [True] * 3
    assert seen(store) == naive(pieces[: len(loaded) + 3])
    store.close()
