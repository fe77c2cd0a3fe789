"""The `voxpop` command."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from voxpop import __version__, config, console
from voxpop.errors import Terminal, VoxpopError

app = typer.Typer(
    name="voxpop",
    help="Measure what people say about a topic on social media, as they say it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Data = Annotated[Path | None, typer.Option(help="Directory of the log and the store. [default: voxpop-data]")]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file. [default: voxpop.toml, where there is one]")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Port = Annotated[int | None, typer.Option(help="Port of dashboard and API; 0 takes a free one. [default: 8050]")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the dashboard in a browser.")]


INTERRUPTED = 130


def main() -> None:
    """Run the command; a known error is one line on standard error and exit code 1."""
    try:
        code = app(standalone_mode=False)
    except VoxpopError as error:
        console.say(f"voxpop: {error}")
        sys.exit(1)
    except OSError as error:
        console.say(f"voxpop: {error.filename or 'this'}: {error.strerror or error}; use another path, or make room")
        sys.exit(1)
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        # A usage error, whose class typer keeps private, shows itself with the usage before it.
        show()
        sys.exit(getattr(error, "exit_code", 2))
    # Typer answers the exit code of a command that was left early, 130 for Ctrl-C, instead of raising.
    if code == INTERRUPTED:
        console.say("stopped; what was read is kept, and the next run goes on from there")
    sys.exit(code or 0)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"voxpop {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Measure what people say about a topic on social media, as they say it."""


@app.command()
def demo(
    data: Annotated[
        Path | None, typer.Option(help="Keep the demo's log and store here. [default: thrown away]")
    ] = None,
    port: Port = None,
    browser: Browser = True,
    speed: Annotated[float, typer.Option(min=0.1, max=60, help="Recorded seconds per second.")] = 2.0,
    json_: Json = False,
) -> None:
    """Watch sentiment move: replay an invented launch night through everything. No network, no account.

    Example: voxpop demo --port 8051 --no-browser
    """
    from voxpop import demo as demos

    answer = demos.run(demos.Demo(data=data, port=port, browser=browser, speed=speed))
    console.answer(answer, as_json=json_)


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

    The format is recognised by content, compressed or not. Reading a file again adds nothing.

    Example: voxpop ingest tweets.jsonl.gz --data my-data

    Example: voxpop ingest export.csv --map text=Tweet,created_at=Date
    """
    from voxpop.ingest import Ingest, Rolling
    from voxpop.log import Log
    from voxpop.sources.files import FileOptions, FilesSource

    settings = config.load(settings_file, data=data)
    source = FilesSource([Path(path) for path in paths], FileOptions(mapping=_mapping(map_), source=network))
    log = Log(settings.data)
    with log.lock(), console.IngestBar("reading") as bar:
        reading = Ingest(log, Rolling.of(settings), bar)
        try:
            account = asyncio.run(reading.run([source], resume=False))
        except KeyboardInterrupt:
            console.say(f"so far {console.account_text(reading.account)}")
            raise
    if account.quarantined:
        console.say(f"what could not be read is in {settings.data / 'quarantine'}, each line with its reason")
    console.answer(account.to_json(), as_json=json_, text=console.account_text(account))


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Read, score and load everything there is, then stop.")] = False,
    data: Data = None,
    settings_file: Config = None,
    port: Port = None,
    browser: Browser = False,
    json_: Json = False,
) -> None:
    """Read the sources of voxpop.toml, score and load their posts, and serve dashboard and API.

    Example: voxpop run --config voxpop.toml

    Example: voxpop run --once --data my-data --json
    """
    from voxpop import assembly
    from voxpop.log import Log

    settings = config.load(settings_file, data=data, port=port)
    sources = [assembly.source(table) for table in settings.sources]
    with Log(settings.data).lock(), assembly.assembled(settings) as parts:
        answer = _run_once(parts, sources) if once else _serve(parts, sources, browser)
    console.answer(answer, as_json=json_)


@app.command()
def serve(
    data: Data = None,
    settings_file: Config = None,
    port: Port = None,
    browser: Browser = False,
    json_: Json = False,
) -> None:
    """Serve dashboard and API over what was ingested; scores and loads what is missing, and what lands meanwhile.

    Example: voxpop serve --data my-data
    """
    from voxpop import assembly

    settings = config.load(settings_file, data=data, port=port)
    with assembly.assembled(settings) as parts:
        answer = _serve(parts, [], browser)
    console.answer(answer, as_json=json_)


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
    chosen = config.load(settings_file, model=model)
    reports = {chosen.model: evaluation.evaluate(assembly.model_spec(chosen).open(), labelled)}
    for name in beside or []:
        reports[name] = evaluation.evaluate(
            assembly.model_spec(config.load(settings_file, model=name)).open(), labelled
        )
    first, *others = reports.items()
    reports["majority class"] = evaluation.report(evaluation.majority(labelled))
    answer = {**first[1], "beside": {**dict(others), "majority": reports["majority class"]}}
    console.answer(answer, as_json=json_, text=evaluation.table(reports))


@app.command()
def topics(data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """List the topics that posts are matched against: presets and those of voxpop.toml.

    Example: voxpop topics --config voxpop.toml
    """
    from dataclasses import asdict

    found = config.load(settings_file, data=data).all_topics()
    rows = [f"{topic.name:<16} {', '.join((*topic.keywords, *topic.phrases, *topic.hashtags))}" for topic in found]
    console.answer({"topics": [asdict(topic) for topic in found]}, as_json=json_, text="\n".join(rows))


@app.command()
def rebuild(data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """Empty the store and load it again from the log; nothing is lost, for the store is a view.

    Example: voxpop rebuild --data my-data
    """
    from voxpop import assembly

    settings = config.load(settings_file, data=data)
    with assembly.assembled(settings) as parts:
        parts.store.reset(parts.matcher.digest, parts.scorer.model_id)
        loaded = _catch_up(parts)
    console.answer({"loaded_segments": loaded}, as_json=json_, text=f"{loaded:,} segments loaded")


def _run_once(parts: Any, sources: Sequence[Any]) -> dict[str, Any]:
    from voxpop.account import Account
    from voxpop.ingest import Ingest, Rolling

    account = Account()
    if sources:
        with console.IngestBar("reading") as bar:
            account = asyncio.run(Ingest(parts.log, Rolling.of(parts.settings), bar).run(sources))
    return {**account.to_json(), "loaded_segments": _catch_up(parts), "model_id": parts.scorer.model_id}


def _serve(parts: Any, sources: Sequence[Any], browser: bool) -> dict[str, Any]:
    from voxpop.server import Server, Serving

    return Server(parts, sources, Serving(open_browser=browser)).run()


def _catch_up(parts: Any) -> int:
    """Score and load what is missing, with a bar over the segments."""
    with console.counting("scoring", len(parts.log.segments()) - len(parts.store.loaded()), "segment") as bar:
        loaded: int = parts.pipeline(lambda segment: bar.update()).catch_up()
    parts.retain()
    return loaded


def _mapping(given: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in (given or "").split(",") if pair.strip()]
    wrong = [field for field, equals, column in pairs if not (field.strip() and equals and column.strip())]
    if wrong:
        raise Terminal(f"--map cannot read {', '.join(wrong)}; write it as --map text=COLUMN,created_at=COLUMN")
    return {field.strip(): column.strip() for field, _, column in pairs}


def _rounded(polarity: float | None) -> str:
    return f"{polarity:+.2f}" if polarity is not None else "  –  "
