"""The command that measures a model: `evaluate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.corrections import Drawn, as_table, counted, opened_corrections
from voxpop.cli.options import Config, Json, Labels, Languages, Model, Store, model_flags
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.config import Settings
    from voxpop.labelled import LabelledFile
    from voxpop.seams import Scorer


Labelled = Annotated[
    Path | None,
    typer.Option(help="Labelled posts: .tsv, .csv, .jsonl or .parquet. With --corrections: the data directory."),
]
Corrections = Annotated[
    bool, typer.Option("--corrections", help="Measure on the posts of a store that people labelled.")
]
Beside = Annotated[list[str] | None, typer.Option(help="Another model; may be given again.")]
WholeTopics = Annotated[
    bool, typer.Option("--whole-topics", help="Intervals that count the choice of topics as chance, too.")
]
Plot = Annotated[Path | None, typer.Option(help="Draw a reliability diagram, .png or .svg.")]
Keep = Annotated[
    str | None,
    typer.Option(metavar="WORDS", help="Keep the figures and the behaviour beside the model; which posts these are."),
]


@app.command()
def evaluate(
    data: Labelled = None,
    corrections: Corrections = False,
    drawn: Drawn = None,
    store: Store = None,
    model: Model = None,
    labels: Labels = None,
    languages: Languages = None,
    beside: Beside = None,
    whole_topics: WholeTopics = False,
    plot: Plot = None,
    keep: Keep = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Measure a model on labelled posts: macro recall, F1, accuracy, calibration, each with its 95 % interval.

    VADER stands beside it where it is installed, and the differences with their own intervals. With a column
    `topic`, the estimated share of positive posts of each topic is measured too. With --keep the dashboard's page of
    the model shows the figures.

    Example: voxpop evaluate --data labelled.tsv --plot reliability.png

    Example: voxpop evaluate --data labelled.tsv --model my-model --beside en-small --json

    Example: voxpop evaluate --corrections --drawn random --data my-data

    Example: voxpop evaluate --data labelled.tsv --model my-model --keep "300 posts on trains, labelled by us"
    """
    from voxpop import reliability

    if plot:
        reliability.check(plot)
    scorers = _opened(settings_file, model_flags(model, labels, languages), beside or [])
    if corrections:
        with _corrected(config.load(settings_file, data=data, store=store), drawn or ()) as (path, counts):
            measured = _measured(path, scorers, whole_topics)
        more = {"drawn": counts}
    elif data is None or drawn or store:
        raise Terminal("--data names the labelled posts; --drawn and --store are for --corrections")
    else:
        measured, more = _measured(data, scorers, whole_topics), {}
    if plot:
        reliability.draw(plot, {name: measured.reports[name] for name in scorers})
        console.say(f"the reliability diagram is {plot}")
    if keep:
        _keep(keep, settings_file, scorers, measured.reports)
    console.answer({**measured.figures, **more}, as_json=json_, text=measured.text)


@contextmanager
def _corrected(settings: Settings, drawn: Sequence[str]) -> Iterator[tuple[Path, dict[str, int]]]:
    """Posts that people labelled as a table, and how many were drawn in which way."""
    with opened_corrections(settings, drawn) as (rows, _):
        counts = counted(rows)
    if counts["own"] or counts["next"]:
        console.say(
            f"{counts['own'] + counts['next']:,} of {len(rows):,} posts were not drawn at random, so the figures are "
            "of harder posts than most; --drawn random measures fairly"
        )
    with as_table(rows) as path:
        yield path, counts


@dataclass(frozen=True)
class _Measured:
    """Figures of scorers by name on labelled posts, their table for people, and what was left out."""

    reports: dict[str, dict[str, Any]]
    text: str
    counts: dict[str, int]

    @property
    def figures(self) -> dict[str, Any]:
        """Those of the first scorer, the others beside them."""
        (_, first), *others = self.reports.items()
        return {**first, **self.counts, "beside": dict(others)}


