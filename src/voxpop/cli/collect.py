"""The command for a process apart that only reads: `collect`."""

from __future__ import annotations

from typing import Annotated

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json, Sources
from voxpop.errors import Terminal


@app.command()
def collect(
    source: Sources = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep reading the directories of --source: new files, and lines added.")
    ] = False,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Read sources, live or files, into the log and do nothing else; `voxpop serve` scores and loads beside it.

    It needs no store and no model, and listens on no address, so it goes on where a database is away. It ends on
    SIGTERM or Ctrl-C, when what it read has landed.

    Example: voxpop collect --source bluesky --data /shared/my-data

    Example: voxpop collect --source exports --watch
    """
    from voxpop.cli.serve import opened
    from voxpop.collector import Collector
    from voxpop.ingest import Rolling
    from voxpop.log import Log
    from voxpop.observability import logs

    settings = config.load(settings_file, data=data)
    chosen = settings.chosen_sources(source or [], watch)
    if not chosen:
        raise Terminal("there is nothing to read; name a source with --source, or put one into voxpop.toml")
    sources = opened(settings, chosen, once=False)
    logs.configure(settings.log_format, settings.log_level)
    log = Log(settings.data)
    with log.lock(takes_spool=True):
        console.say(f"collecting {', '.join(one.name for one in sources)} into {settings.data}\nstop with Ctrl-C")
        account = Collector(log, sources, Rolling.of(settings)).run()
    console.answer(account.to_json(), as_json=json_, text=console.account_text(account))
