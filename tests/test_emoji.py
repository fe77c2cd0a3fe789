"""Emoji as words: what people mean by them, once or twice, and everything else untouched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.emoji import spelled
from voxpop.text import prepare


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("😡", "angry"),
        ("😍😍😍😍😍", "in love in love"),
        ("no 👍🏽 yes", "no thumbs up good yes"),
        ("🤷🏽‍♀️ idk", "shrug idk"),
        ("❤️", "love"),
        ("☹", "sad frown"),
        ("🇧🇷 2 - 1 🇦🇷", "flag 2 - 1 flag"),
        ("so🔥good", "so fire good"),
        ("👨‍👩‍👧", "man woman girl"),
    ],
)
def test_an_emoji_becomes_what_it_means(text: str, read: str) -> None:
    assert spelled(text) == read


@given(st.text(st.characters(max_codepoint=0x24FF, exclude_categories=["Cs"])))
def test_text_without_emoji_is_left_as_it_is(text: str) -> None:
    assert spelled(text) == text


@given(st.text(st.sampled_from("ab 😂😡🇺🇸👍🏽\u200d\ufe0f♀❤x!"), max_size=40))
def test_spelling_what_is_spelled_changes_nothing(text: str) -> None:
    once = spelled(prepare(text))
    assert spelled(once) == once
    assert "😂" not in once


@given(st.text(max_size=60))
def test_any_text_can_be_spelled(text: str) -> None:
    assert spelled(prepare(text)).split() or not prepare(text).replace("\u200d", "").split()