def _measured(data: Path, scorers: dict[str, Scorer], whole_topics: bool) -> _Measured:
    from voxpop import evaluation
    from voxpop.labelled import LabelledFile

    labelled = LabelledFile(data)
    _tell_about(labelled)
    if whole_topics and not labelled.has_topics:
        raise Terminal(f"--whole-topics needs a column topic, which {data} lacks")
    reports = _reports(scorers, labelled, whole_topics)
    text = evaluation.table(reports)
    if labelled.has_topics:
        text += "\n\n" + evaluation.topic_table({name: reports[name]["topics"] for name in scorers})
    return _Measured(reports, text, {"n_empty": labelled.empty, "n_broken": labelled.broken})


def _reports(scorers: dict[str, Scorer], labelled: LabelledFile, whole_topics: bool) -> dict[str, dict[str, Any]]:
    """Every scorer's figures on labelled posts, and those of the majority class."""
    from voxpop import evaluation
    from voxpop.bootstrap import RESAMPLES

    with console.counting("scoring", len(labelled), "post") as bar:
        answers, topics = evaluation.answer(scorers, labelled.batches(), bar.update)
    with console.counting("resampling", RESAMPLES, "resample") as bar:
        groups = evaluation.grouped(topics) if whole_topics else None
        reports = evaluation.reports(answers, watch=bar.update, groups=groups)
    for name, scorer in scorers.items():
        reports[name]["model_id"] = scorer.model_id
        if labelled.has_topics:
            reports[name]["topics"] = evaluation.topic_report(answers[name], topics)
    return reports


def _keep(
    posts: str, settings_file: Path | None, scorers: dict[str, Scorer], reports: dict[str, dict[str, Any]]
) -> None:
    """Write the figures of the first scorer and those beside it to its directory, and what each does with the suite."""
    from voxpop import behaviour
    from voxpop.checkpoints import opening
    from voxpop.measured import Measured
    from voxpop.scorers.card import weights_digest

    first = next(iter(scorers))
    directory = opening.model_of(config.load(settings_file, model=first)).directory
    if not (directory / "model.json").is_file():
        raise Terminal(f"{first} has no directory to keep figures in; leave --keep out")
    tests = behaviour.suite()
    with console.counting("testing", len(scorers) * len(tests), "test") as bar:
        found = {name: behaviour.evaluate(scorer, tests, 0, bar.update) for name, scorer in scorers.items()}
    kept = {name: {key: value for key, value in report.items() if key != "topics"} for name, report in reports.items()}
    Measured(weights_digest(directory), posts, kept, found).write(directory)
    console.say(f"the figures are kept in {directory}")


def _opened(settings_file: Path | None, model: dict[str, Any], beside: list[str]) -> dict[str, Scorer]:
    """The scorers by name, the measured one first, the baseline last."""
    from importlib.util import find_spec

    from voxpop.checkpoints import opening

    first = config.load(settings_file, **model)
    names = list(dict.fromkeys([first.model, *beside]))
    if "lexicon" not in names and find_spec("vaderSentiment"):
        names.append("lexicon")
    elif "lexicon" not in names:
        console.say("VADER would stand beside it; install it with `pip install vaderSentiment`")
    others = [config.load(settings_file, model=name, labels={}, languages=()) for name in names[1:]]
    return {chosen.model: opening.model_of(chosen).open() for chosen in (first, *others)}


def _tell_about(labelled: LabelledFile) -> None:
    """Say what a reader of the figures must know about the table."""
    from voxpop.scorers.scores import LABELS

    if labelled.broken:
        console.say(f"{labelled.broken:,} rows are left out as they cannot be read; the first is {labelled.problem}")
    if labelled.empty:
        console.say(f"{labelled.empty:,} posts have an empty text, and count as missed")
    there = [label for label, count in zip(LABELS, labelled.found, strict=True) if count]
    if len(there) < len(LABELS):
        console.say(f"only {' and '.join(there)} occur; macro recall is over {len(there)} of {len(LABELS)} labels")
