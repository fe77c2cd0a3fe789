"""How good scorers are on labelled posts, beside each other and a majority class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa

from voxpop.bootstrap import RESAMPLES, Intervals, intervals, resampled
from voxpop.labelled import Labelled
from voxpop.metrics import ANSWERS, MEASURES, Answers, Floats, Ints, Tally, f1s, recalls, reliability
from voxpop.quantification import ERRORS, averages, by_topic
from voxpop.scorers.scores import LABELS, UNSCORED
from voxpop.seams import Scorer

DIGITS = 4
TOPICS_SHOWN = 20
MAJORITY = "majority"


def answer(
    scorers: Mapping[str, Scorer], batches: Iterable[Labelled], watch: Callable[[int], object] = lambda posts: None
) -> tuple[dict[str, Answers], list[str | None]]:
    """What each scorer says of each text, and each text's topic; then the majority class, under its name.

    A scorer that reads a topic is given each text's own. An unscored text is a miss for its label. Texts are held one
    batch at a time; `watch` is told how many were scored.
    """
    gold: list[Ints] = []
    topics: list[str | None] = []
    found: dict[str, list[tuple[Ints, Floats]]] = {name: [] for name in scorers}
    for batch in batches:
        gold.append(np.asarray(batch.gold, dtype=np.int64))
        topics += batch.topics
        columns = [pa.array(column, pa.string()) for column in (batch.texts, batch.topics)]
        texts = pa.record_batch(columns, names=["text", "topic"])
        for name, scorer in scorers.items():
            found[name].append(_answered(scorer(texts)))
        watch(len(batch))
    true = np.concatenate(gold)
    answers = {
        name: Answers(true, *(np.concatenate(parts) for parts in zip(*pieces, strict=True)))
        for name, pieces in found.items()
    }
    return {**answers, MAJORITY: majority(true)}, topics


def majority(gold: Ints) -> Answers:
    """What always answering the commonest label would say, with certainty."""
    commonest = int(np.bincount(gold, minlength=len(LABELS)).argmax())
    chosen = np.full(len(gold), commonest)
    return Answers(gold, chosen, np.eye(len(LABELS))[chosen])


def reports(
    answers: Mapping[str, Answers],
    resamples: int = RESAMPLES,
    watch: Callable[[], object] = lambda: None,
    groups: Ints | None = None,
) -> dict[str, dict[str, Any]]:
    """Every figure of each scorer as plain JSON values, `<measure>_interval` being its 95 % bootstrap interval.

    With `groups`, such as those of `grouped`, whole groups of texts are drawn for the intervals. All but the first also
    have `difference`: their figure minus the first one's, with the interval of the paired difference. Where that
    interval leaves out 0, the difference is more than the choice of texts explains.
    """
    samples = resampled(answers, resamples, watch, groups=groups)
    figures = {name: report(one.tally(), intervals(samples[name])) for name, one in answers.items()}
    first, *others = answers
    for name in others:
        apart = intervals(samples[name] - samples[first])
        figures[name]["difference"] = _with_intervals(
            {at: MEASURES[at](answers[name].tally()) - MEASURES[at](answers[first].tally()) for at in MEASURES}, apart
        )
    for name, one in answers.items():
        known = one.scored
        figures[name]["reliability"] = [asdict(bin) for bin in reliability(one.probabilities[known], one.gold[known])]
    return figures


def grouped(topics: Sequence[str | None]) -> Ints:
    """A number for each text's topic, counted from 0; a text without one is a group of its own.

    >>> grouped(["gta", None, "gta", None]).tolist()
    [0, 1, 0, 2]
    """
    number: dict[str | int, int] = {}
    keys = [at if topic is None else topic for at, topic in enumerate(topics)]
    return np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.int64)


def report(tally: Tally, bounds: Intervals) -> dict[str, Any]:
    """The figures of one scorer."""
    matrix = tally.matrix.astype(np.int64)
    figures: dict[str, Any] = {"n": int(matrix.sum()), "n_unscored": int(matrix[:, ANSWERS - 1].sum())}
    figures |= _with_intervals({name: measure(tally) for name, measure in MEASURES.items()}, bounds)
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


def topic_report(answers: Answers, topics: list[str | None]) -> dict[str, Any]:
    """How well the shares of positive posts are estimated by topic, and SemEval-2017 Task 4D's errors over topics."""
    shares = by_topic(answers, topics)
    rows = [
        {
            "topic": one.topic,
            "n": one.n,
            "share_true": _rounded(one.true),
            "share_estimated": _rounded(one.estimated),
            **{name: _rounded(value) for name, value in one.errors.items()},
        }
        for one in shares
    ]
    return {**{name: _rounded(value) for name, value in averages(shares).items()}, "n_topics": len(rows), "rows": rows}


