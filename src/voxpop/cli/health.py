"""The command that says whether posts still look to the model as those that it was measured on did: `health`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json, Model, Store, Topics
from voxpop.cli.window import windowed
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.api.health import ModelHealth
    from voxpop.score import ModelSpec


@app.command()
def health(
    topic: Topics = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="[default: a day before the end]")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Exclusive. [default: after the last post]")] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Labelled posts: write what is normal for --model, and look at no store.")
    ] = None,
    model: Model = None,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Say whether posts still look to the model as those that it was measured on did, and since when not.

    Four things can drift: the model's answers, the posts that it cannot read, languages, and words (how many pieces
    they fall into, and which). Drift does not say that the model is wrong, but that its figures may not hold: label a
    random sample then (voxpop corrections next --drawn random). docs/health.md says how to read it.

    Example: voxpop health --data my-data

    Example: voxpop health --model my-model --reference dev.tsv
    """
    from voxpop.api.health import answer
    from voxpop.checkpoints import opening
    from voxpop.insight import health as insight

    settings = config.load(settings_file, data=data, store=store, model=model)
    spec = opening.model_of(settings)
    if reference:
        found = _written(reference, spec)
        console.answer({"out": str(found)}, as_json=json_, text=f"{found} says what is normal for the model")
        return
    scorer, normal = insight.readable(spec.open()), insight.find(spec.directory)
    if normal is None:
        raise Terminal(f"it is not known what is normal for {scorer.model_id}; say it with voxpop health --reference")
    with windowed(settings, topic, (start, end)) as (view, window, _):
        if view.made_by() != scorer.model_id:
            raise Terminal(
                f"the store holds scores of {view.made_by()}, not of {scorer.model_id}; name it with --model"
            )
        shown = answer(scorer.model_id, window, insight.health(view, window, scorer, normal))
    console.answer(shown.model_dump(mode="json"), as_json=json_, text=_table(shown))


def _written(path: Path, spec: ModelSpec) -> Path:
    import pyarrow as pa

    from voxpop.insight import correction
    from voxpop.insight import health as insight
    from voxpop.labelled import LabelledFile
    from voxpop.score import score_texts

    scorer, labelled = insight.readable(spec.open()), LabelledFile(path)
    posts = []
    with console.counting("scoring", len(labelled), "post") as bar:
        for batch in labelled.batches():
            scored = score_texts(scorer, pa.array(batch.texts, pa.string())).to_pylist()
            rows = zip(batch.texts, scored, strict=True)
            posts += [{**row, "text": text, "lang": row["lang_detected"] or ""} for text, row in rows]
            bar.update(len(batch))
    out = spec.directory / insight.FILE
    insight.reference(posts, scorer, correction.files_of(spec.directory)).write(out)
    return out


def _table(found: ModelHealth) -> str:
    lines = [
        f"{found.model_id} on {found.topic}",
        f"{'':<12}{'index':>7}  {'drifted since':<18}moved most (normal, now)",
    ]
    for one in found.measures:
        since = f"{one.since:%Y-%m-%d %H:%M}" if one.drifted and one.since else "–"
        moved = ", ".join(f"{bin.name} {bin.normal:.0%} {bin.now:.0%}" for bin in one.moved[:2])
        index = "–" if one.index is None else f"{one.index:.2f}"
        lines.append(f"{one.name:<12}{index:>7}  {since:<18}{moved}".rstrip())
    return "\n".join(lines)
