"""How well shares of a topic are estimated, and how often 90 % intervals hold the truth.

    make bench-prevalence ARGS='--dev dev.tsv --topics topics.tsv'

Both are tables with `label` and `text`; topics.tsv has `topic`, too. Four tables come out:

1. Errors by topic of each method, over topics of 20 posts and more. What is fitted (correction, differences between
   topics) comes from other topics: five folds by topic. Once with those as the correction, once with dev.tsv.
2. How often the interval of a topic holds its share, likewise.
3. The same for windows drawn from dev.tsv under four class balances, where the correction is drawn anew for each: what
   is fitted is never what is measured. Once for windows that all err alike, once for windows that err each in its own
   way, as topics do, and once for windows that err alike with a correction that allows for topics.
4. What cells keep: the standard deviation that an unbiased estimate from 1,000 posts can have (Cramér and Rao).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.quantifiers import METHODS
from voxpop import evaluation, models
from voxpop.insight.cells import CELLS, cells_of
from voxpop.insight.correction import WEIGHT, Correction
from voxpop.insight.fitting import Answered, fit
from voxpop.insight.prevalence import Posterior, estimate
from voxpop.labelled import LabelledFile
from voxpop.metrics import Floats, Ints
from voxpop.quantification import absolute_error, kld, relative_error
from voxpop.scorers.onnx import OnnxScorer

FEWEST = 20
FOLDS = 5
WINDOWS = (20, 50, 200, 1000, 5000, 20_000)
BALANCES = {"even": [1 / 3] * 3, "rare negatives": [0.05, 0.5, 0.45], "mostly negative": [0.6, 0.25, 0.15]}
SPREAD = 20.0


@dataclass(frozen=True)
class Labelled:
    """Posts that were scored, with their true class and topic."""

    probabilities: Floats
    gold: Ints
    topics: list[str | None]

    def of(self, chosen: Ints) -> Labelled:
        """Some of the posts."""
        return Labelled(self.probabilities[chosen], self.gold[chosen], [self.topics[at] for at in chosen])

    @property
    def answered(self) -> Answered:
        """As a correction is made of them."""
        return Answered.of(self.probabilities, self.gold, self.topics)


def read(path: Path, scorer: OnnxScorer) -> Labelled:
    """The scored posts of a table, with their answers kept beside it by model, for scoring takes minutes."""
    kept = path.with_name(f"{path.name}.{scorer.model_id}.npz")
    table = LabelledFile(path)
    if not kept.exists():
        answers, _ = evaluation.answer({"model": scorer}, table.batches())
        np.savez(kept, p=answers["model"].probabilities, gold=answers["model"].gold)
    found = np.load(kept)
    topics = [topic for batch in table.batches() for topic in batch.topics]
    known = np.flatnonzero(~np.isnan(found["p"][:, 0]))
    return Labelled(found["p"][known], found["gold"][known], [topics[at] for at in known])


def folds(posts: Labelled) -> Iterator[tuple[Labelled, list[Labelled]]]:
    """The posts of the other topics, and the topics of a fold."""
    names = sorted({topic for topic in posts.topics if topic})
    fold = dict(zip(names, np.random.default_rng(3).permutation(len(names)) % FOLDS, strict=True))
    at = np.array([fold.get(topic or "", -1) for topic in posts.topics])
    place = {name: np.flatnonzero(np.array(posts.topics, dtype=object) == name) for name in names}
    for number in range(FOLDS):
        inside = [posts.of(place[name]) for name in names if fold[name] == number]
        yield posts.of(np.flatnonzero((at != number) & (at >= 0))), [one for one in inside if len(one.gold) >= FEWEST]


def shares_of(gold: Ints) -> Floats:
    return np.asarray(np.bincount(gold, minlength=3) / len(gold))


def counted(posts: Labelled) -> Floats:
    return np.bincount(cells_of(posts.probabilities), minlength=CELLS)[None].astype(np.float64)


def errors(true: Floats, estimated: Floats, n: int) -> list[float]:
    """Over three classes KLD, AE, RAE, EMD and the error of net sentiment; over two KLD, AE and RAE (Task 4 D)."""
    epsilon = 1 / (2 * n)
    emd = float(np.abs(np.cumsum(estimated - true)[:-1]).sum())
    net = abs(float((estimated - true) @ [-1, 0, 1]))
    three = [kld(true, estimated, epsilon), absolute_error(true, estimated), relative_error(true, estimated, epsilon)]
    polar, said = true[[0, 2]], estimated[[0, 2]]
    if not polar.sum():
        return [*three, emd, net, *[float("nan")] * 3]
    epsilon = 1 / (2 * round(n * polar.sum()))
    polar, said = polar / polar.sum(), said / said.sum() if said.sum() else np.full(2, 0.5)
    two = [kld(polar, said, epsilon), absolute_error(polar, said), relative_error(polar, said, epsilon)]
    return [*three, emd, net, *two]


def by_topic(posts: Labelled, dev: Labelled | None) -> None:
    """Tables 1 and 2."""
    found: dict[str, list[list[float]]] = {}
    held: dict[str, list[list[bool]]] = {}
    for others, topics in folds(posts):
        labelled = dev or others
        whole = fit(labelled.answered, others.answered)
        alike = Correction(whole.counts, None, whole.weight, 0, "")
        pooled = np.sum([counted(topic) for topic in topics], axis=0)
        around = estimate(whole, pooled).shares[0]
        ways: dict[str, tuple[Correction, Floats | None]] = {
            "cells, topics alike": (alike, None),
            "cells, topics differ": (whole, None),
            "Voxpop: and lean on what is around": (whole, around),
            "towards a topic: and lean on the labelled topics": (whole, whole.middle),
        }
        for topic in topics:
            true, n = shares_of(topic.gold), len(topic.gold)
            for name, method in METHODS.items():
                shares = method(topic.probabilities, labelled.probabilities, labelled.gold)
                found.setdefault(name, []).append(errors(true, shares, n))
            for name, (correction, middle) in ways.items():
                posterior = estimate(correction, counted(topic), middle)
                found.setdefault(name, []).append(errors(true, posterior.shares[0], n))
                held.setdefault(name, []).append(holds(posterior, true[None])[0].tolist())
    count = len(found["CC"])
    print(f"\n{count} topics of {FEWEST} posts and more; correction from {'other posts' if dev else 'other topics'}\n")
    print("| | KLD | AE | RAE | EMD | net | D: KLD | D: AE | D: RAE |\n|---|---|---|---|---|---|---|---|---|")
    for name, rows in found.items():
        print(f"| {name} |" + "".join(f" {value:.4f} |" for value in np.nanmean(np.array(rows), axis=0)))
    print("\n| holds the truth | negative | neutral | positive | net |\n|---|---|---|---|---|")
    for name, hits in held.items():
        print(f"| {name} |" + "".join(f" {value:.1%} |" for value in np.mean(hits, axis=0)))


def holds(posterior: Posterior, true: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    low, high = posterior.intervals()
    every = np.column_stack([true, true[:, 2] - true[:, 0]])
    return np.asarray((low <= every) & (every <= high))


def drawn(dev: Labelled, spread: float | None, allowed: float | None, repeats: int) -> None:
    """Table 3: windows whose cells are their own where `spread` says so, and a correction that allows for `allowed`."""
    counts = np.zeros((CELLS, 3))
    np.add.at(counts, (cells_of(dev.probabilities), dev.gold), 1)
    likelihood, balance = (counts + 0.5) / (counts + 0.5).sum(axis=0), shares_of(dev.gold)
    print(
        f"\nSpread of topics {spread}, allowed for {allowed}: how often intervals hold, least and most of a quantity\n"
    )
    print(f"| posts | {' | '.join(BALANCES)} | any |\n|---|---|---|---|---|")
    dice = np.random.default_rng(1)
    for n in WINDOWS:
        found = []
        for share in [*BALANCES.values(), None]:
            hits = []
            for _ in range(repeats):
                drawn_counts = dice.multinomial(len(dev.gold), (likelihood * balance).ravel()).reshape(CELLS, 3)
                made = Correction(drawn_counts.astype(float), allowed and np.full(3, allowed), WEIGHT, 0, "")  # type: ignore[arg-type]
                true = np.array([share]) if share else dice.dirichlet(np.ones(3), 1)
                seen = dice.multinomial(n, _own(likelihood, spread, dice) @ true[0])[None]
                hits.append(holds(estimate(made, seen.astype(float)), true)[0])
            each = np.mean(hits, axis=0)
            found.append(f"{each.mean():.1%} ({each.min():.0%} to {each.max():.0%})")
        print(f"| {n:,} | {' | '.join(found)} |", flush=True)


def _own(likelihood: Floats, spread: float | None, dice: np.random.Generator) -> Floats:
    if spread is None:
        return likelihood
    return np.column_stack([dice.dirichlet(spread * column) for column in likelihood.T])


def kept(posts: Labelled) -> None:
    """Table 4."""
    label, top = posts.probabilities.argmax(axis=1), posts.probabilities.max(axis=1)
    second = (np.argsort(posts.probabilities, axis=1)[:, 1] - label) % 3 - 1
    p = posts.probabilities
    grid = np.searchsorted([0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8], p[:, [0, 2]])
    forms = {
        "3: the label": label,
        "6: label, sure from 0.75": label * 2 + (top >= 0.75),
        "9: label, bands 0.6 and 0.8": label * 3 + np.searchsorted([0.6, 0.8], top),
        "12: label, bands 0.55, 0.7, 0.85": label * 4 + np.searchsorted([0.55, 0.7, 0.85], top),
        "18: label, second label, bands 0.6, 0.85": (label * 2 + second) * 3 + np.searchsorted([0.6, 0.85], top),
        "64: grid of p_negative and p_positive": grid[:, 0] * 8 + grid[:, 1],
    }
    print("\n| cells | standard deviation of a share |\n|---|---|")
    for name, cell in forms.items():
        table = np.zeros((int(cell.max()) + 1, 3))
        np.add.at(table, (cell, posts.gold), 1)
        print(f"| {name} | {_deviation((table + 0.2) / (table + 0.2).sum(axis=0)):.4f} |")


def _deviation(likelihood: Floats, n: int = 1000) -> float:
    """The mean over shares and some balances of what no unbiased estimate undercuts."""
    back = np.array([[1.0, 0], [0, 1], [-1, -1]])
    found = []
    for balance in ([1 / 3] * 3, [0.15, 0.45, 0.4], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.7, 0.1]):
        slopes = likelihood[:, :2] - likelihood[:, 2:]
        information = n * slopes.T @ (slopes / (likelihood @ np.array(balance))[:, None])
        found.append(np.sqrt(np.diag(back @ np.linalg.inv(information) @ back.T)).mean())
    return float(np.mean(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="labelled posts that the model was not trained on")
    parser.add_argument("--topics", type=Path, required=True, help="labelled posts with a topic")
    parser.add_argument("--model", default="en-small")
    parser.add_argument("--repeats", type=int, default=1500)
    given = parser.parse_args()
    scorer = OnnxScorer.open(models.find(given.model))
    dev, topics = read(given.dev, scorer), read(given.topics, scorer)
    by_topic(topics, None)
    by_topic(topics, dev)
    for spread, allowed in ((None, None), (SPREAD, SPREAD), (None, SPREAD)):
        drawn(dev, spread, allowed, given.repeats)
    kept(dev)


if __name__ == "__main__":
    main()
