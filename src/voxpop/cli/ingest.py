"""The command that reads export files into the log: `ingest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json
from voxpop.errors import Terminal


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files or directories; - is standard input.")],
    map_: Annotated[
        str | None,
        typer.Option("--map", metavar="FIELD=COLUMN,...", help="Columns of a plain table, such as text=Tweet."),
    ] = None,
    network: Annotated[str, typer.Option(help="What to call the source of rows in plain tables and text.")] = "file",
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Read export files into the log: snscrape, twscrape, X API v2, Bluesky Jetstream, CSV, TSV, JSONL, Parquet, text.

    The format is recognised by content, compressed or not. Reading a file again adds nothing. While `voxpop run` holds
    the log, what is read is handed over to it.

    Example: voxpop ingest tweets.jsonl.gz --data my-data

    Example: voxpop ingest export.csv --map text=Tweet,created_at=Date
    """
    from voxpop.account import Account
    from voxpop.delivery import deliver
    from voxpop.ingest import Progress, Rolling
    from voxpop.log import Log
    from voxpop.sources.files import FileOptions, FilesSource

    settings = config.load(settings_file, data=data)
    source = FilesSource([Path(path) for path in paths], FileOptions(mapping=_mapping(map_), source=network))
    so_far = Account()

    with console.IngestBar("reading") as bar:

        def watch(progress: Progress) -> None:
            nonlocal so_far
            so_far = progress.account
            bar(progress)

        try:
            delivered = deliver(Log(settings.data), source, Rolling.of(settings), watch)
        except KeyboardInterrupt:
            console.say(f"so far {console.account_text(so_far)}")
            raise
    if delivered.account.quarantined:
        console.say(f"what could not be read is in {settings.data / 'quarantine'}, each line with its reason")
    text = console.account_text(delivered.account)
    if delivered.handed_over:
        text = f"{delivered.account.read:,} read, and landed by the Voxpop that is running"
        text += console.undated_text(delivered.account)
    console.answer(delivered.to_json(), as_json=json_, text=text)


def _mapping(given: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in (given or "").split(",") if pair.strip()]
    wrong = [field for field, equals, column in pairs if not (field.strip() and equals and column.strip())]
    if wrong:
        raise Terminal(f"--map cannot read {', '.join(wrong)}; write it as --map text=COLUMN,created_at=COLUMN")
    return {field.strip(): column.strip() for field, _, column in pairs}
