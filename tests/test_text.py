"""What a scorer sees: the form of a prepared text, on any input, in linear time."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.text import is_blank, prepare

_PIECES = [
    "@", "@ana", "ana", "user", ".", "-", "_", "'", "/", ":", " ", "\n", "http", "https://", "www.", "t.co/x", "RT ",
    "RT @user: ", "&", "amp", ";", "lt", "#38", "#", "38", "&amp;", "&#64;", "&colon;", "&sol;", "&semi;", "&nbsp;",
    "&#x41;", "&#128;", "&#773;", "bsky.social", "\u0301", "\u0307", "\u037e", "\u200b", "\ud83d", "\ude00", "\x00",
    "é", "中", "😀",
]  # fmt: skip

hostile = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=20).map("".join),
    st.text(st.characters(exclude_categories=())),
)


@given(hostile)
def test_preparing_twice_changes_nothing(text: str) -> None:
    once = prepare(text)
    assert prepare(once) == once


@given(hostile)
def test_any_text_becomes_one_clean_line(text: str) -> None:
    prepared = prepare(text)
    assert prepared == " ".join(prepared.split())
    assert unicodedata.is_normalized("NFC", prepared)
    assert not {unicodedata.category(character) for character in prepared} & {"Cc", "Cs"}


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("twice escaped &amp;lt;3", "twice escaped <3"),
        ("AT&T; R&D &unknown;", "AT&T; R&D &unknown;"),
        ("thanks @ana_b!", "thanks @user!"),
        (".@ana: hi", ".@user: hi"),
        ("@ana.bsky.social and @bob@mas.to agree", "@user and @user agree"),
        ("ask @bob. Great man", "ask @user. Great man"),
        ("write to me@example.org", "write to me@example.org"),
        ("see https://t.co/Ab1?x=1&y=2 now", "see http now"),
        ("see WWW.example.org/a", "see http"),
        ("看https://t.co/a看", "看http看"),
        ("RT @ana: so good", "so good"),
        ("RT @ana: RT @bob: so good", "so good"),
        ("not RT @ana: so good", "not RT @user: so good"),
        ("a\tb\r\n\u3000c\u00a0d", "a b c d"),
        ("zero\u200bwidth \u202eleft", "zerowidth left"),
        ("cafe\u0301", "café"),
        ("two halves \ud83d\ude00", "two halves 😀"),
        ("half \ud83d", "half \ufffd"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
    ],
)
def test_form(text: str, prepared: str) -> None:
    assert prepare(text) == prepared


@pytest.mark.parametrize("text", ["", " \n\u200b", "@ana https://t.co/x", "RT @ana: https://t.co/x", "&nbsp;"])
def test_mentions_and_links_alone_are_blank(text: str) -> None:
    assert is_blank(prepare(text))


@pytest.mark.parametrize("text", [":)", "😀", "no", "?", "@ana!", "中"])
def test_a_sign_or_a_word_is_not_blank(text: str) -> None:
    assert not is_blank(prepare(text))


@pytest.mark.parametrize(
    "piece",
    [
        "&amp;",
        "amp;",
        "&",
        ";",
        "@",
        "@a.",
        "@a-b.c",
        "a.b-c",
        "@a@",
        "RT @user: ",
        "http://",
        "www.",
        " ",
        "a\u0323\u0301",
    ],
)
@pytest.mark.parametrize("start", ["", "&", "@"])
def test_hostile_texts_take_linear_time(start: str, piece: str) -> None:
    begun = time.process_time()
    prepare(start + piece * (200_000 // len(piece)))
    assert time.process_time() - begun < 2
