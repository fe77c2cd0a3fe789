"""The transformer scorer: the split law, totality, plain sentences, identity, and its figure on real posts."""

import csv
import pickle
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxpop import models
from voxpop.scorers.card import FILES, model_id
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import LABELS, SCORES

DEV = Path(__file__).parents[3] / "shared" / "data" / "train" / "sentiment_dev.tsv"
MODEL = models.find("en-small")
SCORER = OnnxScorer.open(MODEL, remembered=0)

PLAIN = {
    "I love this phone, the camera is fantastic": "positive",
    "What a beautiful morning!": "positive",
    "Thank you so much, you made my day": "positive",
    "Best concert I have ever been to": "positive",
    "not bad at all": "positive",
    "This is awful, worst day ever": "negative",
    "Terrible customer service, never again": "negative",
    "I hate waiting in line for hours": "negative",
    "My flight was cancelled and nobody helps. Disgusting.": "negative",
    "the update is not good, it broke everything": "negative",
    "The meeting is at 5pm on Tuesday": "neutral",
    "The bus leaves from platform 4": "neutral",
    "Election results are announced tomorrow": "neutral",
}

ODD = [
    *PLAIN, None, "", "   ", "@ana https://example.org/x", "😀", "🔥🔥🔥 wow 👨\u200d👩\u200d👧",
    "とても良い映画でした", "差评, 再也不来了",
    "so good " * 625, "x" * 5_000, "!" * 5_000, "مرحبا بالعالم", "Ünïcödé ñandú", "a", "RT @ana: &amp;lt;3",
    "line\nbreak\x00null",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(ODD), st.none(), st.text(max_size=200)), min_size=1, max_size=24)


def batch(rows: Sequence[str | None]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(rows, pa.string())], names=["text"])


def numbers(scored: pa.RecordBatch) -> np.ndarray:
    return np.array([scored[name].to_numpy(zero_copy_only=False) for name in SCORES.names[1:]])


def assert_equal(one: pa.RecordBatch, other: pa.RecordBatch) -> None:
    assert one["label"].equals(other["label"])
    np.testing.assert_allclose(numbers(one), numbers(other), rtol=0, atol=1e-5, equal_nan=True)


@settings(max_examples=30, deadline=None)
@given(rows=texts, data=st.data())
def test_scoring_parts_equals_scoring_the_whole(rows: list[str | None], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    whole = SCORER(batch(rows))
    parts = [SCORER(batch(rows[low:high])) for low, high in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    assert_equal(whole, pa.Table.from_batches(parts).combine_chunks().to_batches()[0])


@settings(max_examples=20, deadline=None)
@given(rows=texts, data=st.data())
def test_the_order_of_rows_changes_no_score(rows: list[str | None], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(rows))))
    assert_equal(SCORER(batch(rows)).take(pa.array(order)), SCORER(batch([rows[at] for at in order])))


def test_a_row_scores_the_same_alone_and_in_full_batches() -> None:
    rows = [text for text in ODD if text is not None] * 20
    whole = SCORER(batch(rows))
    for at, text in enumerate(rows[: len(ODD)]):
        assert_equal(whole.slice(at, 1), SCORER(batch([text])))


def test_threads_change_no_score() -> None:
    assert_equal(SCORER(batch(ODD * 4)), OnnxScorer.open(MODEL, threads=2, remembered=0)(batch(ODD * 4)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=50), st.sampled_from(ODD)), max_size=5))
def test_any_text_gets_a_row(rows: list[str | None]) -> None:
    scored = SCORER(batch(rows))
    assert scored.schema.equals(SCORES)
    assert scored.num_rows == len(rows)
    for row in scored.to_pylist():
        if row["label"] == "unscored":
            assert [row[name] for name in SCORES.names[1:]] == [None] * 4
        else:
            chances = [row[f"p_{label}"] for label in LABELS]
            assert sum(chances) == pytest.approx(1, abs=1e-5)
            assert row["label"] == LABELS[int(np.argmax(chances))]
            assert row["polarity"] == pytest.approx(chances[2] - chances[0], abs=1e-6)


def test_nothing_to_score_is_unscored() -> None:
    scored = SCORER(batch([None, "", " \n", "@ana @bob", "https://example.org", "fine"]))
    assert [label == "unscored" for label in scored["label"].to_pylist()] == [True] * 5 + [False]


def test_bytes_that_are_no_utf8_get_a_row() -> None:
    raw = pa.array([b"lovely \xed\xa0\x80 day", b"\xff\xfe\xfd"], pa.binary())
    column = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    scored = SCORER(pa.RecordBatch.from_arrays([column], ["text"]))
    assert scored["label"].to_pylist()[0] == "positive"
    assert scored.num_rows == 2


@pytest.mark.parametrize(("text", "label"), PLAIN.items())
def test_plain_sentences(text: str, label: str) -> None:
    assert SCORER(batch([text]))["label"].to_pylist() == [label]


def test_two_callers_at_once_get_their_own_rows() -> None:
    batches = [batch(ODD[at:] + ODD[:at]) for at in range(8)]
    alone = [SCORER(each) for each in batches]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(SCORER, batches), strict=True):
            assert_equal(one, other)


def test_a_pickled_scorer_is_the_same_scorer() -> None:
    again = pickle.loads(pickle.dumps(SCORER))
    assert again.model_id == SCORER.model_id
    assert_equal(again(batch(ODD)), SCORER(batch(ODD)))


def test_the_id_is_the_name_and_twelve_digits() -> None:
    assert SCORER.model_id == model_id(MODEL)
    name, _, digest = SCORER.model_id.rpartition("-")
    assert name == "en-small"
    assert len(digest) == 12
    assert set(digest) <= set("0123456789abcdef")


@pytest.mark.parametrize("changed", FILES)
def test_the_id_changes_with_every_file(changed: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(MODEL, copy)
    before = model_id(copy)
    assert before == model_id(MODEL)
    content = (copy / changed).read_bytes()
    (copy / changed).write_bytes(content + b"\n")
    assert model_id(copy) != before


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"tokenizer\.json, model\.json.*exported model"):
        (tmp_path / "model.onnx").write_bytes(b"")
        OnnxScorer.open(tmp_path)


@pytest.mark.parametrize(
    "card",
    ["", "[]", "{}", '{"name": "x", "labels": ["a"], "languages": [], "max_length": 64, "temperature": 1}'],
)
def test_a_card_that_cannot_be_used_is_refused(card: str, tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.json").write_text(card)
    with pytest.raises(ValueError, match=r"model\.json"):
        OnnxScorer.open(tmp_path)


def test_macro_recall_on_real_posts() -> None:
    if not DEV.is_file():
        pytest.skip(f"needs the development posts at {DEV}")
    with DEV.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    predicted = np.array(SCORER(batch([row["text"] for row in rows]))["label"].to_pylist())
    gold = np.array([row["label"] for row in rows])
    assert np.mean([(predicted[gold == label] == label).mean() for label in LABELS]) >= 0.70
