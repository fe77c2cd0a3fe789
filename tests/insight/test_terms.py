from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxpop.insight.terms import Things, words_of


def of(things: Things, row: int = 0) -> list[str]:
    return [things.names[int(code)].as_py() for at, code in zip(things.rows, things.codes, strict=True) if at == row]


def words(text: str | None) -> list[str]:
    return [name for name in of(words_of(pa.chunked_array([[text]], pa.string()))["word"]) if " " not in name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ｔｈｅ FERRY, the ferry!", ["the", "ferry", "the", "ferry"]),
        ("don’t 'quote' me", ["don't", "quote", "me"]),
        ("so late😡😡", ["so", "late", "😡", "😡"]),
        ("Tom &amp; I cc @bob@mas.to see https://t.co/x?y=1 www.a.org", ["tom", "i", "cc", "see"]),
        ("RT @ana: RT @bob: it is cut o…", ["it", "is", "cut"]),
        ("特斯拉汽车 ok", ["特斯", "斯拉", "拉汽", "汽车", "ok"]),
        ("🇩🇪 👍🏽", ["👍"]),
        ("à la carte naïve", ["à", "la", "carte", "naïve"]),
        ("", []),
        (None, []),
        (" @a # ' … ", []),
    ],
)
def test_words_are_what_people_say(text: str | None, expected: list[str]) -> None:
    assert words(text) == expected


def test_pairs_are_of_words_that_occur_often_enough() -> None:
    texts = pa.chunked_array([["late ferry", "late ferry", "late bus"]])
    assert of(words_of(texts, 2)["word"], 0) == ["late", "ferry", "late ferry"]
    assert of(words_of(texts, 2)["word"], 2) == ["late"]


def test_tags_and_hosts_are_things_of_their_own() -> None:
    found = words_of(
        pa.chunked_array([["#Late#Ferry (https://www.Example.org/a) https://t.co/b http://b.co.uk:80 #地铁"]])
    )
    assert of(found["hashtag"]) == ["#late", "#ferry", "#地铁"]
    assert of(found["host"]) == ["example.org", "b.co.uk"]
    assert len(found["word"].names) == 0


@given(st.lists(st.one_of(st.none(), st.text()), max_size=5))
def test_any_text_is_read(texts: list[str | None]) -> None:
    texts = [text and text.encode("utf-8", "replace").decode() for text in texts]
    for things in words_of(pa.chunked_array([texts], pa.string())).values():
        assert things.rows.size == things.codes.size
        assert (things.rows[1:] >= things.rows[:-1]).all()
        assert all(name and "\n" not in name for name in things.names.to_pylist())
        assert not things.codes.size or things.codes.max() < len(things.names)
