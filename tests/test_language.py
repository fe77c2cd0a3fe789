from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.labelled import read_labelled
from voxpop.language import declared, detected
from voxpop.text import prepare

DATA = Path(__file__).parents[2] / "shared" / "data" / "train"


@pytest.mark.parametrize(
    ("tag", "wanted"), [("en-US", "en"), ("pt_BR", "pt"), ("und", None), ("", None), (None, None), ("iw", "he")]
)
def test_a_source_s_tag_becomes_a_language(tag: str | None, wanted: str | None) -> None:
    assert declared(tag) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("the servers are down again and nobody knows why", "en"),
        ("THE SERVERS ARE DOWN AGAIN AND NOBODY KNOWS WHY", "en"),
        ("el servidor no funciona y nadie sabe por qué", "es"),
        ("这个游戏真的太好玩了", "zh"),
        ("эта игра просто ужасна", "ru"),
        ("@user http #guten #morgen #zusammen", None),
        ("lol", None),
        ("😀😀😀 123 !!!", None),
        ("", None),
    ],
)
def test_a_language_is_told_where_the_text_tells(text: str, wanted: str | None) -> None:
    assert detected(text) == wanted


def test_hashtags_and_links_do_not_decide() -> None:
    text = prepare("what a wonderful evening this was #Oktoberfest #Wiesn #München https://example.de/bier")
    assert detected(text) == "en"


@given(st.text(max_size=200))
def test_any_text_has_a_language_or_none(text: str) -> None:
    found = detected(prepare(text))
    assert found is None or (2 <= len(found) <= 3 and found.isalpha())


def test_a_long_text_is_no_burden() -> None:
    assert detected("what a wonderful evening " * 100_000) == "en"


def test_nothing_is_asked_of_the_network() -> None:
    """An audit hook sees every socket that any library opens, and every name it looks up."""
    code = (
        "import sys\n"
        "seen = []\n"
        "sys.addaudithook(lambda event, arguments: seen.append(event) if event.startswith('socket.') else None)\n"
        "from voxpop.language import detected\n"
        "assert detected('the servers are down again and nobody knows why') == 'en'\n"
        "print([event for event in seen if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.skipif(not DATA.exists(), reason="needs shared/data/train beside the checkout")
def test_fewer_than_one_english_tweet_in_a_hundred_is_taken_for_another_language() -> None:
    texts = read_labelled(DATA / "sentiment_dev.tsv").texts
    foreign = sum(detected(prepare(text)) not in (None, "en") for text in texts)
    assert foreign / len(texts) < 0.01


@pytest.mark.skipif(not DATA.exists(), reason="needs shared/data/train beside the checkout")
@pytest.mark.parametrize("name", ["arabic", "french", "german", "italian", "portuguese", "spanish"])
def test_most_tweets_in_another_language_are_told_from_english(name: str) -> None:
    texts = read_labelled(DATA / "multilingual" / f"{name}_val.tsv").texts
    foreign = sum(detected(prepare(text)) not in (None, "en") for text in texts)
    assert foreign / len(texts) > 0.8
