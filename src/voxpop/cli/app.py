"""The root of the `voxpop` command: its options, and what happens to an error."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from voxpop import __version__, console
from voxpop.errors import VoxpopError

app = typer.Typer(
    name="voxpop",
    help="Measure what people say about a topic on social media, as they say it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
