"""What a scorer remembers: an answer from memory is the fresh one, and memory is bounded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from voxpop.scorers.recent import Recent


class Counted:
    """Scores a text by its length, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: list[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        return np.array([[len(text), 0, 1] for text in texts], dtype=np.float32).reshape(-1, 3)


def test_a_text_that_was_scored_lately_is_not_scored_again() -> None:
    recent, score = Recent(10), Counted()
    recent(["a", "bb", "a"], score)
    assert recent(["bb", "ccc"], score)[:, 0].tolist() == [2, 3]
    assert score.asked == ["a", "bb", "ccc"]
    assert (recent.asked, recent.found) == (5, 2)


def test_without_memory_every_text_is_scored_every_time() -> None:
    recent, score = Recent(0), Counted()
    recent(["a", "a"], score)
    recent(["a"], score)
    assert score.asked == ["a", "a", "a"]


@given(st.lists(st.lists(st.text("ab", max_size=4), max_size=8), max_size=12), st.integers(1, 5))
def test_answers_are_the_same_with_and_without_memory_which_never_grows(batches: list[list[str]], size: int) -> None:
    recent = Recent(size)
    for texts in batches:
        found = recent(texts, Counted())
        assert found.shape == (len(texts), 3)
        assert found[:, 0].tolist() == [len(text) for text in texts]
        assert len(recent) <= 2 * size


def test_what_is_asked_for_again_stays() -> None:
    recent, score = Recent(4), Counted()
    for at in range(40):
        recent(["kept", f"other {at}"], score)
    assert score.asked.count("kept") == 1
