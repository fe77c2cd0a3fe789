"""Ways to estimate class shares from probabilities, as the literature has them: what Voxpop is set beside.

Each takes the probabilities of a window's posts, shape (posts, classes), and those of labelled posts with classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def cc(window: Floats, labelled: Floats, gold: Ints) -> Floats:
    """Classify and count."""
    return np.asarray(np.bincount(window.argmax(axis=1), minlength=window.shape[1]) / len(window))


def pcc(window: Floats, labelled: Floats, gold: Ints) -> Floats:
    """Probabilistic classify and count (Bella et al. 2010)."""
    return np.asarray(window.mean(axis=0))


def acc(window: Floats, labelled: Floats, gold: Ints) -> Floats:
    """Adjusted count (Forman 2008), for several classes by least squares on the simplex (Firat 2016)."""
    hard = np.eye(window.shape[1])[labelled.argmax(axis=1)]
    return _adjusted(cc(window, labelled, gold), hard, gold)


def pacc(window: Floats, labelled: Floats, gold: Ints) -> Floats:
    """Probabilistic adjusted count (Bella et al. 2010), for several classes likewise."""
    return _adjusted(pcc(window, labelled, gold), labelled, gold)


def emq(window: Floats, labelled: Floats, gold: Ints, most: int = 1000, close: float = 1e-4) -> Floats:
    """Expectation and maximisation on posteriors (Saerens, Latinne and Decaestecker 2002)."""
    first = np.bincount(gold, minlength=window.shape[1]) / len(gold)
    shares = first
    for step in range(most):
        raised = window * (shares / first)
        told = raised / raised.sum(axis=1, keepdims=True)
        before, shares = shares, told.mean(axis=0)
        if step > 10 and np.abs(shares - before).mean() < close:
            break
    return np.asarray(shares)


def _adjusted(seen: Floats, answers: Floats, gold: Ints) -> Floats:
    """The shares whose expected answers are nearest to those seen."""
    means = np.stack([answers[gold == each].mean(axis=0) for each in range(answers.shape[1])], axis=1)
    return _nearest(means.T @ means, means.T @ seen)


def _nearest(square: Floats, linear: Floats) -> Floats:
    """The least x' square x / 2 - linear' x with x on the simplex, by projected gradient."""
    x = np.full(len(linear), 1 / len(linear))
    rate = 1 / np.linalg.norm(square, 2)
    for _ in range(20_000):
        new = _projected(x - rate * (square @ x - linear))
        if np.abs(new - x).max() < 1e-12:
            break
        x = new
    return x


def _projected(x: Floats) -> Floats:
    """The nearest point of the simplex (Duchi et al. 2008)."""
    falling = np.sort(x)[::-1]
    over = (np.cumsum(falling) - 1) / np.arange(1, len(x) + 1)
    return np.asarray(np.maximum(x - over[falling > over][-1], 0))


METHODS: Final[dict[str, Callable[..., Any]]] = {"CC": cc, "PCC": pcc, "ACC": acc, "PACC": pacc, "EMQ": emq}
