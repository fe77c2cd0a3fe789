"""The commands that use a model on texts: `score`, `evaluate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json, Labels, Languages, Model, model_flags


@app.command()
def score(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...", help="Texts to score; - reads one a line.")],
    model: Model = None,
    labels: Labels = None,
    languages: Languages = None,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Score texts: label, probabilities and polarity of each.

    Example: voxpop score "the servers are down again" "worth the wait"

    Example: voxpop score --model hub:cardiffnlp/twitter-roberta-base-sentiment-latest "worth the wait"
    """
    import pyarrow as pa

    from voxpop import assembly

    lines = [line.rstrip("\n") for line in sys.stdin] if texts == ["-"] else texts
    chosen = config.load(settings_file, data=data, **model_flags(model, labels, languages))
    scorer = assembly.model_spec(chosen).open()
    scores = scorer(pa.record_batch([pa.array(lines, pa.string())], names=["text"])).to_pylist()
    rows = [f"{_rounded(row['polarity'])}  {row['label']:<9} {line}" for row, line in zip(scores, lines, strict=True)]
    console.answer({"model_id": scorer.model_id, "scores": scores}, as_json=json_, text="\n".join(rows))


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Labelled posts: .tsv, .csv, .jsonl or .parquet with label and text.")],
    model: Model = None,
    labels: Labels = None,
    languages: Languages = None,
    beside: Annotated[list[str] | None, typer.Option(help="Another model, or `lexicon` for VADER.")] = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Measure a model on labelled posts: macro recall, F1, accuracy, calibration, each with its 95 % interval.

    Example: voxpop evaluate --data labelled.tsv --beside lexicon
    """
    from voxpop import assembly, evaluation
    from voxpop.labelled import read_labelled

    labelled = read_labelled(data)
    chosen = config.load(settings_file, **model_flags(model, labels, languages))
    reports = {chosen.model: evaluation.evaluate(assembly.model_spec(chosen).open(), labelled)}
    for name in beside or []:
        other = config.load(settings_file, model=name, labels={}, languages=())
        reports[name] = evaluation.evaluate(assembly.model_spec(other).open(), labelled)
    first, *others = reports.items()
    reports["majority class"] = evaluation.report(evaluation.majority(labelled))
    answer = {**first[1], "beside": {**dict(others), "majority": reports["majority class"]}}
    console.answer(answer, as_json=json_, text=evaluation.table(reports))


def _rounded(polarity: float | None) -> str:
    return f"{polarity:+.2f}" if polarity is not None else "  –  "
