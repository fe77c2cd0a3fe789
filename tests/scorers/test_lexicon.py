"""The baseline: VADER behind the scorer's protocol."""

import pyarrow as pa

from voxpop.scorers.lexicon import LexiconScorer
from voxpop.scorers.scores import SCORES


def test_plain_sentences_and_blanks() -> None:
    rows = ["I love this", "I hate this", "the bus leaves at five", None, "@ana", ""]
    scored = LexiconScorer.open()(pa.record_batch([pa.array(rows, pa.string())], names=["text"]))
    assert scored.schema.equals(SCORES)
    assert scored["label"].to_pylist() == ["positive", "negative", "neutral", "unscored", "unscored", "unscored"]
    assert scored["polarity"].to_pylist() == [1, -1, 0, None, None, None]


def test_an_empty_batch_gives_an_empty_batch() -> None:
    empty = pa.record_batch([pa.array([], pa.string())], names=["text"])
    assert LexiconScorer.open()(empty).num_rows == 0


def test_rows_do_not_depend_on_each_other() -> None:
    rows = ["good", "bad", None, "GREAT!!!", ":("]
    scorer = LexiconScorer.open()
    whole = scorer(pa.record_batch([rows], names=["text"]))
    for at, row in enumerate(rows):
        alone = scorer(pa.record_batch([pa.array([row], pa.string())], names=["text"]))
        assert alone.equals(whole.slice(at, 1))
