"""From a model's answers to labelled posts to its correction: how it errs, and how much topics differ in that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from voxpop.errors import Terminal
from voxpop.insight.cells import CELLS, cells_of
from voxpop.insight.correction import WEIGHT, Correction
from voxpop.insight.prevalence import CONFIDENCE, Posterior, estimate
from voxpop.metrics import Floats, Ints
from voxpop.scorers.scores import LABELS

FEWEST: Final = 50
"""Posts of each class that a correction needs: with fewer it would be more doubt than correction."""
FEWEST_TOPICS: Final = 10

_SIZED: Final = 20
"""Posts of a topic whose shares are worth holding an interval against."""
_FOLDS: Final = 5
_FACTORS: Final = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)


@dataclass(frozen=True)
class Answered:
    """Labelled posts and a model's answer to each: the cell, the true class (index in `LABELS`) and the topic."""

    cells: Ints
    gold: Ints
    topics: Sequence[str | None]

    @classmethod
    def of(cls, probabilities: Floats, gold: Ints, topics: Sequence[str | None]) -> Answered:
        """Of the posts that the model scored; the rows of the others are NaN."""
        scored = ~np.isnan(probabilities[:, 0])
        kept = [topic for topic, known in zip(topics, scored, strict=True) if known]
        return cls(cells_of(probabilities[scored]), gold[scored], kept)


def fit(labelled: Answered, by_topic: Answered, files: str = "") -> Correction:
    """The correction that labelled posts give; the difference between topics is measured on `by_topic`.

    `labelled` must be posts that the model was not trained on, for on those it errs less than on yours. `by_topic` may
    be the same posts, or others: of it only how much topics differ is used. Without ten topics of two posts it is not.

    Topics do not err each in its own way alone: the more one-sided a topic is, the more a model errs in its favour,
    which draws from a Dirichlet distribution know nothing of. So where there are ten topics of twenty posts, each fifth
    of them is estimated from the others, and the spread is lowered to where the intervals do best.

    Raises:
        Terminal: a class has fewer than `FEWEST` posts.
    """
    counts = _table(labelled.cells, labelled.gold, (CELLS, len(LABELS)))
    if (fewest := int(counts.sum(axis=0).min())) < FEWEST:
        label = LABELS[int(counts.sum(axis=0).argmin())]
        raise Terminal(f"{fewest} of the labelled posts are {label}; a correction needs {FEWEST} of each label")
    topics = _by_topic(by_topic)
    if (topics.sum(axis=(1, 2)) > 1).sum() < FEWEST_TOPICS:
        return Correction(counts, None, WEIGHT, 0, files)
    spread = _spread(topics) / _best_factor(topics)
    return Correction(counts, spread, concentration(topics.sum(axis=1)), len(topics), files)


def concentration(table: Floats) -> float:
    """How closely rows of counts agree: the concentration of the Dirichlet from which each draws its probabilities.

    By the method of moments for the Dirichlet-multinomial distribution (Mosimann 1962), rows pooled; in [1, 1000], of
    which the end says that they agree as well as chance lets them.

    >>> concentration(np.array([[10.0, 0.0], [0.0, 10.0]]))
    1.0
    """
    n = table.sum(axis=1)
    rows, n = table[n > 1], n[n > 1]
    if not len(n):
        return 1000.0
    mean = rows.sum(axis=0) / n.sum()
    apart = ((rows - n[:, None] * mean) ** 2).sum(axis=1) / n
    ratio = float((apart / max(1 - (mean**2).sum(), 1e-12) - 1).sum() / (n - 1).sum())
    return float(np.clip(1 / max(ratio, 1e-9) - 1, 1.0, 1000.0))


def interval_score(found: Posterior, shares: Floats) -> float:
    """How good intervals are, less being better: their width, and 20 times the distance by which they miss.

    The mean over windows, and over the three shares and net sentiment, of the interval score, which is least on average
    for the true ends (Gneiting and Raftery 2007, equation 43, https://doi.org/10.1198/016214506000001437). So it asks
    for the stated confidence and the least width at once. `shares` are the true ones, shape (windows, 3).
    """
    low, high = found.intervals()
    true = np.column_stack([shares, shares[:, 2] - shares[:, 0]])
    missed = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    return float((high - low + 2 / (1 - CONFIDENCE) * missed).mean())


def _by_topic(answered: Answered) -> Floats:
    """Posts by topic, cell and class; those without a topic are left out."""
    names = {name: at for at, name in enumerate(dict.fromkeys(name for name in answered.topics if name))}
    place = np.array([names.get(name or "", -1) for name in answered.topics], dtype=np.int64)
    known = place >= 0
    at = place[known] * CELLS + answered.cells[known]
    table = _table(at, answered.gold[known], (len(names) * CELLS, len(LABELS)))
    return table.reshape(len(names), CELLS, len(LABELS))


def _table(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Floats:
    table = np.zeros(shape)
    np.add.at(table, (rows, columns), 1)
    return table


def _spread(topics: Floats) -> Floats:
    return np.array([concentration(topics[:, :, at]) for at in range(len(LABELS))])


def _best_factor(topics: Floats) -> float:
    """By what the spread is divided so that the intervals of topics that nothing was fitted to are best."""
    sized = np.flatnonzero(topics.sum(axis=(1, 2)) >= _SIZED)
    if len(sized) < FEWEST_TOPICS:
        return 1.0
    scores = np.zeros(len(_FACTORS))
    for fold in range(_FOLDS):
        left_out = sized[fold::_FOLDS]
        others = np.delete(topics, left_out, axis=0)
        spread, weight = _spread(others), concentration(others.sum(axis=1))
        made = Correction(others.sum(axis=0), spread, weight, len(others), "")
        windows, classes = topics[left_out].sum(axis=2), topics[left_out].sum(axis=1)
        shares = classes / classes.sum(axis=1, keepdims=True)
        # A model that answers always the same tells nothing apart: no score is a number then, and the factor is 1.
        with np.errstate(divide="ignore", invalid="ignore"):
            for at, factor in enumerate(_FACTORS):
                found = estimate(replace(made, spread=spread / factor), windows, made.middle)
                scores[at] += len(left_out) * interval_score(found, shares)
    return _FACTORS[int(np.nan_to_num(scores, nan=np.inf).argmin())]
