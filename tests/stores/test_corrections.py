"""Labels that people give: kept with author and time, in both stores, through retention, resets and lost files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.stores.places import Place
from tests.stores.scored import MODEL, TOPICS, cut, event
from voxpop.corrections import FILE, CorrectionLog, Withdrawal, settled
from voxpop.errors import Terminal
from voxpop.schema import posts_of
from voxpop.stores import corrections as kept
from voxpop.stores.corrections import Corrections, Label, NoCorrection, NoPost, Tally, Wanted
from voxpop.stores.queries import Cursor
from voxpop.stores.view import View

HOSTILE = "=cmd|' /C calc'!A0 {0} %s '; drop table corrections; --"
ROWS = [
    event("test:1", HOSTILE, 0, label="positive", author_id="ana"),
    event("test:2", "a pear", 1, label="negative", author_id="ben"),
    event("test:3", "an apple and a pear", 2, label="neutral"),
]


@pytest.fixture
def given(store: View, tmp_path: Path) -> Corrections:
    """The corrections of a store of three posts, none of which is there yet."""
    for piece in cut(ROWS, []):
        store.load(*piece)
    return Corrections(store, tmp_path)


def listed(store: View, wanted: Wanted | None = None) -> list[tuple[str, str, str, bool]]:
    rows = kept.page(store, wanted or Wanted(), 100).to_pylist()
    return [(row["post_id"], row["author"], row["label"], row["is_newest"]) for row in rows]


def texts(store: View) -> dict[str, str | None]:
    return {row["post_id"]: row["text"] for row in kept.page(store, Wanted(), 100).to_pylist()}


def test_a_label_is_kept_with_what_it_was_about(store: View, given: Corrections) -> None:
    made = given.give(Label("test:1", "negative", "ana"))
    (row,) = kept.page(store, Wanted(), 10).to_pylist()
    assert (row["text"], row["model_label"], row["model_id"], row["drawn"]) == (HOSTILE, "positive", MODEL, "own")
    assert (row["topics"], row["posted_at"], row["given_at"]) == ([], made.posted_at, made.given_at)


def test_the_newest_of_an_author_counts_and_none_is_lost(store: View, given: Corrections) -> None:
    given.give(Label("test:1", "negative", "ana"))
    given.give(Label("test:1", "neutral", "ben"))
    given.give(Label("test:1", "neutral", "ana"))
    assert listed(store) == [
        ("test:1", "ana", "neutral", True), ("test:1", "ben", "neutral", True), ("test:1", "ana", "negative", False),
    ]  # fmt: skip
    assert [row["label"] for row in kept.newest(store)] == ["neutral", "neutral"]
    assert listed(store, Wanted(author="ana", newest_only=True)) == [("test:1", "ana", "neutral", True)]
    assert listed(store, Wanted(post_id="test:2")) == listed(store, Wanted(label="positive")) == []
    assert listed(store, Wanted(drawn="next")) == []


@pytest.mark.parametrize(
    ("label", "why"),
    [
        (Label("test:9", "neutral", "ana"), "no such post"),
        (Label("test:1", "angry", "ana"), "a label is"),  # type: ignore[arg-type]
        (Label("test:1", "neutral", "a" * 65), "1 to 64"),
        (Label("test:1", "neutral", "ana\t"), ""),
        (Label("test:1", "neutral", "a\0b"), "printable"),
        (Label("test:1", "neutral", "  "), "1 to 64"),
    ],
)
def test_what_is_no_label_is_refused(store: View, given: Corrections, label: Label, why: str) -> None:
    if not why:
        assert given.give(label).author == "ana"
        return
    with pytest.raises(Terminal, match=why):
        given.give(label)
    assert listed(store) == []


def test_pages_do_not_overlap(store: View, given: Corrections) -> None:
    made = [given.give(Label(f"test:{at % 3 + 1}", "neutral", f"author {at}")).id for at in range(7)]
    found: list[str] = []
    before = None
    for _ in range(4):
        rows = kept.page(store, Wanted(), 2, before).to_pylist()
        found += [row["id"] for row in rows]
        before = Cursor(rows[-1]["given_at"], rows[-1]["id"])
    assert found == made[::-1]


def test_retention_leaves_the_text_and_a_post_without_it_cannot_be_labelled(store: View, given: Corrections) -> None:
    given.give(Label("test:1", "negative", "ana"))
    store.retain(timedelta(0), 0)
    assert texts(store) == {"test:1": HOSTILE}
    with pytest.raises(NoPost, match="by age"):
        given.give(Label("test:2", "negative", "ana"))


def test_a_deletion_upstream_takes_the_text_whenever_it_comes(store: View, given: Corrections) -> None:
    for post_id in ("test:1", "test:2", "test:3"):
        given.give(Label(post_id, "negative", "ana"))
    gone = event(posts_of("test", "ben"), None, 9, op="delete", author_id="ben")
    for piece in cut([*ROWS, event("test:1", None, 8, op="delete"), gone], [3])[1:]:
        store.load(*piece)
    assert texts(store) == {"test:1": None, "test:2": None, "test:3": "an apple and a pear"}
    assert [row["label"] for row in kept.newest(store)] == ["negative"]
    assert len(listed(store)) == 3
    with pytest.raises(NoPost):
        given.give(Label("test:1", "neutral", "ana"))
    # The file still has the texts, until the log is scrubbed; a store made anew of it must not.
    store.reset(TOPICS.digest, "")
    for piece in cut([*ROWS, event("test:1", None, 8, op="delete"), gone], [2]):
        store.load(*piece)
    assert texts(store) == {"test:1": None, "test:2": None, "test:3": "an apple and a pear"}


def test_a_reset_leaves_them(store: View, given: Corrections) -> None:
    given.give(Label("test:1", "negative", "ana"))
    store.reset(TOPICS.digest, "other")
    assert listed(store) == [("test:1", "ana", "negative", True)]
    assert given.sync() == 0


def test_a_store_made_anew_gets_them_back_without_the_texts_of_deleted_posts(
    given: Corrections, store: View, place: Place, tmp_path: Path
) -> None:
    for post_id in ("test:1", "test:2"):
        given.give(Label(post_id, "negative", "ana"))
    with store._transaction() as transaction:
        transaction.run("delete from corrections")
    store.load(*cut([*ROWS, event("test:1", None, 8, op="delete")], [3])[1])
    assert given.sync() == 2 and given.sync() == 0
    assert texts(store) == {"test:1": None, "test:2": "a pear"}


def test_a_lost_file_is_written_again_from_the_store(given: Corrections, store: View, tmp_path: Path) -> None:
    given.give(Label("test:1", "negative", "ana"))
    given.give(Label("test:2", "neutral", "ana"))
    before = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).unlink()
    assert given.sync() == 2
    assert (tmp_path / FILE).read_bytes() == before


def test_nothing_is_kept_where_the_file_cannot_be_written(given: Corrections, store: View, tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(Terminal, match="cannot be written"):
        given.give(Label("test:1", "negative", "ana"))
    assert listed(store) == []


def test_one_that_was_taken_back_counts_for_nothing_and_the_one_before_again(
    store: View, given: Corrections, tmp_path: Path
) -> None:
    given.give(Label("test:1", "negative", "ana"))
    second = given.give(Label("test:1", "neutral", "ana"))
    for wrong in (second.id[:-1], "x'; drop table corrections; --"):
        with pytest.raises(NoCorrection):
            given.withdraw(wrong)
    with pytest.raises(NoCorrection):
        given.withdraw(second.id, "ben")
    given.withdraw(second.id, "ana")
    assert listed(store) == [("test:1", "ana", "negative", True)]
    assert given.sync() == 0
    with pytest.raises(NoCorrection):
        given.withdraw(second.id)
    assert [one.label for one in CorrectionLog(tmp_path).read()] == ["negative"]


def test_a_store_that_missed_a_withdrawal_gets_it(store: View, given: Corrections, tmp_path: Path) -> None:
    made = given.give(Label("test:1", "negative", "ana"))
    CorrectionLog(tmp_path).add([Withdrawal(made.id, "ana", made.given_at)])
    assert given.sync() == 1 and listed(store) == []
    assert given.sync() == 0


def test_offered_posts_are_tallied_by_draw_and_the_newest_label_counts(store: View, given: Corrections) -> None:
    assert kept.tallies(store, "ana") == {}
    given.give(Label("test:1", "negative", "ana", "next"))
    given.give(Label("test:1", "positive", "ana", "next"))
    given.give(Label("test:2", "positive", "ana", "next"))
    given.give(Label("test:3", "neutral", "ana", "random"))
    given.give(Label("test:3", "neutral", "ben", "next"))
    given.give(Label("test:2", "positive", "ben"))
    assert kept.tallies(store, "ana") == {"next": Tally(2, 1), "random": Tally(1, 1)}
    assert kept.tallies(store, "ben") == {"next": Tally(1, 1)}


def test_of_several_authors_most_decide_and_then_the_newest(store: View, given: Corrections) -> None:
    given.give(Label("test:1", "negative", "ana", "random"))
    given.give(Label("test:1", "neutral", "ben"))
    given.give(Label("test:1", "neutral", "eva"))
    given.give(Label("test:2", "positive", "ana"))
    given.give(Label("test:2", "neutral", "ben", "next"))
    found = {row["post_id"]: (row["label"], row["drawn"]) for row in settled(kept.newest(store))}
    assert found == {"test:1": ("neutral", "random"), "test:2": ("neutral", "own")}
