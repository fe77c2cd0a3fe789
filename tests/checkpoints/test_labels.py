from __future__ import annotations

from collections.abc import Sequence

import pytest

from voxpop.checkpoints import labels
from voxpop.errors import Terminal


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["negative", "neutral", "positive"], ["negative", "neutral", "positive"]),
        (["POS", "NEU", "NEG"], ["positive", "neutral", "negative"]),
        (["NEGATIVE", "POSITIVE"], ["negative", "positive"]),
        (
            ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"],
            ["negative", "negative", "neutral", "positive", "positive"],
        ),
        (["Very_Negative", "Negative", "Neutral", "Positive", "Very_Positive"],
         ["negative", "negative", "neutral", "positive", "positive"]),
    ],
)  # fmt: skip
def test_names_that_say_what_they_mean_are_recognised(names: Sequence[str], classes: Sequence[str]) -> None:
    assert labels.classes_of(names, {}, "it") == classes


@pytest.mark.parametrize("names", [["LABEL_0", "LABEL_1", "LABEL_2"], ["sports", "politics"], ["neutral", "positive"]])
def test_other_names_are_listed_with_an_option_that_can_be_copied(names: Sequence[str]) -> None:
    with pytest.raises(Terminal) as refused:
        labels.classes_of(names, {}, "it")
    assert all(repr(name) in str(refused.value) for name in names)
    suggested = str(refused.value).partition('--labels "')[2].rstrip('"')
    assert list(labels.parse(suggested)) == names


def test_a_mapping_wins_and_its_case_does_not_matter() -> None:
    given = labels.parse("label_0=positive,LABEL_1=Negative")
    assert labels.classes_of(["LABEL_0", "LABEL_1"], given, "it") == ["positive", "negative"]


@pytest.mark.parametrize("given", ["LABEL_0=negative", "LABEL_0=negative,LABEL_1=positive,LABEL_7=neutral"])
def test_a_mapping_must_name_exactly_the_labels(given: str) -> None:
    with pytest.raises(Terminal, match="LABEL_1"):
        labels.classes_of(["LABEL_0", "LABEL_1"], labels.parse(given), "it")


@pytest.mark.parametrize("text", ["", "x", "x=", "x=good", "=negative"])
def test_what_is_no_mapping_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(Terminal, match="--labels LABEL=negative"):
        labels.parse(text)


def test_three_labels_in_our_order_need_no_matrix() -> None:
    assert labels.matrix(["negative", "neutral", "positive"]) is None
    assert labels.matrix(["positive", "negative", "negative"]) == [[0, 0, 1], [1, 0, 0], [1, 0, 0]]
