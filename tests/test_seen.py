from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.posts import post
from voxpop import seen as seen_module
from voxpop.log import Log, Tail
from voxpop.schema import to_batch
from voxpop.seen import Seen, key


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_a_seen_set_answers_as_a_set_does(items: list[int]) -> None:
    seen, naive = Seen(), set[int]()
    for item in items:
        assert seen.add(item) == (item not in naive)
        naive.add(item)
    assert len(seen) == len(naive)


def test_keys_survive_the_merge_into_the_sorted_array() -> None:
    seen = Seen()
    count = seen_module.MERGE_AT + 10
    assert all(seen.add(number) for number in range(count))
    assert not any(seen.add(number) for number in range(count))


def test_a_post_is_created_once_deleted_once_and_updated_once_per_revision() -> None:
    assert key("s:1", "create", "a") == key("s:1", "create", "b")
    assert len({key("s:1", "create", None), key("s:1", "delete", None), key("s:1", "update", "a")}) == 3
    assert key("s:1", "update", "a") != key("s:1", "update", "b")


def test_what_landed_is_seen_by_the_next_process(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.append(to_batch([post("a")]), Tail(), {})
    assert key("test:a", "create", None) in Seen.of(log)


def test_an_account_can_be_deleted_again() -> None:
    gone = "bluesky:author:did:plc:ana"
    assert key(gone, "delete", "1") != key(gone, "delete", "2")
    assert key("bluesky:at://x", "delete", "1") == key("bluesky:at://x", "delete", "2")
