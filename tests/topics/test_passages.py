"""Where a post says what a query asks for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voxpop.topics import Matcher, Topic
from voxpop.topics.passages import passages


def found(query: str, text: str) -> list[str]:
    return [text[start:end] for start, end in passages(Topic.read("t", "T", query), text)]


def test_terms_are_found_as_they_stand_in_the_text() -> None:
    assert found('"model 3" OR #ev OR @ana OR $TSLA', "MODEL\u200b\n 3! @Ana says #EV, $tsla") == [
        "MODEL\u200b\n 3", "@Ana", "#EV", "$tsla",
    ]  # fmt: skip
    assert found("ＴＥＳＬＡ OR 特斯拉", "tesla™ 特斯拉汽车") == ["tesla", "特斯拉"]
    assert found("straße OR café", "STRASSE, cafe\u0301 👩‍👧") == ["STRASSE", "cafe\u0301"]


def test_what_must_not_be_there_and_parts_of_words_are_not_found() -> None:
    assert found("tesla -(ford OR -kia)", "teslas tesla ford kia") == ["tesla", "kia"]
    assert found("lang:en tesla", "no such word") == []


def test_terms_that_overlap_are_one_passage() -> None:
    assert found('"a b" OR "b c"', "x a b c x") == ["a b c"]


@given(st.text(alphabet="aB é\u0301\u200b™ß①한ㅏ\u1161#@👍🏽\r\n", max_size=30))
def test_whatever_the_text_a_passage_holds_a_match(text: str) -> None:
    topic = Topic.read("t", "T", "a OR b OR é OR #a OR 한")
    for start, end in passages(topic, text):
        assert 0 <= start < end <= len(text)
        assert Matcher([topic]).match([text]) == [["t"]]
