"""The command that uses a model on texts: `score`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import INTERRUPTED, app
from voxpop.cli.options import Config, Data, Json, Labels, Languages, Model, model_flags
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.config import Settings
    from voxpop.score import ModelSpec
    from voxpop.scoring import Count, Wanted
    from voxpop.seams import Scorer

LONGEST_NAME = 255


@app.command()
def score(
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXT...|FILE|-", help="Texts; or one file of posts, or - for a pipe.")
    ],
    column: Annotated[
        str | None, typer.Option(help="Column of the text; for -, lines are JSON then. [default: text]")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Write the input's columns, too.")] = False,
    format: Annotated[str | None, typer.Option(help="jsonl, csv or parquet. [default: as --out ends]")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write. [default: standard output]")] = None,
    any_language: Annotated[
        bool, typer.Option("--any-language", help="Score texts in languages that the model cannot read.")
    ] = False,
    topic: Annotated[
        str | None, typer.Option(help="What to score towards: a topic's name, or words such as 'GTA 6'.")
    ] = None,
    model: Model = None,
    labels: Labels = None,
    languages: Languages = None,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Score texts, or the posts of a file: label, probabilities and polarity of each.

    A file is .txt with a post a line, .tsv, .csv, .jsonl or .parquet, the first four also packed with gzip, zstd, bzip2
    or xz. One row comes out for each row in, in order; one that cannot be read is unscored and says why in `error`.
    NAME is written as NAME.part until all is done. In CSV, text that a spreadsheet would run gets an apostrophe. With
    --topic, a label is what the text says of that, by a model that reads both (--model or towards_model).

    Example: voxpop score "the servers are down again" "worth the wait"

    Example: voxpop score posts.csv --column tweet --keep --out scored.parquet

    Example: tail -f posts.txt | voxpop score -

    Example: voxpop score --model my-pairs --topic "GTA 6" "I love my console but the price of GTA 6 is a joke"
    """
    from voxpop.scoring import Wanted

    spec, topic = _opened_for(topic, config.load(settings_file, data=data, **_flags(topic, (model, labels, languages))))
    path = _file_among(texts)
    if path:
        kind = (".jsonl" if column else ".txt") if path == Path("-") else None
        wanted = Wanted(column or "text", keep, any_language, topic)
        console.answer(_score_file((path, kind), spec, wanted, (out, format)), as_json=json_)
        return
    if column or keep or format or out:
        raise Terminal("--column, --keep, --format and --out are for one file; name a file that exists, or -")
    _score_arguments(texts, spec.open(), Wanted(any_language=any_language, topic=topic), as_json=json_)


def _flags(topic: str | None, given: tuple[str | None, str | None, str | None]) -> dict[str, Any]:
    """The options that choose a model as settings; with a topic, those of the model that reads it."""
    return model_flags(*given) if topic is None else {"towards_model": given[0]}


def _opened_for(topic: str | None, chosen: Settings) -> tuple[ModelSpec, str | None]:
    """The model, and the words that it reads texts beside."""
    from voxpop.checkpoints import opening

    if topic is None:
        return opening.model_of(chosen), None
    return opening.towards_of(chosen), opening.words_of(chosen, topic)


def _file_among(texts: list[str]) -> Path | None:
    """The file that the only argument names; texts are no files, and a name of a table that is not there is a slip."""
    from voxpop.table import KINDS, kind_of

    name = texts[0]
    if name == "-" and len(texts) == 1:
        return Path(name)
    if len(texts) > 1 or len(name) > LONGEST_NAME or not name.strip():
        return None
    path = Path(name)
    if path.is_file() and not kind_of(path):
        raise Terminal(f"{name} is a file of another kind; give one that ends in {', '.join(KINDS)}")
    if not path.is_file() and kind_of(path) and " " not in name:
        raise Terminal(f"there is no file {name}; check the path")
    return path if kind_of(path) and path.is_file() else None


def _score_arguments(texts: list[str], scorer: Scorer, wanted: Wanted, *, as_json: bool) -> None:
    import pyarrow as pa

    from voxpop.score import score_texts
    from voxpop.text import prepare

    # A shell may pass bytes that are no text; the model reads prepared texts anyway.
    column = pa.array([prepare(text) for text in texts], pa.string())
    scores = score_texts(scorer, column, any_language=wanted.any_language, topic=wanted.topic).to_pylist()
    rows = [_shown(row, text) for row, text in zip(scores, texts, strict=True)]
    console.answer({"model_id": scorer.model_id, "scores": scores}, as_json=as_json, text="\n".join(rows))


def _score_file(
    of: tuple[Path, str | None], spec: ModelSpec, wanted: Wanted, to: tuple[Path | None, str | None]
) -> dict[str, Any]:
    """Score a file or a pipe, and say what became of its rows."""
    from voxpop.output import Output, format_of
    from voxpop.scoring import Scoring
    from voxpop.table import Table

    (path, _), (out, _) = of, to
    format = format_of(*to)
    if out and out.exists() and path.exists() and out.samefile(path):
        raise Terminal(f"{out} is the file that is read; give --out another name")
    with Table(*of) as table:
        scoring = Scoring(spec.open(), table, wanted)
        try:
            with (
                Output(out, format, scoring.kept) as output,
                console.ShareBar("scoring", shown=bool(out) or not sys.stdout.isatty()) as bar,
            ):
                scoring.run(output, bar.show)
        except KeyboardInterrupt:
            _tell_count(scoring.count, f"stopped; what was scored is in {out}.part" if out else "stopped")
            raise SystemExit(INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read the rows has had enough (`head`); Python must not try to write the rest when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
    _tell_count(scoring.count, f"written to {out}" if out else "")
    if output.left_out:
        late = ", ".join(sorted(output.left_out))
        console.say(f"columns that first occur after the first rows are left out: {late}; --format jsonl keeps them")
    counts = {"rows": scoring.count.rows, "n_unscored": scoring.count.unscored, "n_errors": scoring.count.errors}
    return {"model_id": spec.open().model_id, **counts, "out": str(out) if out else None}


def _tell_count(count: Count, tail: str) -> None:
    said = f"{count.rows:,} rows, {count.unscored:,} of them unscored"
    if count.errors:
        said += f", {count.errors:,} as they cannot be read; the first is {count.error}"
    console.say(f"{said}\n{tail}".rstrip())


def _shown(row: dict[str, Any], text: str) -> str:
    polarity, language = row["polarity"], row["lang_detected"]
    shown = f"{polarity:+.2f}" if polarity is not None else "  –  "
    why = f"  [{language}: --any-language scores it]" if polarity is None and language else ""
    return f"{shown}  {row['label']:<9} {text}{why}"
