"""The `voxpop` command: one module per group of commands, each of which imports what it needs when it runs."""

from voxpop.cli import behaviour, explain, ingest, model, serve, topics
from voxpop.cli.app import app, main

__all__ = ["app", "behaviour", "explain", "ingest", "main", "model", "serve", "topics"]
