"""Measures of a classifier of three labels, by the definitions of TweetEval and SemEval.

A confusion matrix has a row for each true label and a column for each answer, in the order of `LABELS`; a fourth column
counts unscored texts, which are right for no label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from voxpop.scorers.scores import LABELS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ANSWERS = len(LABELS) + 1
NEGATIVE, POSITIVE = LABELS.index("negative"), LABELS.index("positive")
BINS = 15


def confusion(gold: Sequence[int] | Ints, answers: Sequence[int] | Ints) -> Ints:
    """Count answers by true label: a matrix of 3 by 4.

    >>> confusion([0, 1, 2], [0, 0, 3]).tolist()
    [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    """
    pairs = np.asarray(gold) * ANSWERS + np.asarray(answers)
    return np.bincount(pairs, minlength=len(LABELS) * ANSWERS).reshape(len(LABELS), ANSWERS)


def recalls(matrix: Ints | Floats) -> Floats:
    """The share of each true label that was found; NaN for a label that does not occur."""
    with np.errstate(invalid="ignore"):
        return np.asarray(matrix[:, : len(LABELS)].diagonal() / matrix.sum(axis=1))


def f1s(matrix: Ints | Floats) -> Floats:
    """The harmonic mean of precision and recall of each label; NaN for one that neither occurs nor is answered."""
    right = matrix[:, : len(LABELS)].diagonal()
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * right / (matrix.sum(axis=1) + matrix[:, : len(LABELS)].sum(axis=0)))


def macro_recall(matrix: Ints | Floats) -> float:
    """The mean recall of the labels that occur: AvgRec = (R^P + R^N + R^U) / 3.

    The first measure of SemEval-2017 Task 4A (Rosenthal, Farra and Nakov 2017, https://aclanthology.org/S17-2088) and
    TweetEval's for sentiment (Barbieri et al. 2020, https://aclanthology.org/2020.findings-emnlp.148).
    Unlike accuracy it is 1/3 for any constant answer.
    The trap: where a label does not occur, the mean is over the others, which neither paper defines.

    >>> round(macro_recall(confusion([0, 1, 2], [0, 0, 2])), 4)
    0.6667
    """
    return float(np.nanmean(recalls(matrix)))


def f1_pn(matrix: Ints | Floats) -> float:
    """The mean F1 of positive and negative: F1^PN = (F1^P + F1^N) / 2; neutral counts through its errors.

    The first measure of SemEval-2013 to 2016 Task 4A and the second of 2017 (Rosenthal, Farra and Nakov 2017). F1 is
    over all answers, neutral posts taken for polar ones included; it is 0 where nothing is right.
    """
    return float(np.nan_to_num(f1s(matrix)[[NEGATIVE, POSITIVE]]).mean())


def accuracy(matrix: Ints | Floats) -> float:
    """The share of answers that are right: SemEval-2017 Task 4A's third measure (Rosenthal, Farra and Nakov 2017)."""
    return float(matrix[:, : len(LABELS)].trace() / matrix.sum())


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence, the largest probability, lies in [low, high).

    Attributes:
        confidence: their mean confidence; `accuracy`: the share of them that is right. Both null where n is 0.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


def reliability(probabilities: Floats, gold: Ints, bins: int = BINS) -> list[Bin]:
    """The answers by confidence, in equal-width bins of [0, 1]: what a reliability diagram shows (Guo et al. 2017).

    >>> [bin.accuracy for bin in reliability(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1])) if bin.n]
    [0.5]
    """
    place, confidence, right = _binned(probabilities, gold, bins)
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, weights=values, minlength=bins) for values in (confidence, right)]
    return [
        Bin(at / bins, (at + 1) / bins, int(n), *(float(values[at] / n) if n else None for values in sums))
        for at, n in enumerate(counts)
    ]


def calibration_error(probabilities: Floats, gold: Ints, bins: int = BINS) -> float:
    """The expected calibration error: mean |confidence - accuracy| over equal-width bins, weighted by their counts.

    Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks", equation 3, with their 15 bins.

    >>> calibration_error(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1]))
    0.4
    """
    place, confidence, right = _binned(probabilities, gold, bins)
    gaps = np.bincount(place, weights=confidence - right, minlength=bins)
    return round(float(np.abs(gaps).sum() / len(gold)), 12)


def brier(probabilities: Floats, gold: Ints) -> float:
    """The mean squared distance from the truth, summed over labels (Brier 1950): 0 is perfect, 2 the worst."""
    return float(_squares(probabilities, gold).mean())


@dataclass(frozen=True)
class Tally:
    """The sums from which every measure follows, so that weighted and repeated texts cost nothing more.

    Attributes:
        matrix: answers by true label, shape (3, 4).
        gaps: by bin of confidence, the sum of confidence - right.
        squares: the sum of squared distances from the truth.
    """

    matrix: Floats
    gaps: Floats
    squares: float

    @property
    def scored(self) -> float:
        """How many texts were scored."""
        return float(self.matrix[:, : len(LABELS)].sum())


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

    @cached_property
    def scored(self) -> npt.NDArray[np.bool_]:
        """Which texts were scored."""
        return self.chosen < len(LABELS)

    def tally(self, weights: Floats | None = None) -> Tally:
        """Sum up, each text counted as often as its weight says: once, without weights."""
        cells, place, gap, square = self._parts
        weights = np.ones(len(cells)) if weights is None else weights
        matrix = np.bincount(cells, weights, minlength=len(LABELS) * ANSWERS).reshape(len(LABELS), ANSWERS)
        gaps = np.bincount(place, weights * gap, minlength=BINS)
        return Tally(matrix.astype(np.float64), gaps.astype(np.float64), float(weights @ square))

    @cached_property
    def _parts(self) -> tuple[Ints, Ints, Floats, Floats]:
        place, gap, square = np.zeros_like(self.gold), np.zeros(len(self.gold)), np.zeros(len(self.gold))
        if self.scored.any():
            probabilities, gold = self.probabilities[self.scored], self.gold[self.scored]
            place[self.scored], confidence, right = _binned(probabilities, gold, BINS)
            gap[self.scored] = confidence - right
            square[self.scored] = _squares(probabilities, gold)
        return self.gold * ANSWERS + self.chosen, place, gap, square


def _binned(probabilities: Floats, gold: Ints, bins: int) -> tuple[Ints, Floats, npt.NDArray[np.bool_]]:
    """Of each answer its bin, its confidence, and whether it is right."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == gold
    return np.minimum((confidence * bins).astype(np.int64), bins - 1), confidence, right


def _squares(probabilities: Floats, gold: Ints) -> Floats:
    return np.asarray(((probabilities - np.eye(probabilities.shape[1])[gold]) ** 2).sum(axis=1))


def _share(total: float, tally: Tally) -> float:
    return total / tally.scored if tally.scored else float("nan")


MEASURES: dict[str, Callable[[Tally], float]] = {
    "macro_recall": lambda tally: macro_recall(tally.matrix),
    "f1_pn": lambda tally: f1_pn(tally.matrix),
    "accuracy": lambda tally: accuracy(tally.matrix),
    "ece": lambda tally: _share(float(np.abs(tally.gaps).sum()), tally),
    "brier": lambda tally: _share(tally.squares, tally),
}
"""Name and definition of each figure; the last two are over scored texts, and NaN where there are none."""
