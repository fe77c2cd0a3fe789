"""Which posts of a window count."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stores.scored import event
from voxpop.insight.counting import Told, counting, counting_by_topic
from voxpop.stores.matched import key_of

COPY = "win a brand new phone today, just follow and repost"
OTHER = "the last ferry to the island leaves from platform two tonight"


def post(name: str, text: str | None, minute: float, author: int | None = None, **fields: Any) -> dict[str, Any]:
    kept = ("post_id", "text", "created_at", "kind")
    row = event(name, text, minute, **fields)
    return {name: row[name] for name in kept} | {"author_key": author, "topics": fields.get("topics", ["apple"])}


def rows(*posts: dict[str, Any]) -> pa.Table:
    types = {"author_key": pa.int64(), "topics": pa.list_(pa.string())}
    names = ("post_id", "text", "created_at", "kind", "author_key", "topics")
    columns = {name: pa.array([each[name] for each in posts], types.get(name)) for name in names}
    return pa.table(columns)


def names(posts: pa.Table) -> list[str]:
    found: list[str] = posts["post_id"].to_pylist()
    return found


COPIES = [post(f"c{at}", f"{COPY} https://t.co/{at}", at, author=at) for at in range(5)]
LOUD = [post(f"l{at}", f"{OTHER} number {word}", 10 + at, author=99) for at, word in enumerate(("one", "ninety"))]
SHORT = [post(f"s{at}", "good morning", at, author=200 + at) for at in range(3)]
REPOSTS = [post(f"r{at}", COPY, at, author=300 + at, kind="repost") for at in range(2)]


def test_of_copies_the_first_counts_and_short_texts_and_reposts_are_none() -> None:
    found, told = counting(rows(*COPIES, *SHORT, *REPOSTS), copies=False, one_voice=False)
    assert sorted(names(found)) == ["c0", "r0", "r1", "s0", "s1", "s2"]
    assert told == Told(10, 4, 0, 0) and told.counted == 6


def test_of_an_author_the_newest_counts_and_one_without_an_author_is_a_voice() -> None:
    nobody = [post(f"n{at}", f"{at}", at) for at in range(3)]
    found, told = counting(rows(*LOUD, *nobody), copies=True, one_voice=True)
    assert names(found) == ["n0", "n1", "n2", "l1"]
    assert told == Told(5, 0, 1, 0)


def test_an_author_counts_with_the_newest_post_that_is_no_copy() -> None:
    spammer = [post("own", OTHER, 1, author=7), post("copied", COPY, 30, author=7)]
    found, told = counting(rows(*COPIES, *spammer), copies=False, one_voice=True)
    assert names(found) == ["c0", "own"]
    assert told == Told(7, 5, 0, 0)


def test_posts_without_text_count_and_are_told() -> None:
    gone = [post(f"g{at}", None, at, author=1) for at in range(3)]
    found, told = counting(rows(*gone, *COPIES), copies=False, one_voice=False)
    assert len(names(found)) == 4 and told == Told(8, 4, 0, 3)
    assert counting(rows(*gone), copies=False, one_voice=True)[1] == Told(3, 0, 2, 3), "by author they are known"


def test_of_one_time_the_ids_decide() -> None:
    twins = [post("b", COPY, 0, author=1), post("a", COPY, 0, author=1)]
    assert names(counting(rows(*twins), copies=False, one_voice=False)[0]) == ["a"]
    assert names(counting(rows(*twins), copies=True, one_voice=True)[0]) == ["b"]


def test_each_topic_is_counted_as_if_it_were_alone() -> None:
    posts = [
        post("one", COPY, 0, author=1, topics=["pear"]),
        post("two", COPY, 1, author=2, topics=["apple", "pear"]),
        post("three", COPY, 2, author=3, topics=["apple"]),
        post("off", COPY, 3, author=4, topics=[]),
    ]
    found, told = counting_by_topic(rows(*posts), copies=False, one_voice=False)
    assert {row["post_id"]: row["topics"] for row in found.to_pylist()} == {"one": ["pear"], "two": ["apple"]}
    assert told == Told(4, 2, 0, 0)


@pytest.mark.parametrize("topical", [False, True])
@given(
    st.lists(st.tuples(st.sampled_from([COPY, OTHER, "hi", None]), st.integers(0, 9), st.none() | st.integers(1, 3))),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_rows_does_not_matter(
    topical: bool, given: list[tuple[str | None, int, int | None]], dice: random.Random
) -> None:
    posts = [post(f"p{at}", *each) for at, each in enumerate(given)]
    mixed = dice.sample(posts, len(posts))
    judge = counting_by_topic if topical else counting
    one, other = (judge(rows(*each), copies=False, one_voice=True) for each in (posts, mixed))
    assert one[1] == other[1]
    assert sorted(names(one[0])) == sorted(names(other[0]))
    assert one[1].counted == one[0].num_rows


def test_a_copy_is_found_though_other_texts_lie_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voxpop.insight.counting.AT_ONCE", 20)
    texts = [" ".join(str(key_of(f"{at} {word}")) for word in range(3)) for at in range(200)]
    between = [post(f"p{at}", text, at / 9) for at, text in enumerate(texts)]
    found, told = counting(rows(post("a", COPY, -1), *between, post("z", COPY, 999)), copies=False, one_voice=False)
    assert told.copies == 1 and "z" not in names(found)
