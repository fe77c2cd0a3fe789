from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.posts import post
from voxpop import seen as seen_module
from voxpop.errors import Poison
from voxpop.log import Log, Tail
from voxpop.schema import to_batch
from voxpop.seen import Keeping, Seen, key
from voxpop.segment import read


@given(st.lists(st.lists(st.integers(0, 50) | st.integers(0, 2**64 - 1))))
def test_a_seen_set_answers_as_a_set_does(batches: list[list[int]]) -> None:
    seen, naive = Seen(), set[int]()
    for batch in batches:
        for item, new in zip(batch, seen.add(batch), strict=True):
            assert new == (item not in naive)
            naive.add(item)
    assert len(seen) == len(naive)


def test_keys_survive_the_merge_into_the_sorted_array() -> None:
    seen = Seen()
    count = seen_module.MERGE_AT + 10
    assert all(seen.add(range(count)))
    assert not any(seen.add(range(count)))


def test_a_post_is_created_once_deleted_once_and_updated_once_per_revision() -> None:
    assert key("s:1", "create", "a") == key("s:1", "create", "b")
    assert len({key("s:1", "create", None), key("s:1", "delete", None), key("s:1", "update", "a")}) == 3
    assert key("s:1", "update", "a") != key("s:1", "update", "b")


def test_what_landed_is_seen_by_the_next_process(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.append(to_batch([post("a")]), Tail(), {})
    assert Seen.of(log).add(keys("a", "b")) == [False, True]


def keys(*ids: str) -> list[int]:
    return [key(f"test:{known}", "create", None) for known in ids]


def grow(log: Log, batches: list[list[str]], segments: int) -> None:
    """Land what is new of each batch, as an ingest does that keeps keys every so many segments."""
    seen, tail = Seen.of(log, Keeping(segments=segments)), log.tail()
    for batch in batches:
        fresh = [known for known, new in zip(batch, seen.add(keys(*batch)), strict=True) if new]
        if fresh:
            segment, tail = log.append(to_batch([post(known) for known in fresh]), tail, {})
            seen.landed(segment)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.lists(st.sampled_from("abcdefghijklmnop"), min_size=1), max_size=4), max_size=4))
def test_any_log_lands_each_post_once_through_restarts_and_rewritten_files(runs: list[list[list[str]]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = Log(Path(directory))
        for batches in runs:
            grow(log, batches, segments=2)
        ids = [row for segment in log.segments() for row in read(log.landing / segment.path)["post_id"].to_pylist()]
        said = {f"test:{known}" for batches in runs for batch in batches for known in batch}
        assert sorted(ids) == sorted(said)
        assert len(Seen.of(log)) == len(said)


def test_a_start_reads_only_what_landed_after_the_keys_were_kept(tmp_path: Path) -> None:
    log = Log(tmp_path)
    grow(log, [["a"], ["b"], ["c"]], segments=2)
    first, _, third = log.segments()
    (log.landing / first.path).write_bytes(b"not read")
    assert Seen.of(log).add(keys("a", "b", "c", "d")) == [False, False, False, True]
    (log.landing / third.path).write_bytes(b"read")
    with pytest.raises(Poison, match="move it away"):
        Seen.of(log)


def test_a_file_that_does_not_fit_the_log_is_made_again(tmp_path: Path) -> None:
    log = Log(tmp_path)
    grow(log, [["a"], ["b"]], segments=1)
    (log.landing / log.segments()[0].path).unlink()
    assert Seen.of(log).add(keys("a", "b")) == [True, False]


@pytest.mark.parametrize("damage", [b"", b"VOXPOP", b"\0" * 64])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    log = Log(tmp_path)
    grow(log, [["a"], ["b"]], segments=1)
    (tmp_path / "seen.keys").write_bytes(damage)
    assert Seen.of(log).add(keys("a", "b")) == [False, False]


@given(st.sets(st.integers(0, 2**64 - 1)), st.sets(st.integers(0, 2**64 - 1)))
def test_blocks_are_merged_in_order(kept: set[int], fresh: set[int]) -> None:
    old, new = (np.array(sorted(items), np.uint64) for items in (kept, fresh - kept))
    blocks = list(seen_module.merged(old, new, block=3))
    assert np.concatenate(blocks).tolist() == sorted(kept | fresh)


def test_an_account_can_be_deleted_again() -> None:
    gone = "bluesky:author:did:plc:ana"
    assert key(gone, "delete", "1") != key(gone, "delete", "2")
    assert key("bluesky:at://x", "delete", "1") == key("bluesky:at://x", "delete", "2")
