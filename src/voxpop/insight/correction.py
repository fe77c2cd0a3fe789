"""A model's correction: how the posts of each true class fall into cells, and how much that differs between topics."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from voxpop.errors import Terminal
from voxpop.insight.cells import BOUNDARY, CELLS, cells_of
from voxpop.metrics import Floats, Ints
from voxpop.scorers.card import weights_digest
from voxpop.scorers.scores import LABELS

FILE: Final = "correction.json"
"""Its name in a model's directory. It is no part of the model's identity, for it changes no score."""

FEWEST: Final = 50
"""Posts of each class that a correction needs: with fewer it would be more doubt than correction."""
FEWEST_TOPICS: Final = 10

WEIGHT: Final = 3.0
"""How many posts the surroundings are worth where no topics were there to measure it."""


@dataclass(frozen=True)
class Correction:
    """What labelled posts say of a model's answers.

    Attributes:
        counts: labelled posts by cell and true class, shape (CELLS, 3).
        spread: for each class, how closely topics agree on its cells: the concentration of a Dirichlet distribution
            that each topic draws its own from; None where the labelled posts name no topics, which takes them as alike.
        weight: how closely topics agree on the shares themselves: how many posts a topic's surroundings are worth.
        topics: the number of topics from which the two were measured.
        files: digest of the model's files, for a correction is of one model.
    """

    counts: Floats
    spread: Floats | None
    weight: float
    topics: int
    files: str

    @property
    def posts(self) -> int:
        """How many labelled posts it was made from."""
        return int(self.counts.sum())

    @property
    def likelihood(self) -> Floats:
        """The probability of each cell given the true class, shape (CELLS, 3); half a post is added to each."""
        counts = self.counts + 0.5
        return np.asarray(counts / counts.sum(axis=0))

    @property
    def doubt(self) -> Floats:
        """The variance of each class's likelihood, in units of that of one draw: of labelled posts and of topics."""
        labelled = 1 / (self.counts.sum(axis=0) + 0.5 * CELLS + 1)
        return np.asarray(labelled if self.spread is None else labelled + 1 / (self.spread + 1))

    @property
    def middle(self) -> Floats | None:
        """What is said of a topic in general: the shares of the labelled posts, where they are of topics; else None."""
        return self.counts.sum(axis=0) / self.posts if self.topics else None

    def write(self, path: Path) -> None:
        """Write it as JSON; it holds counts alone, and no post."""
        spread = None if self.spread is None else [round(float(one), 2) for one in self.spread]
        counts = {label: self.counts[:, at].astype(int).tolist() for at, label in enumerate(LABELS)}
        found = {
            "files": self.files, "sure": BOUNDARY, "counts": counts, "topics": self.topics, "spread": spread,
            "weight": round(self.weight, 2),
        }  # fmt: skip
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Correction:
        """Read what `write` wrote.

        Raises:
            Terminal: the file is missing, or no correction.
        """
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            counts = np.array([found["counts"][label] for label in LABELS], dtype=np.float64).T
            spread = None if found["spread"] is None else np.array(found["spread"], dtype=np.float64)
            read = cls(counts, spread, float(found["weight"]), int(found["topics"]), str(found["files"]))
            if found["sure"] != BOUNDARY or counts.shape != (CELLS, len(LABELS)) or not _sane(read):
                raise ValueError("its numbers cannot be")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Terminal(f"{path} is no correction ({error}); make it again with `voxpop calibrate`") from error
        return read


def _sane(read: Correction) -> bool:
    above = np.append([] if read.spread is None else read.spread, [read.weight, *read.counts.sum(axis=0)])
    finite = np.isfinite(above).all() and np.isfinite(read.counts).all()
    return bool(finite and above.min() > 0 and read.counts.min() >= 0)


def files_of(directory: Path) -> str:
    """What a correction of the model in a directory has as `files`; "" for a model without files."""
    return weights_digest(directory) if (directory / "model.json").is_file() else ""


def find(directory: Path, path: Path | None = None) -> Correction | None:
    """The correction of the model in a directory: the one at `path`, else the one that came with the model.

    None where neither is there, or the model was exported anew since.

    Raises:
        Terminal: it cannot be read, or the one at `path` was made for another model.
    """
    chosen = path or directory / FILE
    if path is None and not chosen.is_file():
        return None
    found = Correction.read(chosen)
    if found.files == files_of(directory):
        return found
    if path is None:
        return None
    raise Terminal(f"{path} is the correction of another model; make one for this model with `voxpop calibrate`")


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

    Raises:
        Terminal: a class has fewer than `FEWEST` posts.
    """
    counts = np.zeros((CELLS, len(LABELS)))
    np.add.at(counts, (labelled.cells, labelled.gold), 1)
    if (fewest := int(counts.sum(axis=0).min())) < FEWEST:
        label = LABELS[int(counts.sum(axis=0).argmin())]
        raise Terminal(f"{fewest} of the labelled posts are {label}; a correction needs {FEWEST} of each label")
    names = {name: at for at, name in enumerate(dict.fromkeys(name for name in by_topic.topics if name))}
    place = np.array([names.get(name or "", -1) for name in by_topic.topics], dtype=np.int64)
    known = place >= 0
    if not len(names) or (np.bincount(place[known]) > 1).sum() < FEWEST_TOPICS:
        return Correction(counts, None, WEIGHT, 0, files)
    place, cells, gold = place[known], by_topic.cells[known], by_topic.gold[known]
    of_class = [gold == at for at in range(len(LABELS))]
    spread = [concentration(_table(place[chosen], cells[chosen], CELLS)) for chosen in of_class]
    return Correction(counts, np.array(spread), concentration(_table(place, gold, len(LABELS))), len(names), files)


def _table(place: Ints, what: Ints, columns: int) -> Floats:
    table = np.zeros((place.max(initial=-1) + 1, columns))
    np.add.at(table, (place, what), 1)
    return table


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
