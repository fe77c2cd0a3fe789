from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.copies import found, planted, precision, recall
from tests.stores.scored import MORNING, cut, event
from voxpop.insight.clusters import Clusters, Said
from voxpop.insight.copies import copies
from voxpop.insight.sample import pieces
from voxpop.insight.shingles import bare, likeness, shingles
from voxpop.stores.queries import Filter
from voxpop.stores.view import View

DAY = Filter(start=MORNING, end=MORNING + timedelta(hours=10))
TEXT = "the last ferry to the island leaves from platform two tonight"
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def said(text: str, author: int = 1, minute: float = 0) -> Said:
    return Said(text, author, MORNING + timedelta(minutes=minute), author)


def clusters(*posts: Said, most: int = 100) -> list[int]:
    finder = Clusters(most)
    for post in posts:
        finder.add([post])
    return sorted(len(cluster.posts) for cluster in finder.copies())


def test_planted_copies_are_found_and_others_are_left_alone() -> None:
    rows = planted(2000)
    groups = found(rows)
    assert precision(rows, groups) > 0.99
    shares = recall(rows, groups)
    assert min(shares[edit] for edit in ("decorated", "one word replaced", "words added")) > 0.95
    assert shares["two words replaced"] > 0.85


def test_links_mentions_case_and_signs_make_no_difference() -> None:
    assert clusters(said(TEXT), said(f"RT @ana: {TEXT.upper()}!! https://t.co/x 🚢")) == [2]


def test_short_and_other_texts_are_no_copies() -> None:
    assert clusters(said("happy birthday"), said("happy birthday"), said("")) == []
    assert clusters(said(TEXT), said("the first train to the mountains leaves from platform nine at noon")) == []


def test_only_the_texts_last_seen_are_kept() -> None:
    others = [said(f"{word * 5} {word * 7} {word * 9}") for word in NUMBERS]
    assert clusters(said(TEXT), *others, said(TEXT), most=20) == [2]
    assert clusters(said(TEXT), *others, said(TEXT), most=3) == []
    assert clusters(said(TEXT), said(TEXT), *others, said(TEXT), said(TEXT), most=3) == [2, 2]


@given(st.lists(st.text(min_size=4, max_size=40), min_size=1, max_size=6))
def test_shingles_are_those_of_each_text_alone(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    together = shingles(texts)
    bands = together.bands()
    for number, text in enumerate(texts):
        alone = shingles([text])
        np.testing.assert_array_equal(together.of(number), alone.of(0))
        np.testing.assert_array_equal(bands[number], alone.bands()[0])
        assert len(alone.of(0)) == len({text[at : at + 4] for at in range(len(text) - 3)})


def test_bands_are_the_same_however_many_texts_there_are() -> None:
    texts = [f"the ferry number {at} leaves at {at * 7}" for at in range(1203)]
    together = shingles(texts).bands()
    for at in (0, 499, 500, 999, 1000, 1202):
        np.testing.assert_array_equal(together[at], shingles([texts[at]]).bands()[0])
    assert shingles([]).bands().shape == (0, 16)


@given(st.text(), st.text())
def test_any_text_is_laid_bare(one: str, other: str) -> None:
    assert all(letter.isalnum() or letter == " " for letter in bare(one))
    assert sum(clusters(said(one), said(other))) in (0, 2)


def test_likeness_is_the_share_of_shingles_that_both_have() -> None:
    runs = shingles(["abcdefg", "abcdexy"])
    assert likeness(runs.of(0), runs.of(1)) == pytest.approx(2 / 6)


def rows(authors: int, minutes: float, **fields: Any) -> list[dict[str, Any]]:
    return [
        event(f"r{at}", f"{TEXT} {NUMBERS[at % 10]}", at * minutes, **{"author_id": f"u{at}", **fields})
        for at in range(authors)
    ]


def test_many_authors_within_minutes_are_flagged_with_what_was_seen(store: View) -> None:
    other = [event(f"o{at}", f"{word * 5} {word * 7} {word * 9}", at, author_id="loud") for at, word in
             enumerate(NUMBERS)]  # fmt: skip
    reposts = [event(f"p{at}", f"RT @u0: {TEXT}", at, author_id=f"q{at}", kind="repost") for at in range(20)]
    store.load(*cut([*rows(10, 0.5), *other, *reposts], [])[0])
    seen = copies(store, DAY)
    assert (seen.read, seen.whole, seen.reposts, seen.copied) == (40, True, 0.5, 0.5)
    assert seen.top_authors == 10 / 40
    (text,) = seen.texts
    assert (text.posts, text.authors, text.burst_authors, text.burst_at) == (10, 10, 10, MORNING)
    assert text.why == "10 authors posted nearly the same text within 10 minutes"
    assert text.example["text"][0].as_py().startswith(TEXT)


def test_the_same_text_over_a_day_or_by_one_author_is_not_flagged(store: View) -> None:
    store.load(*cut(rows(10, 30), [])[0])
    (text,) = copies(store, DAY).texts
    assert (text.posts, text.burst_authors, text.why) == (10, 1, None)
    (text,) = copies(store, replace(DAY, end=MORNING + timedelta(hours=2)), 3).texts
    assert text.posts == 3


def test_pieces_hold_every_post_once_newest_first(store: View) -> None:
    store.load(*cut([event(f"e{at:03}", "a post", at / 2) for at in range(200)], [])[0])
    read = [post for piece in pieces(store, DAY, 30) for post in piece["post_id"].to_pylist()]
    assert read == [f"e{at:03}" for at in reversed(range(200))]
    assert len(list(pieces(store, DAY, 30))) > 4


def test_a_window_without_posts_has_no_shares(store: View) -> None:
    seen = copies(store, DAY)
    assert (seen.read, seen.reposts, seen.copied, seen.top_authors, seen.texts) == (0, None, None, None, [])
