"""The root of the `voxpop` command: its options, and what happens to an error."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from voxpop import __version__, console
from voxpop.errors import VoxpopError

GROUPS: Final = {
    "Begin": {
        "demo": "Watch sentiment move on an invented launch night.",
        "run": "Read sources, score posts, serve dashboard and API.",
        "doctor": "Say what is wrong here, and the fix.",
    },
    "Posts in": {
        "ingest": "Read export files into the log.",
        "collect": "Read sources into the log, for a `serve` beside it.",
        "scrub": "Take out of the log what was deleted upstream.",
        "x": "What X (Twitter) has cost and would cost.",
    },
    "Serve and ask": {
        "serve": "Serve dashboard and API over what is in the log.",
        "query": "Ask a running Voxpop.",
        "topics": "List topics; add, try or remove one.",
        "keys": "Make, list and revoke API keys.",
        "audit": "Who changed what, when and from where.",
        "rebuild": "Load the store again from the log.",
    },
    "What people say": {
        "prevalence": "Shares of each label, corrected, with intervals.",
        "compare": "Topics side by side, and which of them leads.",
        "drivers": "What moved the numbers from one window to another.",
        "alerts": "What moved beyond chance.",
        "copies": "How much is near-copies, or comes from a few.",
        "towards": "What posts say of a topic rather than as a whole.",
        "place": "Which country and city a profile's location means.",
    },
    "Can it be trusted": {
        "evaluate": "Measure a model on labelled posts.",
        "behaviour": "Test what a model does with negation, irony, typos.",
        "explain": "Which words carried a text's label.",
        "health": "Whether posts are still like those it was made on.",
        "corrections": "The labels that people gave; what to label next.",
        "calibrate": "Measure how a model errs, to correct shares by it.",
    },
    "Models": {
        "score": "Label texts, or the posts of a file.",
        "train": "Fine-tune an encoder, or teach it by a larger one.",
        "export": "Make a model of a checkpoint; it needs no PyTorch.",
    },
}
"""The commands as `voxpop --help` lists them: by what one wants, in the order in which one comes to want it."""


class Grouped(TyperGroup):
    """The root command, which lists its commands under the headings of `GROUPS`."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each heading, the names of all in one column."""
        widest = max(map(len, self.commands))
        for heading, commands in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(widest), told) for name, told in commands.items()])


app = typer.Typer(
    cls=Grouped,
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
