"""The bundled model that reads a post beside a topic: it looks where the topic is, and keeps the laws of a scorer."""

from __future__ import annotations

import pyarrow as pa
import pytest

from voxpop import models
from voxpop.scorers.onnx import OnnxScorer
from voxpop.testing import check_scorer

POSTS = [
    ("I love my PS5 but GTA 6's price is a joke", "PS5", "GTA 6"),
    ("the new Pixel camera is brilliant, the iPhone one is awful", "Pixel", "iPhone"),
    ("great evening with Adele on the radio, while Verizon keeps dropping my calls, terrible", "Adele", "Verizon"),
]


@pytest.fixture(scope="module")
def scorer() -> OnnxScorer:
    return OnnxScorer.open(models.find("en-towards"), threads=1, remembered=0)


def batch(texts: list[str | None], topics: list[str]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(texts, pa.string()), pa.array(topics, pa.string())], names=["text", "topic"])


def test_a_post_of_two_minds_is_kinder_to_the_topic_that_it_praises(scorer: OnnxScorer) -> None:
    for text, praised, blamed in POSTS:
        kind, unkind = scorer(batch([text, text], [praised, blamed]))["polarity"].to_pylist()
        assert kind > unkind


def test_plain_words_are_understood_towards_a_topic(scorer: OnnxScorer) -> None:
    texts: list[str | None] = ["I love GTA 6, it is wonderful", "GTA 6 is the worst game I ever bought, terrible"]
    assert scorer(batch(texts, ["GTA 6", "GTA 6"]))["label"].to_pylist() == ["positive", "negative"]


def test_it_reads_a_topic_and_english(scorer: OnnxScorer) -> None:
    assert scorer.reads_topic and scorer.languages == {"en"}


def test_the_laws_of_a_scorer_hold_to_the_last_bit(scorer: OnnxScorer) -> None:
    texts: list[str | None] = [
        None,
        "",
        "😭😭😭",
        "x" * 5_000,
        *(f"{text} {'again ' * at}" for text, *_ in POSTS for at in range(6)),
    ]
    check_scorer(scorer, texts, 5, "GTA 6")
    topics = ["GTA 6"] * len(texts)
    whole = scorer(batch(texts, topics))
    for size in (1, 3, 7):
        parts = [scorer(batch(texts[at : at + size], topics[at : at + size])) for at in range(0, len(texts), size)]
        assert pa.Table.from_batches(parts).combine_chunks().to_batches() == [whole]
