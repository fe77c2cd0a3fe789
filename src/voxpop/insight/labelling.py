"""From labelled posts to a model's correction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from voxpop import evaluation
from voxpop.errors import Terminal
from voxpop.insight import correction
from voxpop.insight.correction import Answered, Correction
from voxpop.labelled import LabelledFile
from voxpop.seams import Scorer

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
    return correction.fit(answered, _answered(scorer, topics, watch) if topics else answered, files)


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
