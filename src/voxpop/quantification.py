"""How well the share of positive posts of a topic is estimated: what a chart of shares stands on.

The task is SemEval-2017 Task 4D (Rosenthal, Farra and Nakov 2017, https://aclanthology.org/S17-2088):
for each topic, estimate how its posts are distributed over positive and negative. Neutral has no part in it: posts that
are neutral in truth are left out, and of the others those that were not answered positive or negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from voxpop.metrics import NEGATIVE, POSITIVE, Answers, Floats, Ints


def smoothed(distribution: Floats, epsilon: float) -> Floats:
    """Add `epsilon` to each share and scale to 1, as the task does before it divides by a share.

    >>> smoothed(np.array([1.0, 0.0]), 0.25).round(4).tolist()
    [0.8333, 0.1667]
    """
    return np.asarray((distribution + epsilon) / (distribution.sum() + epsilon * len(distribution)))


def kld(true: Floats, estimated: Floats, epsilon: float) -> float:
    """Kullback-Leibler divergence, sum of p ln(p / p^) over the classes, both smoothed; 0 is perfect, no upper bound.

    >>> round(kld(np.array([0.75, 0.25]), np.array([0.5, 0.5]), 1e-9), 4)
    0.1308
    """
    p, q = smoothed(true, epsilon), smoothed(estimated, epsilon)
    return float((p * np.log(p / q)).sum())


def absolute_error(true: Floats, estimated: Floats, epsilon: float = 0.0) -> float:
    """The mean of |p^ - p| over the classes, in [0, 1]; not smoothed.

    >>> absolute_error(np.array([0.75, 0.25]), np.array([0.5, 0.5]))
    0.25
    """
    return float(np.abs(estimated - true).mean())


def relative_error(true: Floats, estimated: Floats, epsilon: float) -> float:
    """The mean of |p^ - p| / p over the classes, both smoothed: a rare class weighs as much as a frequent one.

    >>> round(relative_error(np.array([0.75, 0.25]), np.array([0.5, 0.5]), 1e-9), 4)
    0.6667
    """
    p, q = smoothed(true, epsilon), smoothed(estimated, epsilon)
    return float((np.abs(q - p) / p).mean())


ERRORS: dict[str, Callable[[Floats, Floats, float], float]] = {
    "kld": kld,
    "ae": absolute_error,
    "rae": relative_error,
}
"""The task's measures, each averaged over topics; `epsilon` is 1 / (2 n) for a topic of n posts."""


@dataclass(frozen=True)
class TopicShare:
    """A topic of `n` polar posts, the share of positive ones among them in truth and by classify-and-count."""

    topic: str
    n: int
    true: float
    estimated: float
    errors: dict[str, float]


def by_topic(answers: Answers, topics: Sequence[str | None]) -> list[TopicShare]:
    """Each topic with a polar post, the largest first; posts without a topic have no part in it.

    Classify-and-count: the share is that of positive among the posts answered positive or negative. Where no post of a
    topic was, the estimate is a half, which the task does not define.
    """
    names = {topic: at for at, topic in enumerate(dict.fromkeys(topic for topic in topics if topic))}
    place = np.array([names.get(topic or "", -1) for topic in topics], dtype=np.int64)
    polar = (place >= 0) & np.isin(answers.gold, (NEGATIVE, POSITIVE))
    true, estimated = (_counts(place[polar], labels[polar], len(names)) for labels in (answers.gold, answers.chosen))
    found = [_share(name, true[at], estimated[at]) for name, at in names.items() if true[at].sum()]
    return sorted(found, key=lambda one: (-one.n, one.topic))


def averages(shares: Sequence[TopicShare]) -> dict[str, float]:
    """Each error averaged over topics, as the task ranks by; empty without topics."""
    return {name: float(np.mean([one.errors[name] for one in shares])) for name in ERRORS} if shares else {}


def _counts(place: Ints, labels: Ints, topics: int) -> Floats:
    """How many negative and positive posts each topic has: shape (topics, 2)."""
    columns = [np.bincount(place[labels == label], minlength=topics) for label in (NEGATIVE, POSITIVE)]
    return np.stack(columns, axis=1).astype(np.float64)


def _share(topic: str, true: Floats, estimated: Floats) -> TopicShare:
    n = true.sum()
    p = true / n
    q = estimated / estimated.sum() if estimated.sum() else np.array([0.5, 0.5])
    errors = {name: error(p, q, 1 / (2 * n)) for name, error in ERRORS.items()}
    return TopicShare(topic, int(n), float(p[1]), float(q[1]), errors)
