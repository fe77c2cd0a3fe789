"""The commands about labels that people give: `corrections list`, `add`, `export`, `next`."""

from __future__ import annotations

import getpass
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json, Store, Topics
from voxpop.cli.window import opened, windowed
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.config import Settings
    from voxpop.stores.view import View

corrections = typer.Typer(rich_markup_mode=None)
app.add_typer(corrections, name="corrections", invoke_without_command=True)

Drawn = Annotated[
    list[str] | None,
    typer.Option(
        "--drawn",
        metavar="own|next|random",
        help="Only posts that were chosen so: by whoever labels, or as next offered. May be repeated.",
    ),
]
Newest = Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")]


@corrections.callback()
def what_there_is(
    context: typer.Context, data: Data = None, store: Store = None, settings_file: Config = None, json_: Json = False
) -> None:
    """List the labels that people gave posts, or give one, take them out as a file, and see what to label next.

    Alone it lists the newest. What they are for: voxpop evaluate --corrections, voxpop calibrate --corrections, voxpop
    train --add. While a server holds the store in DuckDB, use its API: GET and POST /v1/corrections.

    Example: voxpop corrections --data my-data

    Example: voxpop corrections next --topic gta6
    """
    if context.invoked_subcommand is None:
        _list(config.load(settings_file, data=data, store=store), 50, as_json=json_)
    elif data or store or settings_file or json_:
        name = context.invoked_subcommand
        raise Terminal(f"the options stand after the command; write voxpop corrections {name} --data …")


@corrections.command("list")
def list_(
    newest: Newest = 50, data: Data = None, store: Store = None, settings_file: Config = None, json_: Json = False
) -> None:
    """List corrections, newest first: who gave which label when, and what the model had said.

    Example: voxpop corrections list --newest 10
    """
    _list(config.load(settings_file, data=data, store=store), newest, as_json=json_)


