"""How far chance alone moves a figure: bootstrap intervals of measures and of their differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from voxpop.metrics import MEASURES, Answers, Floats, Ints

RESAMPLES = 1000
CONFIDENCE = 0.95

Intervals = dict[str, tuple[float, float]]


def resampled(
    answers: Mapping[str, Answers],
    resamples: int = RESAMPLES,
    watch: Callable[[], object] = lambda: None,
    seed: int = 1,
    groups: Ints | None = None,
) -> dict[str, Floats]:
    """Every measure of every scorer on texts drawn again with replacement (Efron 1979): shape (resamples, measures).

    With `groups`, a number for each text, whole groups are drawn in place of texts (the cluster bootstrap: Field and
    Welsh 2007, https://doi.org/10.1111/j.1467-9868.2007.00593.x): what texts of a group share is then part of chance.

    All scorers answer the same texts, and a resample is the same for all of them, so that the difference of two rows
    is that of a paired comparison (Berg-Kirkpatrick, Burkett and Klein 2012, https://aclanthology.org/D12-1091).
    `watch` is called after each resample. Memory does not grow with `resamples` times texts.
    """
    dice = np.random.default_rng(seed)
    found = {name: np.empty((resamples, len(MEASURES))) for name in answers}
    member = np.arange(len(next(iter(answers.values())).gold)) if groups is None else groups
    count = int(member.max()) + 1
    for at in range(resamples):
        weights = np.bincount(dice.integers(0, count, count), minlength=count).astype(np.float64)[member]
        for name, one in answers.items():
            tally = one.tally(weights)
            found[name][at] = [measure(tally) for measure in MEASURES.values()]
        watch()
    return found


def intervals(samples: Floats) -> Intervals:
    """The 95 % percentile interval of each measure, or of each difference; NaN where no resample has the measure."""
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    return {name: _quantiles(samples[:, at], tails) for at, name in enumerate(MEASURES)}


def _quantiles(values: Floats, tails: list[float]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    low, high = np.quantile(known, tails).tolist() if len(known) else (float("nan"), float("nan"))
    return low, high
