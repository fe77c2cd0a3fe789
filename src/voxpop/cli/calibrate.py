"""The command that measures how a model errs: `calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.corrections import as_table, opened_corrections
from voxpop.cli.options import Config, Data, Json, Labels, Languages, Model, Store, model_flags
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.config import Settings
    from voxpop.insight.correction import Correction
    from voxpop.score import ModelSpec


@app.command()
def calibrate(
    labelled: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Labelled posts (label, text) that the model was not trained on."),
    ] = None,
    corrections: Annotated[
        bool,
        typer.Option("--corrections", help="The posts of a store that people labelled as they were offered, for FILE."),
    ] = False,
    topics: Annotated[
        Path | None,
        typer.Option(help="Labelled posts with a column topic, for how topics differ. [default: FILE, if it has one]"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write. [default: correction.json of the model]")] = None,
    model: Model = None,
    labels: Labels = None,
    languages: Languages = None,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Measure how a model errs on labelled posts, so that `voxpop prevalence` can correct its counts for that.

    Writes counts alone, no post. Label some hundred posts of your own kind for the best correction, and name the file
    that --out writes as `correction` in voxpop.toml.

    With --corrections it is made of posts that `voxpop corrections next` offered, each kind weighed by how many posts
    of the store are of it; posts that people chose themselves say what caught the eye, and are left out.

    Example: voxpop calibrate labelled.tsv --out correction.json

    Example: voxpop calibrate --corrections --data my-data --out correction.json
    """
    from voxpop.checkpoints import opening
    from voxpop.insight import correction

    if corrections == (labelled is not None):
        raise Terminal("give either FILE or --corrections")
    flags = model_flags(model, labels, languages)
    settings = config.load(settings_file, data=data, store=store, **flags)
    spec = opening.model_of(settings)
    path = out or spec.directory / correction.FILE
    if labelled is None and out is None:
        raise Terminal("--corrections needs --out; name that file as `correction` in voxpop.toml")
    made = _from_file(spec, (labelled, topics)) if labelled else _from_corrections(settings, spec, topics)
    made.write(path)
    answer = {"out": str(path), "posts": made.posts, "topics": made.topics, "weight": round(made.weight, 2)}
    console.answer(answer, as_json=json_, text=_told(answer))


def _from_file(spec: ModelSpec, tables: tuple[Path, Path | None]) -> Correction:
    from voxpop.insight import correction, labelling

    with console.counting("scoring", labelling.posts(*tables), "post") as bar:
        return labelling.fit(spec.open(), tables, correction.files_of(spec.directory), bar.update)


def _from_corrections(settings: Settings, spec: ModelSpec, topics: Path | None) -> Correction:
    """The correction of the posts that were labelled as they were offered; what topics differ by stays the model's."""
    from voxpop.insight import correction, labelling

    scorer = spec.open()
    with opened_corrections(settings, ("next", "random")) as (rows, view):
        if view.made_by() != scorer.model_id:
            raise Terminal(
                f"the store holds scores of {view.made_by()}, not of {scorer.model_id}; name it with --model"
            )
        population = labelling.population(view)
    known = correction.find(spec.directory, settings.correction)
    with as_table(rows) as path, console.counting("scoring", labelling.posts(path, topics), "post") as bar:
        labelled = labelling.Offered((path, topics), population, known)
        return labelling.fit_offered(scorer, labelled, correction.files_of(spec.directory), bar.update)


def _told(answer: dict[str, Any]) -> str:
    topics = f"{answer['topics']:,} topics" if answer["topics"] else "no topics, which takes them all as alike"
    return f"{answer['out']} is a correction from {answer['posts']:,} labelled posts and {topics}"
