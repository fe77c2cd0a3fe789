"""The `voxpop` command: one module per group of commands, each of which imports what it needs when it runs."""

from voxpop.cli import (
    behaviour,
    doctor,
    explain,
    export,
    ingest,
    keys,
    model,
    place,
    prevalence,
    query,
    scrub,
    serve,
    topics,
    towards,
    train,
    x,
)
from voxpop.cli.app import app, main

__all__ = [
    "app",
    "behaviour",
    "doctor",
    "explain",
    "export",
    "ingest",
    "keys",
    "main",
    "model",
    "place",
    "prevalence",
    "query",
    "scrub",
    "serve",
    "topics",
    "towards",
    "train",
    "x",
]
