"""The `voxpop` command: one module per group of commands, each of which imports what it needs when it runs."""

from voxpop.cli import (
    behaviour,
    copies,
    doctor,
    drivers,
    explain,
    export,
    ingest,
    model,
    place,
    query,
    scrub,
    serve,
    topics,
    train,
    x,
)
from voxpop.cli.app import app, main

__all__ = [
    "app",
    "behaviour",
    "copies",
    "doctor",
    "drivers",
    "explain",
    "export",
    "ingest",
    "main",
    "model",
    "place",
    "query",
    "scrub",
    "serve",
    "topics",
    "train",
    "x",
]
