"""From labelled posts to a model's correction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from voxpop import evaluation
from voxpop.errors import Terminal
from voxpop.insight import correction, fitting
from voxpop.insight.cells import counted_cells
from voxpop.insight.correction import Correction
from voxpop.insight.fitting import Answered
from voxpop.labelled import LabelledFile
from voxpop.metrics import Floats
from voxpop.seams import Scorer, Store
from voxpop.stores import queries
from voxpop.stores.queries import Filter

Tables = tuple[Path, Path | None]
"""Labelled posts, and others by topic where these are not the same."""


def posts(labelled: Path, topics: Path | None) -> int:
    """How many posts `fit` will score.

    Raises:
        Terminal: a file cannot be read as labelled posts.
    """
    return len(LabelledFile(labelled)) + (len(LabelledFile(topics)) if topics else 0)


def fit(scorer: Scorer, tables: Tables, files: str, watch: Callable[[int], object] = lambda posts: None) -> Correction:
    """Score labelled posts and make the correction of them; `watch` is told how many were scored.

    Raises:
        Terminal: a file cannot be read, or has too few posts of a label.
    """
    labelled, topics = tables
    answered = _answered(scorer, labelled, watch)
    return fitting.fit(answered, _answered(scorer, topics, watch) if topics else answered, files)


UNSEEN: Final = 0.05
"""The share of a store's posts that may lie in cells of which nobody labelled a post."""


@dataclass(frozen=True)
class Offered:
    """Posts of a store that were labelled as they were offered: at random, or because the model doubted them.

    Attributes:
        tables: as of `fit`.
        population: the store's posts by cell.
        known: the model's correction so far, of which what topics differ by is kept; None without one.
    """

    tables: Tables
    population: Floats
    known: Correction | None


def population(store: Store) -> Floats:
    """How many posts of a store lie in each cell."""
    totals = asdict(queries.totals(store, Filter()))
    return np.asarray(counted_cells(pa.table({name: [n] for name, n in totals.items()}))[0])


def fit_offered(
    scorer: Scorer, offered: Offered, files: str, watch: Callable[[int], object] = lambda posts: None
) -> Correction:
    """As `fit`, of posts that were drawn by what the model answers: each weighs what its cell weighs in the store.

    Which true class the posts of a cell have does not depend on how often its posts were offered, as long as within a
    cell they were drawn blindly, which holds for a random draw and nearly for doubted posts; so post-stratification by
    cell undoes the draw (Holt and Smith 1979, https://doi.org/10.2307/2344652). Weights are worth fewer posts than
    there are: counts are scaled to Kish's effective number, (sum of weights)^2 / (sum of their squares). The trap: no
    weight undoes that somebody chose posts because the model erred on them; leave those out.

    Raises:
        Terminal: a label has too few posts, or cells that hold many posts have none that was labelled.
    """
    labelled, topics = offered.tables
    answered = _answered(scorer, labelled, watch)
    made = fitting.fit(answered, _answered(scorer, topics, watch) if topics else answered, files)
    made = replace(made, counts=weighted(made.counts, offered.population))
    known = offered.known
    if made.spread is None and known is not None:
        return replace(made, spread=known.spread, weight=known.weight, topics=known.topics)
    return made


def weighted(counts: Floats, population: Floats) -> Floats:
    """Counts of labelled posts by cell and class as a random sample of the population would have them, in whole posts.

    >>> weighted(np.array([[30.0, 10.0], [10.0, 50.0]]), np.array([500.0, 500.0])).tolist()
    [[36.0, 12.0], [8.0, 40.0]]

    Raises:
        Terminal: more than `UNSEEN` of the population is in cells without a labelled post.
    """
    of_cell = counts.sum(axis=1)
    seen = of_cell > 0
    if (unseen := population[~seen].sum() / max(population.sum(), 1)) > UNSEEN:
        raise Terminal(
            f"of {unseen:.0%} of the posts (those of a label, sure or not sure) nobody labelled one; label a random "
            "sample, voxpop corrections next --drawn random"
        )
    weight = np.zeros(len(counts))
    weight[seen] = population[seen] / of_cell[seen]
    every = (of_cell * weight).sum() ** 2 / max((of_cell * weight**2).sum(), 1e-12)
    shares = counts * weight[:, None]
    found = np.asarray(np.rint(shares * every / max(shares.sum(), 1e-12)))
    if not found.sum(axis=0).all():
        raise Terminal("a label is too rare among the posts of the store to correct for; label more posts of it")
    return found


def beside(scorer: Scorer, labelled: Path, directory: Path) -> str | None:
    """Put the correction beside a model's files; answers why there is none, where the posts are too few."""
    try:
        fit(scorer, (labelled, None), correction.files_of(directory)).write(directory / correction.FILE)
    except Terminal as error:
        return str(error)
    return None


def _answered(scorer: Scorer, path: Path, watch: Callable[[int], object]) -> Answered:
    answers, topics = evaluation.answer({"model": scorer}, LabelledFile(path).batches(), watch)
    return Answered.of(answers["model"].probabilities, answers["model"].gold, topics)
