"""The command that reads export files into the log: `ingest`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Engine, Json, Master, engine_flags
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.config import Settings
    from voxpop.delivery import Delivered
    from voxpop.sources.formats.context import FileOptions


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files or directories; - is standard input.")],
    map_: Annotated[
        str | None,
        typer.Option("--map", metavar="FIELD=COLUMN,...", help="Columns of a plain table, such as text=Tweet."),
    ] = None,
    network: Annotated[str, typer.Option(help="What to call the source of rows in plain tables and text.")] = "file",
    dates: Annotated[
        Literal["auto", "day-first", "month-first"],
        typer.Option(help="What comes first in dates such as 03/12/2026; auto is as the file's beginning shows."),
    ] = "auto",
    timezone: Annotated[
        str, typer.Option(metavar="NAME", help="Of dates in plain tables that name none, such as Europe/Berlin.")
    ] = "UTC",
    data: Data = None,
    settings_file: Config = None,
    engine: Engine = None,
    master: Master = None,
    json_: Json = False,
) -> None:
    """Read export files into the log: snscrape, twscrape, X, Bluesky and Mastodon APIs, CSV, JSONL, Parquet, text.

    The format is recognised by content, compressed or not. Reading a file again adds nothing. While `voxpop run` holds
    the log, what is read is handed over to it.

    Example: voxpop ingest tweets.jsonl.gz --data my-data

    Example: voxpop ingest export.csv --map text=Tweet,created_at=Date

    Example: voxpop ingest export.csv --dates day-first --timezone Europe/Berlin

    Example: voxpop ingest exports --engine spark --master spark://host:7077 --data /shared/my-data
    """
    from voxpop.sources.formats.context import FileOptions

    settings = config.load(settings_file, data=data, **engine_flags(engine, master))
    files, options = [Path(path) for path in paths], FileOptions(_mapping(map_), network, dates, _zone(timezone))
    if settings.engine == "dask":
        raise Terminal("ingest runs on the engines embedded and spark, not on dask; give --engine embedded")
    delivered = (_on_spark if settings.engine == "spark" else _here)(settings, files, options)
    if delivered.account.quarantined:
        console.say(f"what could not be read is in {settings.data / 'quarantine'}, each line with its reason")
    text = console.account_text(delivered.account)
    if delivered.handed_over:
        text = f"{delivered.account.read:,} read, and landed by the Voxpop that is running"
        text += console.undated_text(delivered.account)
    console.answer(delivered.to_json(), as_json=json_, text=text)


def _here(settings: Settings, paths: list[Path], options: FileOptions) -> Delivered:
    from voxpop.account import Account
    from voxpop.delivery import deliver
    from voxpop.ingest import Progress, Rolling
    from voxpop.log import Log
    from voxpop.sources.files import FilesSource

    so_far = Account()

    with console.IngestBar("reading") as bar:

        def watch(progress: Progress) -> None:
            nonlocal so_far
            so_far = progress.account
            bar(progress)

        try:
            return deliver(Log(settings.data), FilesSource(paths, options), Rolling.of(settings), watch)
        except KeyboardInterrupt:
            console.say(f"so far {console.account_text(so_far)}")
            raise


def _on_spark(settings: Settings, paths: list[Path], options: FileOptions) -> Delivered:
    from voxpop.bulk.ingest import BulkIngest, Export
    from voxpop.bulk.job import Jobs
    from voxpop.delivery import Delivered
    from voxpop.engines.opening import spark_of
    from voxpop.log import Log

    log, export = Log(settings.data), Export(paths, options)
    with log.lock(), spark_of(settings) as spark, console.StepsBar("task") as bar:
        reading = BulkIngest(log, Jobs(spark, bar))
        try:
            return Delivered(reading.run(export), handed_over=False)
        except KeyboardInterrupt:
            console.say(f"so far {console.account_text(reading.account)}")
            raise


def _mapping(given: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in (given or "").split(",") if pair.strip()]
    wrong = [field for field, equals, column in pairs if not (field.strip() and equals and column.strip())]
    if wrong:
        raise Terminal(f"--map cannot read {', '.join(wrong)}; write it as --map text=COLUMN,created_at=COLUMN")
    return {field.strip(): column.strip() for field, _, column in pairs}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise Terminal(
            f"there is no time zone {name!r}; name one of IANA's with --timezone, like Europe/Berlin"
        ) from error