def table(figures: Mapping[str, dict[str, Any]]) -> str:
    """Reports by name as a table for people, the interval behind each figure; then the first one's classes."""
    first, *others = figures
    lines = [f"{'':<26}" + "".join(f"{name:>26}" for name in MEASURES)]
    lines += [_line(name, figures[name]) for name in figures]
    lines += ["", f"minus {first}; * where the interval leaves out 0"]
    lines += [_line(name, figures[name]["difference"], marked=True) for name in others]
    lines += ["", f"{'label':<12}{'precision':>10}{'recall':>10}{'f1':>10}{'posts':>8}   answered {', '.join(LABELS)}"]
    for at, (label, row) in enumerate(figures[first]["per_class"].items()):
        shown = "".join(f"{_number(row[name]):>10}" for name in ("precision", "recall", "f1"))
        lines.append(f"{label:<12}{shown}{row['support']:>8}   {figures[first]['confusion'][at][: len(LABELS)]}")
    return "\n".join(lines)


def topic_table(found: Mapping[str, dict[str, Any]]) -> str:
    """Topic reports by scorer as a table for people: the errors of each, and the first one's largest topics."""
    rows = next(iter(found.values()))["rows"]
    lines = [f"share of positive by topic, {len(rows)} topics, positive and negative posts", f"{'':<26}"]
    lines[1] += "".join(f"{name.upper():>10}" for name in ERRORS)
    lines += [f"{name:<26}" + "".join(f"{_number(one[error]):>10}" for error in ERRORS) for name, one in found.items()]
    lines += ["", f"{'topic':<26}{'posts':>8}{'true':>8}{'found':>8}{'error':>8}"]
    for row in rows[:TOPICS_SHOWN]:
        shares = "".join(f"{_number(row[name]):>8}" for name in ("share_true", "share_estimated", "ae"))
        lines.append(f"{row['topic'][:25]:<26}{row['n']:>8}{shares}")
    if len(rows) > TOPICS_SHOWN:
        lines.append(f"and {len(rows) - TOPICS_SHOWN} smaller ones; --json has them all")
    return "\n".join(lines)


def _answered(scores: pa.RecordBatch) -> tuple[Ints, Floats]:
    names = [*LABELS, UNSCORED]
    chosen = np.array([names.index(label) for label in scores["label"].to_pylist()], dtype=np.int64)
    columns = [scores[f"p_{label}"].to_numpy(zero_copy_only=False) for label in LABELS]
    return chosen, np.stack(columns, axis=1).astype(np.float64)


def _with_intervals(values: Mapping[str, float], bounds: Intervals) -> dict[str, Any]:
    pairs = {f"{name}_interval": [_rounded(bound) for bound in bounds[name]] for name in values}
    return {**{name: _rounded(value) for name, value in values.items()}, **pairs}


def _line(name: str, figures: Mapping[str, Any], marked: bool = False) -> str:
    return f"{name[:25]:<26}" + "".join(f"{_cell(figures, measure, marked):>26}" for measure in MEASURES)


def _cell(figures: Mapping[str, Any], measure: str, marked: bool) -> str:
    low, high = figures[f"{measure}_interval"]
    mark = "*" if marked and low is not None and not low <= 0 <= high else ""
    return f"{_number(figures[measure])}{mark} [{_number(low)}, {_number(high)}]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), DIGITS)
