"""Back-up and restore, by the commands that docs/containers.md has."""

from __future__ import annotations

import os
from typing import Final

from deploy.test.bench import Bench
from deploy.test.parts import PROJECT, compose, docker, first, is_well
from deploy.test.waiting import told, until

IMAGE: Final = os.environ.get("VOXPOP_IMAGE", "voxpop:0.1.0")
FOLLOWS: Final = (
    "scored",
    "towards",
    "store.duckdb*",
    "seen.keys",
    "spark-master",
    "staging",
    "store.staging",
    "cache",
)
"""What is made again from the rest; wildcards are tar's."""


def single(bench: Bench) -> None:
    """Copy the log while it is written, lose everything, and have every post back from the copy."""
    copy = _saved("single-data")
    told(f"a back-up of the log: {len(copy):,} bytes")
    compose("--profile", "single", "down", "--volumes")
    bench.empty_inbox()
    _restored("single-data", copy)
    compose("--profile", "single", "up", "--detach", "--no-build")
    bench.is_complete()
    bench.arrives(5)


def cluster(bench: Bench, services: list[str]) -> None:
    """The same with a dump of the database, which is loaded before anything else begins.

    The dump is made before the copy of the log. A store that had loaded segments which the log does not have would
    take the ones that come in their place for loaded.
    """
    dump = docker("exec", first("db"), "pg_dump", "--username=voxpop", "--format=custom", "voxpop")
    bench.arrives(5)
    copy = _saved("data")
    told(f"a dump of {len(dump):,} bytes, and five posts later a back-up of the log: {len(copy):,} bytes")
    compose("--profile", "cluster", "down", "--volumes")
    bench.empty_inbox()
    _restored("data", copy)
    compose("--profile", "cluster", "up", "--detach", "--no-build", "db")
    until(lambda: is_well("db"), "an empty database is there")
    docker("exec", "--interactive", first("db"), "pg_restore", "--username=voxpop", "--dbname=voxpop", given=dump)
    compose("--profile", "cluster", "up", "--detach", "--no-build", *services)
    bench.is_complete()
    bench.arrives(5)


def _saved(volume: str) -> bytes:
    left_out = [f"--exclude=./{name}" for name in FOLLOWS]
    return _tar("--create", *left_out, ".", volume=f"{PROJECT}_{volume}:/data:ro")


def _restored(volume: str, copy: bytes) -> None:
    _tar("--extract", volume=f"{PROJECT}_{volume}:/data", given=copy)


def _tar(*arguments: str, volume: str, given: bytes | None = None) -> bytes:
    run = ("run", "--rm", "--interactive", "--network", "none", "--volume", volume)
    # 1: something was written meanwhile.
    return docker(*run, "--entrypoint", "tar", IMAGE, "--directory=/data", *arguments, given=given, well=(0, 1))
