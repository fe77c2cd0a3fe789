"""Why a label: additivity, determinism, bounds, hostile texts, and faithfulness by deletion curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.faithfulness import INVENTED, faithfulness, read
from tests.api.wordlist import WordScorer
from voxpop import models
from voxpop.cli.explain import shown
from voxpop.explanation import MOST_PARTS, MOST_VARIANTS, explain, words
from voxpop.scorers.lexicon import LexiconScorer
from voxpop.scorers.onnx import OnnxScorer
from voxpop.scorers.scores import UNSCORED, scores
from voxpop.seams import Scorer
from voxpop.text import prepare

DEV = Path(__file__).parents[2] / "shared" / "data" / "train" / "sentiment_dev.tsv"
MODEL = OnnxScorer.open(models.find("en-small"), threads=2)
SHORT = "the soup was lovely and the waiter awful"
LONGER = "the soup was lovely but the waiter was so slow and rude that we left before the main course came 😡"
HOSTILE = {
    "html": "<script>alert('good')</script> &lt;b&gt;awful&lt;/b&gt; {0} %s",
    "right to left": "مرحبا \u202eبالعالم\u202c good",
    "emoji": "👨\u200d👩\u200d👧" * 10_000,
    "nulls": "good\x00 \x1b[31mbad\x1b[0m\x00",
    "surrogates": "lovely \ud800 day",
    "marks": "a" + "\u0301" * 5_000,
    "one word": "x" * 20_000,
    "long": "<b>good</b> bad " * 1_250,
    "chinese": "这家餐厅的菜很好吃我很喜欢" * 100,
}


class Counting(WordScorer):
    """Counts the rows it is given."""

    rows = 0

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self.rows += batch.num_rows
        return super().__call__(batch)


class Additive:
    """Each word moves the probabilities by an amount of its own, whatever the others are."""

    model_id = "additive-1"
    languages: frozenset[str] = frozenset({"en"})
    amounts = {"up": 0.05, "down": -0.03}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        moved = [sum(self.amounts.get(word, 0.0) for word in text.split()) for text in batch["text"].to_pylist()]
        chances = np.array([[1 / 3 - by, 1 / 3, 1 / 3 + by] for by in moved], dtype=np.float32)
        return scores(len(moved), range(len(moved)), chances)


@pytest.mark.parametrize("text", ["up down so", "up " * 3 + "and so " * 6 + "down"])
def test_a_word_that_moves_the_score_by_an_amount_weighs_that_amount(text: str) -> None:
    for word in explain(Additive(), text).words:
        moved = Additive.amounts.get(word.text, 0.0)
        assert word.polarity_weight == pytest.approx(2 * moved, abs=1e-6)
        assert word.label_weight == pytest.approx(moved, abs=1e-6)


@pytest.mark.parametrize("scorer", [MODEL, LexiconScorer(), WordScorer()], ids=lambda scorer: str(scorer.model_id))
@pytest.mark.parametrize("text", [SHORT, LONGER, "fine", "不好 good"])
def test_the_weights_add_up(scorer: Scorer, text: str) -> None:
    found = explain(scorer, text, "en")
    assert found.polarity is not None and found.probability is not None
    assert sum(word.polarity_weight for word in found.words) == pytest.approx(found.polarity, abs=1e-5)
    assert sum(word.label_weight for word in found.words) == pytest.approx(found.probability - 1 / 3, abs=1e-5)


def test_the_sample_comes_near_the_exact_values() -> None:
    exact = {word.text: word.polarity_weight for word in explain(MODEL, "I love it but the screen is horrible").words}
    more = explain(MODEL, "I love it but the screen is horrible .").words
    assert max(abs(exact[word.text] - word.polarity_weight) for word in more if word.text != ".") < 0.25


def test_the_same_text_gets_the_same_explanation() -> None:
    assert explain(MODEL, LONGER) == explain(MODEL, LONGER)


def test_the_label_is_the_scorers_own() -> None:
    row = MODEL(pa.record_batch([[LONGER]], names=["text"])).to_pylist()[0]
    found = explain(MODEL, LONGER)
    assert (found.label, found.polarity, found.probability) == (row["label"], row["polarity"], row[f"p_{row['label']}"])
    assert found.model_id == MODEL.model_id


def test_the_telling_words_come_first_and_those_against_last() -> None:
    ranked = explain(MODEL, "the battery is great but the screen is horrible").ranked()
    assert (ranked[0].text, ranked[-1].text) == ("horrible", "great")
    assert ranked[0].polarity_weight < 0 < ranked[-1].polarity_weight


@pytest.mark.parametrize(
    ("text", "lang"), [("", None), ("@ana https://example.org", None), ("c'est bien", "fr"), ("bien", "fr-CA")]
)
def test_what_is_not_scored_has_no_words(text: str, lang: str | None) -> None:
    found = explain(MODEL, text, lang)
    assert (found.label, found.probability, found.polarity, found.words) == (UNSCORED, None, None, ())
    assert shown(found, colour=False).startswith("unscored")


def test_a_language_that_is_unknown_is_scored() -> None:
    assert explain(MODEL, "good", "und").label == explain(MODEL, "good", "en-GB").label == "positive"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_cost_a_bounded_number_of_scores(text: str) -> None:
    scorer = Counting()
    found = explain(scorer, text)
    assert scorer.rows == found.variants <= MOST_VARIANTS
    assert 0 < len(found.words) <= MOST_PARTS
    assert "\x1b" not in shown(found, colour=False)
    shown(found, colour=False).encode()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300) | st.text(alphabet="ab 👍🏽\u200d👧\ufe0f的🇩🇪\u0301\r\n", max_size=600))
def test_words_cover_everything_but_white_space_in_order(text: str) -> None:
    prepared = prepare(text)
    spans = words(prepared)
    between = [0, *(place for span in spans for place in span), len(prepared)]
    assert between == sorted(between)
    assert all(not prepared[low:high].strip() for low, high in zip(between[::2], between[1::2], strict=True))
    assert all(start < end for start, end in spans)


def test_colour_is_for_terminals_and_a_sign_says_the_same() -> None:
    found = explain(MODEL, SHORT)
    plain, coloured = shown(found, colour=False), shown(found, colour=True)
    assert "[+lovely]" in plain and "[−awful]" in plain and "\x1b" not in plain
    assert "\x1b[32m" in coloured and "\x1b[31m" in coloured


def check_faithful(texts: list[str], least: int) -> None:
    found = faithfulness(MODEL, texts)
    ours, single, random = found["explanation"], found["leave one out"], found["random"]
    assert ours["n"] >= least
    assert ours["comprehensiveness"] > 2 * random["comprehensiveness"]
    assert ours["comprehensiveness"] > single["comprehensiveness"] - 0.02
    assert ours["sufficiency"] < random["sufficiency"] / 2


@pytest.mark.slow
def test_deleting_by_the_explanation_lowers_the_probability_faster_than_at_random() -> None:
    check_faithful(read(INVENTED, 200), 60)


@pytest.mark.slow
def test_explanations_of_real_posts_are_faithful() -> None:
    if not DEV.is_file():
        pytest.skip(f"needs the development posts at {DEV}")
    check_faithful(read(DEV, 60), 55)
