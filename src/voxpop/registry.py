"""Names of implementations: a name becomes an object when it is used, so that extras stay optional."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from voxpop.errors import Terminal

BUILT_IN: dict[str, dict[str, str]] = {
    "sources": {
        "bluesky": "voxpop.sources.bluesky:BlueskySource",
        "files": "voxpop.sources.files:FilesSource",
        "mastodon": "voxpop.sources.mastodon:MastodonSource",
        "replay": "voxpop.sources.replay:ReplaySource",
        "x": "voxpop.sources.x.source:XSource",
    },
    "scorers": {
        "onnx": "voxpop.scorers.onnx:OnnxScorer",
        "lexicon": "voxpop.scorers.lexicon:LexiconScorer",
    },
    "engines": {
        "embedded": "voxpop.engines.embedded:EmbeddedEngine",
        "dask": "voxpop.engines.dask:DaskEngine",
        "spark": "voxpop.engines.spark:SparkEngine",
    },
    "stores": {
        "duckdb": "voxpop.stores.duckdb:DuckDBStore",
        "postgres": "voxpop.stores.postgres:PostgresStore",
    },
}


def names(seam: str) -> list[str]:
    """Every registered name of a seam (`sources`, `scorers`, `engines`, `stores`), third parties' included."""
    return sorted({*BUILT_IN[seam], *(entry.name for entry in entry_points(group=f"voxpop.{seam}"))})


def load(seam: str, name: str) -> Any:
    """Import the implementation registered under `name`.

    Third parties register theirs as entry points of the group `voxpop.<seam>`; a built-in name cannot be replaced.

    Raises:
        Terminal: nothing has that name, or what it needs is not installed; the message says what to install.
    """
    target = BUILT_IN[seam].get(name) or next(
        (entry.value for entry in entry_points(group=f"voxpop.{seam}") if entry.name == name), None
    )
    if target is None:
        raise Terminal(f"no {seam[:-1]} is named {name!r}; choose one of {', '.join(names(seam))}")
    module, _, attribute = target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise Terminal(
            f"{seam[:-1]} {name!r} needs {error.name}; install it with `pip install {error.name}`"
        ) from error
