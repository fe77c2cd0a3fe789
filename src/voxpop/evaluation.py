"""How good a scorer is on labelled posts, beside a majority class and any other scorer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from voxpop.labelled import Labelled
from voxpop.metrics import ANSWERS, MEASURES, RESAMPLES, Answers, confusion, f1s, intervals, recalls
from voxpop.scorers.scores import LABELS, UNSCORED
from voxpop.seams import Scorer

DIGITS = 4


def evaluate(scorer: Scorer, labelled: Labelled, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Score the texts and measure the answers; plain JSON values.

    An unscored text is a miss for its label. `<measure>_interval` is the 95 % bootstrap interval of `<measure>`.
    """
    return {"model_id": scorer.model_id, **report(answer(scorer, labelled), resamples)}


def answer(scorer: Scorer, labelled: Labelled) -> Answers:
    """What the scorer says of each text."""
    scores = scorer(pa.record_batch([pa.array(labelled.texts, pa.string())], names=["text"]))
    names = [*LABELS, UNSCORED]
    chosen = np.array([names.index(label) for label in scores["label"].to_pylist()])
    columns = [scores[f"p_{label}"].to_numpy(zero_copy_only=False) for label in LABELS]
    return Answers(np.asarray(labelled.gold), chosen, np.stack(columns, axis=1).astype(np.float64))


def majority(labelled: Labelled) -> Answers:
    """What always answering the commonest label would say, with certainty."""
    gold = np.asarray(labelled.gold)
    commonest = int(np.bincount(gold, minlength=len(LABELS)).argmax())
    chosen = np.full(len(gold), commonest)
    return Answers(gold, chosen, np.eye(len(LABELS))[chosen])


def report(answers: Answers, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Every figure of some answers."""
    matrix = confusion(answers.gold, answers.chosen)
    figures: dict[str, Any] = {"n": len(answers.gold), "n_unscored": int(matrix[:, ANSWERS - 1].sum())}
    for name, measure in MEASURES.items():
        figures[name] = _rounded(measure(answers))
    for name, interval in intervals(answers, resamples).items():
        figures[f"{name}_interval"] = [_rounded(bound) for bound in interval]
    answered = matrix.sum(axis=0)
    figures["per_class"] = {
        label: {
            "precision": _rounded(matrix[at, at] / answered[at]) if answered[at] else None,
            "recall": _rounded(recalls(matrix)[at]),
            "f1": _rounded(f1s(matrix)[at]),
            "support": int(matrix[at].sum()),
        }
        for at, label in enumerate(LABELS)
    }
    figures["confusion"] = matrix.tolist()
    return figures


def table(reports: dict[str, dict[str, Any]]) -> str:
    """Reports by name as a table for people, the interval behind each figure; then the first one's classes."""
    lines = [f"{'':<26}" + "".join(f"{name:>24}" for name in MEASURES)]
    for name, figures in reports.items():
        lines.append(f"{name:<26}" + "".join(f"{_cell(figures, measure):>24}" for measure in MEASURES))
    first = next(iter(reports.values()))
    lines += ["", f"{'label':<12}{'precision':>10}{'recall':>10}{'f1':>10}{'posts':>8}   answered {', '.join(LABELS)}"]
    for at, (label, row) in enumerate(first["per_class"].items()):
        shown = "".join(f"{_number(row[name]):>10}" for name in ("precision", "recall", "f1"))
        lines.append(f"{label:<12}{shown}{row['support']:>8}   {first['confusion'][at][: len(LABELS)]}")
    return "\n".join(lines)


def _cell(figures: dict[str, Any], measure: str) -> str:
    low, high = figures[f"{measure}_interval"]
    return f"{_number(figures[measure])} [{_number(low)}, {_number(high)}]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), DIGITS)
