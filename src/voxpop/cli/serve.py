"""The commands that open the store: `demo`, `run`, `serve`, `rebuild`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import (
    Browser,
    Config,
    Data,
    Engine,
    Json,
    Labels,
    Languages,
    Master,
    Model,
    Port,
    Scheduler,
    Sources,
    Store,
    engine_flags,
    model_flags,
)
from voxpop.errors import Terminal

_EVERY: Final = 1 << 31


@app.command()
def demo(
    data: Annotated[
        Path | None, typer.Option(help="Keep the demo's log and store here. [default: thrown away]")
    ] = None,
    port: Port = None,
    browser: Browser = True,
    speed: Annotated[float, typer.Option(min=0.1, max=60, help="Recorded seconds per second.")] = 2.0,
    live: Annotated[bool, typer.Option("--live", help="Listen to Bluesky itself instead of the recording.")] = False,
    json_: Json = False,
) -> None:
    """Watch sentiment move: replay an invented launch night through everything. No network, no account.

    With --live, what Bluesky says now takes the recording's place; still without an account.

    Example: voxpop demo --port 8051 --no-browser

    Example: voxpop demo --live
    """
    from voxpop import demo as demos

    answer = demos.run(demos.Demo(data=data, port=port, browser=browser, speed=speed, live=live))
    console.answer(answer, as_json=json_)


@app.command()
def run(
    source: Sources = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep reading the directories of --source: new files, and lines added.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Read, score and load everything there is, then stop.")] = False,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    model: Model = None,
    labels: Labels = None,
    languages: Languages = None,
    engine: Engine = None,
    master: Master = None,
    scheduler: Scheduler = None,
    port: Port = None,
    browser: Browser = False,
    json_: Json = False,
) -> None:
    """Read sources, live or files, score and load their posts, and serve dashboard and API.

    Example: voxpop run --source bluesky

    Example: voxpop run --source exports --watch

    Example: snscrape --jsonl telegram-channel rockstargames | voxpop run --source -

    Example: voxpop run --once --data my-data --json

    Example: voxpop run --source bluesky --engine spark --master spark://host:7077

    Example: voxpop run --once --source exports --scheduler tcp://host:8786

    Example: voxpop run --source bluesky --store postgresql://voxpop@db.example.org/voxpop
    """
    from voxpop import assembly
    from voxpop.log import Log

    flags = {**model_flags(model, labels, languages), **engine_flags(engine, master, scheduler)}
    settings = config.load(settings_file, data=data, store=store, port=port, **flags)
    sources = opened(settings, settings.chosen_sources(source or [], watch), once=once)
    takes_spool = bool(sources) and not once
    with Log(settings.data).lock(takes_spool=takes_spool), assembly.assembled(settings) as parts:
        answer = _run_once(parts, sources) if once else _serve(parts, sources, browser)
    told = "{read:,} read, {landed:,} landed, {loaded_segments:,} segments loaded".format(**answer) if once else None
    console.answer(answer, as_json=json_, text=told)


@app.command()
def serve(
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Serve what a PostgreSQL store holds; another process reads and loads."),
    ] = False,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    model: Model = None,
    labels: Labels = None,
    languages: Languages = None,
    engine: Engine = None,
    master: Master = None,
    scheduler: Scheduler = None,
    port: Port = None,
    browser: Browser = False,
    json_: Json = False,
) -> None:
    """Serve dashboard and API over what was ingested; scores and loads what is missing, and what lands meanwhile.

    With --read-only, nothing is read, scored, loaded or scrubbed but the texts of requests; any number can run beside
    the process that does.

    Example: voxpop serve --data my-data

    Example: voxpop serve --read-only --store postgresql://voxpop@db.example.org/voxpop --port 8051
    """
    from voxpop import assembly

    flags = {**model_flags(model, labels, languages), **engine_flags(engine, master, scheduler)}
    settings = config.load(settings_file, data=data, store=store, port=port, **flags)
    with assembly.assembled(settings, read_only=read_only) as parts:
        answer = _serve(parts, [], browser)
    console.answer(answer, as_json=json_)


@app.command()
def rebuild(
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    engine: Engine = None,
    master: Master = None,
    json_: Json = False,
) -> None:
    """Empty the store and load it again from the log; nothing is lost, for the store is a view.

    On Spark, what is scored is folded by executors and taken in at once.

    Example: voxpop rebuild --data my-data

    Example: voxpop rebuild --store postgresql://voxpop@db.example.org/voxpop

    Example: voxpop rebuild --engine spark --master spark://host:7077 --data /shared/my-data
    """
    from voxpop import assembly

    settings = config.load(settings_file, data=data, store=store, **engine_flags(engine, master))
    if settings.engine == "dask":
        raise Terminal("rebuild runs on the engines embedded and spark, not on dask; give --engine embedded")
    with assembly.assembled(settings) as parts:
        loaded = 0
        if settings.engine == "spark":
            loaded = _rebuilt(parts)
        else:
            parts.store.reset(parts.catalogue.matcher.digest, parts.scorer.model_id)
        loaded += _catch_up(parts)
    console.answer({"loaded_segments": loaded}, as_json=json_, text=f"{loaded:,} segments loaded")


def _rebuilt(parts: Any) -> int:
    """Rebuild the store on Spark from what is scored; answers the number of segments."""
    from voxpop.bulk.job import Jobs
    from voxpop.bulk.rebuild import BulkRebuild

    keep = timedelta(days=parts.settings.keep_days)
    with console.StepsBar("task") as bar:
        rebuild = BulkRebuild(parts.store, parts.job.scored, Jobs(parts.engine.session, bar))
        return rebuild.run(parts.log.segments(), parts.catalogue.matcher, keep)


def opened(settings: Any, chosen: Sequence[Any], *, once: bool) -> list[Any]:
    """Open what was chosen; says what it may cost.

    Raises:
        Terminal: one has no end, and an end is wanted.
    """
    from voxpop.sources import configured

    live = [table.name or table.kind for table in chosen if not table.has_end]
    if once and live:
        raise Terminal(f"{', '.join(live)} has no end, so --once would never stop; leave --once out")
    for table in chosen:
        if table.kind == "x":
            console.say(configured.x_purse(table, settings).text())
    return [configured.source_of(table, settings) for table in chosen]


def _run_once(parts: Any, sources: Sequence[Any]) -> dict[str, Any]:
    from voxpop.account import Account
    from voxpop.ingest import Ingest, Rolling
    from voxpop.spool import SpoolSource

    account = Account()
    if sources:
        with console.IngestBar("reading") as bar:
            left = SpoolSource(parts.log.root, once=True)
            account = asyncio.run(Ingest(parts.log, Rolling.of(parts.settings), bar).run([*sources, left]))
    return {**account.to_json(), "loaded_segments": _catch_up(parts), "model_id": parts.scorer.model_id}


def _serve(parts: Any, sources: Sequence[Any], browser: bool) -> dict[str, Any]:
    from voxpop.server import Server, Serving

    return Server(parts, sources, Serving(open_browser=browser)).run()


def _catch_up(parts: Any) -> int:
    """Score and load what is missing, with a bar over the segments."""
    with console.counting("scoring", len(parts.log.segments()) - len(parts.store.loaded()), "segment") as bar:
        loaded: int = parts.pipeline(lambda segment: bar.update()).catch_up()
    lacking = len(parts.store.lacking())
    with console.counting("counting new topics", lacking, "segment") as bar:
        parts.backfill(lambda segment: bar.update()).catch_up()
    topics = parts.catalogue.topics if parts.settings.towards_model else ()
    lacking = sum(len(parts.store.unstanced(topic.name, _EVERY)) for topic in topics)
    with console.counting("scoring towards topics", lacking, "segment") as bar:
        parts.stances(lambda segment: bar.update()).catch_up()
    parts.lookout().look()
    parts.postman.post()
    parts.retain()
    return loaded
