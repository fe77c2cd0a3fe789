"""Measures of a classifier of three labels, by the definitions of TweetEval and SemEval, with bootstrap intervals.

A confusion matrix has a row for each true label and a column for each answer, in the order of `LABELS`; a fourth column
counts unscored texts, which are right for no label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voxpop.scorers.scores import LABELS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ANSWERS = len(LABELS) + 1
NEGATIVE, POSITIVE = LABELS.index("negative"), LABELS.index("positive")
BINS = 15
RESAMPLES = 1000
CONFIDENCE = 0.95


def confusion(gold: Sequence[int] | Ints, answers: Sequence[int] | Ints) -> Ints:
    """Count answers by true label: a matrix of 3 by 4.

    >>> confusion([0, 1, 2], [0, 0, 3]).tolist()
    [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    """
    pairs = np.asarray(gold) * ANSWERS + np.asarray(answers)
    return np.bincount(pairs, minlength=len(LABELS) * ANSWERS).reshape(len(LABELS), ANSWERS)


def recalls(matrix: Ints) -> Floats:
    """The share of each true label that was found; NaN for a label that does not occur."""
    with np.errstate(invalid="ignore"):
        return np.asarray(matrix[:, : len(LABELS)].diagonal() / matrix.sum(axis=1))


def f1s(matrix: Ints) -> Floats:
    """The harmonic mean of precision and recall of each label; NaN for one that neither occurs nor is answered."""
    right = matrix[:, : len(LABELS)].diagonal()
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * right / (matrix.sum(axis=1) + matrix[:, : len(LABELS)].sum(axis=0)))


def macro_recall(matrix: Ints) -> float:
    """The mean recall of the labels that occur: TweetEval's measure for sentiment, SemEval-2017 Task 4A's AvgRec.

    >>> round(macro_recall(confusion([0, 1, 2], [0, 0, 2])), 4)
    0.6667
    """
    return float(np.nanmean(recalls(matrix)))


def f1_pn(matrix: Ints) -> float:
    """The mean F1 of positive and negative, SemEval-2013 to 2017 Task 4A's F1PN; neutral counts through its errors."""
    return float(np.nan_to_num(f1s(matrix)[[NEGATIVE, POSITIVE]]).mean())


def accuracy(matrix: Ints) -> float:
    """The share of answers that are right."""
    return float(matrix[:, : len(LABELS)].trace() / matrix.sum())


def calibration_error(probabilities: Floats, gold: Ints, bins: int = BINS) -> float:
    """The expected calibration error: mean |confidence - accuracy| over equal-width bins (Guo et al. 2017).

    >>> calibration_error(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1]))
    0.4
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == gold
    bucket = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bucket, weights=confidence - right, minlength=bins)
    return round(float(np.abs(gaps).sum() / len(gold)), 12)


def brier(probabilities: Floats, gold: Ints) -> float:
    """The mean squared distance from the truth, summed over labels (Brier 1950): 0 is perfect, 2 the worst."""
    return float(((probabilities - np.eye(probabilities.shape[1])[gold]) ** 2).sum(axis=1).mean())


@dataclass(frozen=True)
class Answers:
    """What a scorer answered for texts whose true label is known.

    Attributes:
        gold: true labels as indices in `LABELS`, shape (n,).
        chosen: answers likewise, 3 where unscored, shape (n,).
        probabilities: shape (n, 3); rows of unscored texts are NaN.
    """

    gold: Ints
    chosen: Ints
    probabilities: Floats

    def take(self, rows: Ints) -> Answers:
        """The answers at `rows`, with repetition."""
        return Answers(self.gold[rows], self.chosen[rows], self.probabilities[rows])


def _of_scored(measure: Callable[[Floats, Ints], float]) -> Callable[[Answers], float]:
    def measured(answers: Answers) -> float:
        scored = answers.chosen < len(LABELS)
        return measure(answers.probabilities[scored], answers.gold[scored]) if scored.any() else float("nan")

    return measured


def _of_matrix(measure: Callable[[Ints], float]) -> Callable[[Answers], float]:
    return lambda answers: measure(confusion(answers.gold, answers.chosen))


MEASURES: dict[str, Callable[[Answers], float]] = {
    "macro_recall": _of_matrix(macro_recall),
    "f1_pn": _of_matrix(f1_pn),
    "accuracy": _of_matrix(accuracy),
    "ece": _of_scored(calibration_error),
    "brier": _of_scored(brier),
}
"""Name and definition of each figure; the last two are over scored texts."""


def intervals(answers: Answers, resamples: int = RESAMPLES, seed: int = 1) -> dict[str, tuple[float, float]]:
    """The 95 % percentile bootstrap interval of each measure (Efron 1979): texts are drawn again with replacement."""
    dice = np.random.default_rng(seed)
    drawn = [answers.take(dice.integers(0, len(answers.gold), len(answers.gold))) for _ in range(resamples)]
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    found = {name: [measure(sample) for sample in drawn] for name, measure in MEASURES.items()}
    return {name: tuple(np.nanquantile(values, tails).tolist()) for name, values in found.items()}
