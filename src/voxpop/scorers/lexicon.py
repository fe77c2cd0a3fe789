"""The baseline scorer: VADER, a lexicon with rules, for comparison."""

from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from voxpop.errors import Terminal
from voxpop.gazetteer import PLACES
from voxpop.language import DETECTION
from voxpop.scorers.scores import decoded_texts, scores
from voxpop.text import PREPARATION, is_blank, prepare

_LABEL_FROM: Final = 0.05


class LexiconScorer:
    """VADER (Hutto and Gilbert 2014) behind the scorer's protocol: fast, and far less exact than the transformer.

    A lexicon has no probabilities. VADER's label, by the usual thresholds of -0.05 and 0.05 on its compound value, is
    given as a probability of 1 and the others as 0, so a row's polarity is -1, 0 or 1.
    """

    def __init__(self) -> None:
        """Load the lexicon. Raises `Terminal` where the package is not installed."""
        self._analyzer = _analyzer()
        self.model_id: str = f"vader-{version('vaderSentiment')}-{PREPARATION}.{DETECTION}.{PLACES}"
        self.languages: frozenset[str] = frozenset({"en"})

    @classmethod
    def open(cls, directory: Path | None = None, *, threads: int = 1) -> "LexiconScorer":
        """Return the scorer; both arguments are there for the protocol and change nothing."""
        return cls()

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `SCORES` for the column `text`: as many rows, in the same order; blank texts are "unscored"."""
        prepared = [prepare(text) if text is not None else "" for text in decoded_texts(batch.column("text"))]
        scored = [row for row, text in enumerate(prepared) if not is_blank(text)]
        compounds = np.array([self._compound(prepared[row]) for row in scored], dtype=np.float64)
        classes = 1 + (compounds >= _LABEL_FROM).astype(int) - (compounds <= -_LABEL_FROM).astype(int)
        return scores(batch.num_rows, scored, np.eye(3, dtype=np.float32)[classes])

    def _compound(self, text: str) -> float:
        return float(self._analyzer.polarity_scores(text)["compound"])


def _analyzer() -> Any:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ModuleNotFoundError as error:
        raise Terminal("the lexicon scorer needs VADER: install it with `pip install vaderSentiment`") from error
    return SentimentIntensityAnalyzer()
