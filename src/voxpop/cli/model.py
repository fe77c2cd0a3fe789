"""The commands that use a model on texts: `score`, `evaluate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json

if TYPE_CHECKING:
    from voxpop.labelled import LabelledFile
    from voxpop.seams import Scorer


@app.command()
def score(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...", help="Texts to score; - reads one a line.")],
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Score texts: label, probabilities and polarity of each.

    Example: voxpop score "the servers are down again" "worth the wait"
    """
    import pyarrow as pa

    from voxpop import assembly

    lines = [line.rstrip("\n") for line in sys.stdin] if texts == ["-"] else texts
    scorer = assembly.model_spec(config.load(settings_file, data=data)).open()
    scores = scorer(pa.record_batch([pa.array(lines, pa.string())], names=["text"])).to_pylist()
    rows = [f"{_rounded(row['polarity'])}  {row['label']:<9} {line}" for row, line in zip(scores, lines, strict=True)]
    console.answer({"model_id": scorer.model_id, "scores": scores}, as_json=json_, text="\n".join(rows))


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Labelled posts: .tsv, .csv, .jsonl or .parquet with label and text.")],
    model: Annotated[str | None, typer.Option(help="A bundled model or a directory. [default: en-small]")] = None,
    beside: Annotated[list[str] | None, typer.Option(help="Another model; may be given again.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw a reliability diagram, .png or .svg.")] = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Measure a model on labelled posts: macro recall, F1, accuracy, calibration, each with its 95 % interval.

    VADER stands beside it where it is installed, and the differences with their own intervals. With a column
    `topic`, the estimated share of positive posts of each topic is measured too.

    Example: voxpop evaluate --data labelled.tsv --plot reliability.png

    Example: voxpop evaluate --data labelled.tsv --model my-model --beside en-small --json
    """
    from voxpop import evaluation, reliability
    from voxpop.bootstrap import RESAMPLES
    from voxpop.labelled import LabelledFile

    if plot:
        reliability.check(plot)
    scorers = _opened(settings_file, model, beside or [])
    labelled = LabelledFile(data)
    _tell_about(labelled)
    with console.counting("scoring", len(labelled), "post") as bar:
        answers, topics = evaluation.answer(scorers, labelled.batches(), bar.update)
    with console.counting("resampling", RESAMPLES, "resample") as bar:
        reports = evaluation.reports(answers, watch=bar.update)
    for name, scorer in scorers.items():
        reports[name]["model_id"] = scorer.model_id
        if labelled.has_topics:
            reports[name]["topics"] = evaluation.topic_report(answers[name], topics)
    if plot:
        reliability.draw(plot, {name: reports[name] for name in scorers})
        console.say(f"the reliability diagram is {plot}")
    text = evaluation.table(reports)
    if labelled.has_topics:
        text += "\n\n" + evaluation.topic_table({name: reports[name]["topics"] for name in scorers})
    (_, first), *others = reports.items()
    counts = {"n_empty": labelled.empty, "n_broken": labelled.broken}
    console.answer({**first, **counts, "beside": dict(others)}, as_json=json_, text=text)


def _opened(settings_file: Path | None, model: str | None, beside: list[str]) -> dict[str, Scorer]:
    """The scorers by name, the measured one first, the baseline last."""
    from importlib.util import find_spec

    from voxpop import assembly

    first = config.load(settings_file, model=model)
    names = list(dict.fromkeys([first.model, *beside]))
    if "lexicon" not in names and find_spec("vaderSentiment"):
        names.append("lexicon")
    elif "lexicon" not in names:
        console.say("VADER would stand beside it; install it with `pip install vaderSentiment`")
    return {name: assembly.model_spec(config.load(settings_file, model=name)).open() for name in names}


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


def _rounded(polarity: float | None) -> str:
    return f"{polarity:+.2f}" if polarity is not None else "  –  "
