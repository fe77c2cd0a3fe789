"""A model's correction: how the posts of each true class fall into cells, and how much that differs between topics."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from voxpop.errors import Terminal
from voxpop.insight.cells import BOUNDARY, CELLS
from voxpop.metrics import Floats
from voxpop.scorers.card import weights_digest
from voxpop.scorers.scores import LABELS

FILE: Final = "correction.json"
"""Its name in a model's directory. It is no part of the model's identity, for it changes no score."""

WEIGHT: Final = 3.0
"""How many posts the surroundings are worth where no topics were there to measure it."""


@dataclass(frozen=True)
class Correction:
    """What labelled posts say of a model's answers.

    Attributes:
        counts: labelled posts by cell and true class, shape (CELLS, 3).
        spread: for each class, how closely topics agree on its cells: the concentration of a Dirichlet distribution
            that each topic draws its own from, lowered as far as topics that were left out showed to be needed; None
            where the labelled posts name no topics, which takes them as alike.
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
        """What is said of a topic in general: the shares of the labelled posts, where they are of topics; else None.

        Half a post is added to each, so that no class is ruled out.
        """
        classes = self.counts.sum(axis=0) + 0.5
        return np.asarray(classes / classes.sum()) if self.topics else None

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
