"""The `voxpop` command: one module per group of commands, each of which imports what it needs when it runs."""

from voxpop.cli import behaviour, explain, export, ingest, model, serve, topics, train, x
from voxpop.cli.app import app, main

__all__ = ["app", "behaviour", "explain", "export", "ingest", "main", "model", "serve", "topics", "train", "x"]