@corrections.command()
def add(
    post_id: Annotated[str, typer.Argument(metavar="POST", help="The post's id, as voxpop query posts shows it.")],
    label: Annotated[Literal["negative", "neutral", "positive"], typer.Argument(help="What it says.")],
    author: Annotated[str | None, typer.Option(help="Who says so. [default: the name of this user]")] = None,
    drawn: Annotated[
        Literal["own", "next", "random"], typer.Option(help="How you came to it; next, random: it was offered so.")
    ] = "own",
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Give a post a label. Nothing is overwritten: of several of yours on a post the newest counts.

    Example: voxpop corrections add bluesky:did:plc:ana/3kabc negative --drawn next
    """
    from voxpop.api.corrections import shown
    from voxpop.stores.corrections import SCHEMA, Corrections, Label

    settings = config.load(settings_file, data=data, store=store)
    with opened(settings, read_only=False) as (view, _):
        kept = Corrections(view, settings.data)
        kept.sync()
        made = kept.give(Label(post_id, label, author or _user(), drawn))
    answer = shown({name: getattr(made, name) for name in SCHEMA.names} | {"is_newest": True})
    text = f"{post_id} is {label}, says {made.author}; the model said {made.model_label}"
    console.answer(answer.model_dump(mode="json"), as_json=json_, text=text)


@corrections.command()
def export(
    out: Annotated[Path | None, typer.Option(help="File to write, .tsv. [default: standard output]")] = None,
    guard: Annotated[
        bool, typer.Option("--guard/--no-guard", help="Keep spreadsheets from running texts; not for train --add.")
    ] = True,
    drawn: Drawn = None,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
) -> None:
    """Write the labels as TSV: one row a post, with the label that most authors give it, and its text.

    What voxpop evaluate --data, voxpop calibrate and voxpop train --add read. Posts that were deleted are left out.
    With --guard a text that a spreadsheet would run as a formula begins with an apostrophe, which a model would learn.

    Example: voxpop corrections export --no-guard --out corrections.tsv
    """
    from voxpop import tsv
    from voxpop.output import unbroken

    with opened_corrections(config.load(settings_file, data=data, store=store), drawn or ()) as (rows, _):
        lines = [tsv.head(), *tsv.lines(rows, guard=guard)]
    with unbroken():
        if out is None:
            sys.stdout.writelines(lines)
        else:
            out.write_text("".join(lines), encoding="utf-8", errors="replace")
    console.say(f"{len(rows):,} labelled posts" + (f" in {out}" if out else ""))


@corrections.command("next")
def next_(
    topic: Topics = None,
    n: Annotated[int, typer.Option("-n", min=1, max=100, help="How many posts.")] = 20,
    drawn: Annotated[
        Literal["next", "random"], typer.Option(help="next: what teaches most. random: a fair sample.")
    ] = "next",
    start: Annotated[str | None, typer.Option(metavar="TIME", help="[default: a day before the end]")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Exclusive. [default: after the last post]")] = None,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Say which posts to label next: those that the model doubts and that many others are like; or a random sample.

    Label all that are offered, also those that the model got right, and give --drawn with each label.

    Example: voxpop corrections next --topic gta6 -n 10

    Example: voxpop corrections next --drawn random -n 100 --json
    """
    from voxpop.api.corrections import answer
    from voxpop.insight.suggestions import suggest

    settings = config.load(settings_file, data=data, store=store)
    with windowed(settings, topic, (start, end)) as (view, window, _):
        found = answer(suggest(view, window, n, drawn), drawn)
    rows = [
        f"{one.post.label:<9} {one.uncertainty or 0:.2f} {one.representativeness or 0:.2f}  {one.post.post_id}\n"
        f"          {_plain(one.post.text)[:100]}"
        for one in found.suggestions
    ]
    console.answer(found.model_dump(mode="json"), as_json=json_, text="\n".join(rows or ["nothing is left to label"]))


@contextmanager
def opened_corrections(settings: Settings, drawn: Sequence[Any]) -> Iterator[tuple[list[dict[str, Any]], View]]:
    """One row a labelled post, with the label that most authors give it, and the store that it is from."""
    from voxpop.corrections import DRAWN, settled
    from voxpop.stores.corrections import Corrections, newest

    if unknown := set(drawn) - set(DRAWN):
        raise Terminal(f"--drawn is {', '.join(DRAWN)}, not {', '.join(sorted(unknown))}")
    read_only = settings.database is not None
    with opened(settings, read_only=read_only) as (view, _):
        if not read_only:
            Corrections(view, settings.data).sync()
        rows = [dict(row) for row in settled(newest(view))]
        yield [row for row in rows if not drawn or row["drawn"] in drawn], view


@contextmanager
def as_table(rows: Sequence[dict[str, Any]]) -> Iterator[Path]:
    """Labelled posts as a file of label, text and topic, while the block runs.

    Raises:
        Terminal: there are none.
    """
    if not rows:
        raise Terminal("there are no such corrections; voxpop corrections next says which posts to label")
    with tempfile.TemporaryDirectory(prefix="voxpop-corrections-") as directory:
        path = Path(directory) / "corrections.jsonl"
        lines = (
            json.dumps({"label": row["label"], "text": row["text"], "topic": next(iter(row["topics"]), None)}) + "\n"
            for row in rows
        )
        path.write_text("".join(lines), encoding="utf-8")
        yield path


def counted(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many of the rows were drawn in each way."""
    from voxpop.corrections import DRAWN

    return {name: sum(row["drawn"] == name for row in rows) for name in DRAWN}


def _list(settings: Settings, newest: int, *, as_json: bool) -> None:
    from voxpop.api.corrections import shown
    from voxpop.stores.corrections import Corrections, Wanted, page

    read_only = settings.database is not None
    with opened(settings, read_only=read_only) as (view, _):
        if not read_only:
            Corrections(view, settings.data).sync()
        rows = [shown(row) for row in page(view, Wanted(), newest).to_pylist()]
    lines = [
        f"{row.given_at:%Y-%m-%d %H:%M}  {row.author[:16]:<16} {row.model_label:>9} -> {row.label:<9} {row.drawn:<7}"
        f"{row.post_id}{'' if row.is_newest else '  (replaced)'}\n    {_plain(row.text)[:100]}"
        for row in rows
    ]
    answer = {"corrections": [row.model_dump(mode="json") for row in rows]}
    console.answer(answer, as_json=as_json, text="\n".join(lines or ["nobody has corrected a label yet"]))


def _plain(text: str | None) -> str:
    # Other people's text must not move the cursor of the terminal that shows it.
    return "".join(letter if letter.isprintable() else " " for letter in text or "(deleted)")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"
