"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path | None, typer.Option(help="Directory of the log and the store. [default: voxpop-data]")]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file. [default: voxpop.toml, where there is one]")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Port = Annotated[int | None, typer.Option(help="Port of dashboard and API; 0 takes a free one. [default: 8050]")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the dashboard in a browser.")]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="SOURCE",
        help="bluesky, a file or directory, - for standard input, or a source of the settings by name; may be "
        "repeated. [default: all of voxpop.toml]",
    ),
]
