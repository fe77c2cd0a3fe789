"""The model of seven languages: what it reads, and that it keeps the laws of a scorer."""

from __future__ import annotations

import pyarrow as pa
import pytest

from voxpop import models
from voxpop.score import score_texts
from voxpop.scorers.onnx import OnnxScorer
from voxpop.testing import check_scorer

GLAD_AND_ANGRY = {
    "ar": ("أحب هذه اللعبة كثيرا، إنها رائعة", "هذا أسوأ هاتف اشتريته في حياتي، أنا غاضب جدا"),
    "de": ("Ich liebe dieses Spiel, es ist großartig", "Das ist das schlechteste Handy, das ich je hatte, furchtbar"),
    "en": ("I love this game, it is wonderful", "This is the worst phone I have ever had, terrible"),
    "es": ("Me encanta este juego, es maravilloso", "Es el peor teléfono que he tenido, qué asco"),
    "fr": ("J'adore ce jeu, il est magnifique", "C'est le pire téléphone que j'aie jamais eu, quelle honte"),
    "it": ("Adoro questo gioco, è meraviglioso", "È il peggior telefono che abbia mai avuto, che schifo"),
    "pt": ("Adoro este jogo, é maravilhoso", "É o pior telefone que já tive na vida, que raiva"),
}


@pytest.fixture(scope="module")
def scorer() -> OnnxScorer:
    return OnnxScorer.open(models.find("multi-small"), threads=1, remembered=0)


def test_it_reads_the_languages_it_says(scorer: OnnxScorer) -> None:
    assert scorer.languages == GLAD_AND_ANGRY.keys()


@pytest.mark.parametrize("language", GLAD_AND_ANGRY)
def test_plain_words_are_understood_in_each_language(scorer: OnnxScorer, language: str) -> None:
    found = score_texts(scorer, pa.array(GLAD_AND_ANGRY[language]))
    assert found["lang_detected"].to_pylist() == [language, language]
    assert found["label"].to_pylist() == ["positive", "negative"]


def test_a_language_it_does_not_read_is_unscored(scorer: OnnxScorer) -> None:
    found = score_texts(scorer, pa.array(["このゲームは本当に素晴らしいと思います"]))
    assert found["label"].to_pylist() == ["unscored"]


@pytest.mark.parametrize("name", ["en-small", "multi-small"])
def test_a_score_is_the_same_to_the_last_bit_whatever_is_beside_it(name: str) -> None:
    scorer = OnnxScorer.open(models.find(name), threads=2, remembered=0)
    texts = [f"{text} {'again ' * at}" for pair in GLAD_AND_ANGRY.values() for text in pair for at in range(6)]
    whole = scorer(pa.record_batch([pa.array(texts)], names=["text"]))
    for size in (1, 2, 3, 29):
        batches = [
            pa.record_batch([pa.array(texts[at : at + size])], names=["text"]) for at in range(0, len(texts), size)
        ]
        assert pa.Table.from_batches(map(scorer, batches)).combine_chunks().to_batches() == [whole]


def test_the_laws_of_a_scorer_hold(scorer: OnnxScorer) -> None:
    texts = [text for pair in GLAD_AND_ANGRY.values() for text in pair]
    check_scorer(scorer, [None, "", *texts, "😭😭😭", "x" * 5_000], 5)
