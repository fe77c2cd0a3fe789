"""The texts that the early layers know least are found, answered by the last layer, and joined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")

from voxpop import models
from voxpop.errors import Terminal
from voxpop.scorers.onnx import OnnxScorer
from voxpop.training import mining
from voxpop.training.mining import Amounts
from voxpop.training.soft import PROBABILITIES, read_soft

pytestmark = [pytest.mark.train]
TONES = {"positive": "a lovely day", "negative": "this is awful", "neutral": "the bus leaves at five"}


@pytest.fixture(scope="module")
def scorer() -> OnnxScorer:
    return OnnxScorer.open(models.find("en-small"), remembered=0)


def test_the_hardest_come_first_then_emoji_then_chance_and_none_twice() -> None:
    texts = [
        *(f"three words {number}" for number in range(20)),
        "so good",
        *(f"a day {number} 🎉" for number in range(5)),
    ]
    hardness = np.array([*range(20), 99.0, *[0.0] * 5])
    found = mining.chosen_of(texts, hardness, Amounts(hard=4, chance=3, emoji=2))
    assert len(found) == len(set(found)) == 9
    assert {16, 17, 18, 19} <= set(found), "two words are in doubt, not hard"
    assert sum(texts[at].endswith("🎉") for at in found) >= 2
    assert found == mining.chosen_of(texts, hardness, Amounts(hard=4, chance=3, emoji=2))


def test_divergence_is_none_where_both_say_the_same_and_grows_with_what_is_lost() -> None:
    last = np.array([[0.1, 0.2, 0.7]] * 3)
    first = np.array([[0.1, 0.2, 0.7], [0.2, 0.3, 0.5], [0.7, 0.2, 0.1]])
    same, near, far = mining.divergence(last, first)
    assert same == pytest.approx(0, abs=1e-6)
    assert near == pytest.approx(0.1 * np.log(0.5) + 0.2 * np.log(2 / 3) + 0.7 * np.log(1.4), abs=1e-6)
    assert far > near > same


def test_joined_texts_hold_two_short_ones_with_a_word_between() -> None:
    texts = [text for text in TONES.values() for _ in range(3)]
    last = np.eye(3)[[2, 2, 2, 0, 0, 0, 1, 1, 1]]
    found = mining.joined(["@user " + text + "!!" for text in texts], last, 60)
    assert found == mining.joined(["@user " + text + "!!" for text in texts], last, 60)
    for text in found:
        assert any(
            text == one + between + two
            for one in TONES.values()
            for two in TONES.values()
            for between in mining.BETWEEN
        )
    unlike = [text for text in found if len([tone for tone in TONES.values() if tone in text]) == 2]
    assert len(unlike) > len(found) / 2


def test_too_few_texts_to_join_is_said() -> None:
    with pytest.raises(Terminal, match="--joined 0"):
        mining.joined(["a lovely day"], np.array([[0.0, 0.0, 1.0]]), 5)
    assert mining.joined([], np.empty((0, 3)), 0) == []


def test_a_table_comes_out_that_training_reads(scorer: OnnxScorer, tmp_path: Path) -> None:
    data, dev, pool, out = (tmp_path / name for name in ("data.tsv", "dev.tsv", "pool.txt", "mined"))
    data.write_text("label\ttext\n" + "".join(f"{label}\t{text}\n" for label, text in TONES.items()))
    dev.write_text("label\ttext\npositive\tonly for choosing\n")
    lines = [f"{text} number {number}" for number in range(8) for text in TONES.values()]
    pool.write_text("\n".join([*lines, "only for choosing", "🎉 what a party", ""]))
    mining.main(
        ["--model", "en-small", "--data", str(data), "--dev", str(dev), "--unlabelled", str(pool), "--out", str(out)]
        + ["--hard", "5", "--chance", "2", "--emoji", "1", "--joined", "4"]
    )
    table = pq.read_table(out.with_suffix(".parquet"))
    known = read_soft(out.with_suffix(".parquet"))
    assert {*TONES.values(), "🎉 what a party"} <= set(known)
    assert "only for choosing" not in known
    assert 3 + 5 + 2 + 1 < table.num_rows <= 3 + 5 + 2 + 1 + 4
    assert set(out.with_suffix(".txt").read_text().splitlines()) == set(known) - set(TONES.values())
    # The three labels are as frequent, so nothing was balanced here.
    last = scorer.heads(table["text"].to_pylist())[-1]
    np.testing.assert_allclose(np.column_stack([table[name].to_numpy() for name in PROBABILITIES]), last, atol=1e-6)


def test_hard_is_what_the_student_does_not_know(scorer: OnnxScorer) -> None:
    class Knows(OnnxScorer):
        """Answers at its first exit what the other one answers in the end, but for cats."""

        def heads(self, texts: Sequence[str]) -> list[npt.NDArray[np.float32]]:
            _, last = scorer.heads(texts)
            first = [row[::-1] if "cats" in text else row for text, row in zip(texts, last, strict=True)]
            return [np.array(first), last]

    texts = [f"{text} number {number} {of}" for number in range(6) for text in TONES.values() for of in ("cats", "")]
    amounts = Amounts(hard=8, chance=0, emoji=0, joined=0)
    student = Knows.open(models.find("en-small"), remembered=0)
    chosen, _ = mining.mine(scorer, [], texts, amounts, student)
    assert len(chosen) == 8 and all("cats" in text for text in chosen)


def test_a_model_without_exits_is_refused() -> None:
    class Whole(OnnxScorer):
        def heads(self, texts: list[str]) -> list[np.ndarray]:  # type: ignore[override]
            return super().heads(texts)[-1:]

    with pytest.raises(Terminal, match="no early exit"):
        mining.heads(Whole.open(models.find("en-small")), ["a text"], "look")


def test_the_balance_of_an_export_is_taken_back() -> None:
    assert mining.balance_of(models.find("en-small")) == 0.2
    logits, counts = np.array([[0.3, -0.2, 1.0], [2.0, 0.0, -1.0]]), [7_040, 20_492, 17_736]
    shares = np.array(counts) / sum(counts)
    balanced = np.exp(logits - 0.2 * np.log(shares / shares[1]))
    plain = np.exp(logits)
    found = mining.unbalanced(balanced / balanced.sum(axis=1, keepdims=True), counts, 0.2)
    np.testing.assert_allclose(found, plain / plain.sum(axis=1, keepdims=True))
