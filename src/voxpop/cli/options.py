"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from voxpop.errors import Terminal

Data = Annotated[Path | None, typer.Option(help="Directory of the log and the store. [default: voxpop-data]")]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file. [default: voxpop.toml, where there is one]")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Port = Annotated[int | None, typer.Option(help="Port of dashboard and API; 0 takes a free one. [default: 8050]")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the dashboard in a browser.")]
Model = Annotated[
    str | None,
    typer.Option(help="A bundled model, a directory, or hub:org/name[@revision]. [default: en-small]"),
]
Labels = Annotated[
    str | None,
    typer.Option(metavar="LABEL=CLASS,...", help="What a checkpoint's labels mean, where their names do not say."),
]
Languages = Annotated[
    str | None, typer.Option(metavar="CODES", help="Languages a checkpoint reads, such as en,de. [default: any]")
]


def model_flags(model: str | None, labels: str | None, languages: str | None) -> dict[str, Any]:
    """The three options that choose a model, as settings; None where one was not given."""
    from voxpop.checkpoints.labels import parse

    codes = None if languages is None else [code.strip() for code in languages.split(",") if code.strip()]
    return {"model": model, "labels": None if labels is None else parse(labels), "languages": codes}


Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="SOURCE",
        help="bluesky, x, a file or directory, - for standard input, or a source of the settings by name; may be "
        "repeated. [default: all of voxpop.toml]",
    ),
]

Topics = Annotated[
    list[str] | None,
    typer.Option(
        "--topic", help="A topic's name, or * for every post; repeat it for the posts of any of several. [default: *]"
    ),
]
Reposts = Annotated[bool, typer.Option("--reposts/--no-reposts", help="Whether reposts count.")]
Copies = Annotated[
    bool,
    typer.Option("--copies/--no-copies", help="Whether posts of nearly the same text all count, or the first alone."),
]
Towards = Annotated[
    bool,
    typer.Option("--towards", help="Count what posts say of the topic, not their own label. Needs a towards_model."),
]
OneVoice = Annotated[bool, typer.Option("--one-voice", help="Of each author only the newest post counts.")]

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="STORE",
        help="duckdb, a file in the data directory, or postgresql://USER@HOST/DATABASE; its password is best in "
        "PGPASSWORD. [default: duckdb]",
    ),
]

Engine = Annotated[
    Literal["embedded", "spark", "dask"] | None,
    typer.Option("--engine", help="What runs the work: this process, Spark or Dask. [default: embedded]"),
]
Master = Annotated[
    str | None,
    typer.Option(
        "--master",
        metavar="URL",
        help="Spark's master, such as spark://host:7077; means --engine spark. [default: local[*]]",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="URL",
        help="Dask's scheduler, such as tcp://host:8786; means --engine dask. [default: local]",
    ),
]


def engine_flags(engine: str | None, master: str | None = None, scheduler: str | None = None) -> dict[str, Any]:
    """The options that choose an engine, as settings; None where one was not given. An address names its engine.

    Raises:
        Terminal: an address is given for another engine than the one that is named.
    """
    for option, address, owner in (("--master", master, "spark"), ("--scheduler", scheduler, "dask")):
        if address is not None and (engine := engine or owner) != owner:
            raise Terminal(f"{option} is for the engine {owner}, not {engine}; leave one of the two out")
    return {"engine": engine, "master": master, "scheduler": scheduler}
