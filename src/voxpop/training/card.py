"""The model card that travels with the weights, written from the run, the export and the measurement of the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from voxpop import behaviour, evaluation
from voxpop.labelled import Labelled
from voxpop.metrics import MEASURES
from voxpop.seams import Scorer, reads_topic

WATTS_A_CORE: Final = 10
"""What a busy server core is taken to draw, to turn time into energy; a guess that the card names as one."""

_TONE = "* It judges the tone of a post, not the stance towards a topic in it, and irony mostly escapes it.\n"
_TOWARDS = """\
* It judges what a post says of a topic, by the topic's words; where a post calls the topic something else, or speaks of
  several things, it errs more, and irony mostly escapes it.
"""
_LIMITS = """\
* Languages it was not trained on get a score that means nothing; Voxpop leaves posts in them unscored.
* Its probabilities are as honest as the posts they were fitted on are like yours.
* Fit for aggregates over many posts. Do not use it to judge a person."""

_NAMES = {
    "languages": "languages",
    "base_model": "base model",
    "trained_on": "trained on",
    "licence": "licence of the weights",
    "parameters": "parameters",
    "outputs": "its own labels",
    "precision": "precision",
    "megabytes": "size of the weights, MB",
    "max_length": "tokens of a post that count",
    "pair": "a post is read beside its",
    "emoji": "emoji are read as",
    "exit_layers": "early exits after layers",
    "mean_layers": "layers a post on average",
    "parity_rows": "compared with PyTorch on, posts",
    "labels_flipped": "labels that differ from PyTorch",
    "max_change": "largest change of a probability",
    "mean_change": "mean change of a probability",
    "dev_rows": "development posts, which also chose weights, temperature and exits",
    "dev_macro_recall": "macro recall on them",
    "dev_macro_recall_without_exits": "the same without exits",
    "dev_ece": "expected calibration error on them",
    "dev_ece_before": "the same before the temperature",
    "balance": "logit adjustment towards rare labels, of 1",
    "temperature": "temperature",
}


@dataclass(frozen=True)
class Known:
    """What there is to say besides the export's own figures.

    Attributes:
        run: `train.json` of `voxpop train`; empty where the checkpoint is of other origin.
        measured: an evaluation report on the development posts; empty without them.
        behaves: a behaviour report; empty for a model that reads no English.
    """

    run: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)
    behaves: Mapping[str, Any] = field(default_factory=dict)


def measure(scorer: Scorer, dev: Labelled | None, run: Mapping[str, Any]) -> Known:
    """Return what the card says of a finished model: its figures on `dev` with intervals, and its behaviour."""
    measured: Mapping[str, Any] = {}
    if dev:
        answers, _ = evaluation.answer({"model": scorer}, [dev])
        measured = evaluation.reports(answers)["model"]
    suits = not reads_topic(scorer) and (not scorer.languages or "en" in scorer.languages)
    return Known(run, measured, behaviour.evaluate(scorer, behaviour.suite()) if suits else {})


def card(figures: Mapping[str, Any], known: Known | None = None) -> str:
    """Return the card as Markdown: a row for each figure that is known, in a fixed order, then what else is known.

    >>> "| temperature | 1.2 |" in card({"name": "mine", "temperature": 1.2})
    True
    """
    rows = [f"| {title} | {_shown(figures[key])} |" for key, title in _NAMES.items() if key in figures]
    towards = figures.get("pair") == "topic"
    what = "Sentiment of short posts towards a topic" if towards else "Sentiment of short posts"
    head = f"# {figures['name']}\n\n{what}: negative, neutral or positive. Exported by Voxpop."
    limits = (_TOWARDS if towards else _TONE) + _LIMITS
    parts = [head, "\n".join(["| | |", "|---|---|", *rows]), *_more(known or Known()), f"## Limits\n\n{limits}"]
    return "\n\n".join(parts) + "\n"


def _more(known: Known) -> Iterator[str]:
    if known.measured:
        rows = [f"| {name} | {_with_interval(known.measured, name)} |" for name in MEASURES]
        yield "## Figures on the development posts\n\nWith 95 % bootstrap intervals."
        yield "\n".join(["| | |", "|---|---|", *rows])
        classes = known.measured["per_class"].items()
        lines = [f"| {label} | {_three(row)} | {row['support']:,} |" for label, row in classes]
        yield "\n".join(["| label | precision | recall | F1 | posts |", "|---|---|---|---|---|", *lines])
    if known.behaves:
        yield "## Behaviour\n\nShare of invented cases that fail, by capability (`voxpop behaviour`)."
        yield behaviour.table({"this model": known.behaves})
    if known.run:
        yield f"## How it was made\n\n{_made(known.run)}"


def _made(run: Mapping[str, Any]) -> str:
    recipe, rows, hours = run["recipe"], run["rows"], run["seconds"] / 3600
    cores = int(run.get("threads", 1))
    told = [
        f"`voxpop train` on {rows['labelled']:,} labelled and {rows['unlabelled']:,} unlabelled texts, chosen on "
        f"{rows['dev']:,} development posts; {hours:.1f} hours on {cores} processor cores, some "
        f"{hours * cores * WATTS_A_CORE / 1000:.2f} kWh at {WATTS_A_CORE} W a core (assumed).",
        "With "
        + ", ".join(
            f"{key} {_shown(_last_part(value))}" for key, value in recipe.items() if value not in (None, "", [])
        )
        + ".",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in run["versions"].items()) + ".",
    ]
    return "\n\n".join(told)


def _with_interval(report: Mapping[str, Any], name: str) -> str:
    low, high = report[f"{name}_interval"]
    return f"{report[name]:.3f} ({low:.3f} to {high:.3f})"


def _three(row: Mapping[str, Any]) -> str:
    values = (row[name] for name in ("precision", "recall", "f1"))
    return " | ".join("–" if value is None else f"{value:.3f}" for value in values)


def _shown(value: Any) -> str:
    text = (", ".join(map(str, value)) or "any") if isinstance(value, list) else str(value)
    return text.replace("|", "/").replace("\n", " ")


def _last_part(value: Any) -> Any:
    """A recipe holds paths of the machine it ran on, of which the last part says enough."""
    if isinstance(value, list):
        return [_last_part(each) for each in value]
    return value.rstrip("/").rsplit("/", 1)[-1] if isinstance(value, str) else value
