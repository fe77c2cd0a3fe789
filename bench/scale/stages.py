"""Millions of posts through the commands: files, log, scores, buckets, and what it takes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.scale.memory import Memory, watched


@dataclass
class Stages:
    """Each stage with its seconds and posts, the bytes in each directory, and the memory over time."""

    seconds: dict[str, float] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)

    @property
    def segments(self) -> int:
        """How many were loaded."""
        return int(self.answers["rebuild"]["loaded_segments"])


def run(paths: Sequence[Path], data: Path, flags: Sequence[str], model: str) -> Stages:
    """Ingest the files, score and load them, then load them once more into an empty store."""
    done = Stages()
    place = ("--data", str(data))
    steps = {
        "ingest": ("ingest", *map(str, paths), *place, *flags),
        "run": ("run", "--once", *place, *flags),
        "rebuild": ("rebuild", *place),
    }
    environment = {"VOXPOP_MODEL": model}
    with watched() as memory:
        done.memory = memory
        for name, arguments in steps.items():
            since = time.monotonic() - memory.began
            memory.stage(name)
            done.seconds[name], done.answers[name] = _command(arguments, environment, memory)
            done.peaks[name] = memory.peak(since)
    done.written = {part: _bytes(data / part) for part in ("landing", "scored", "store.duckdb")}
    return done


def told(flags: str, model: str) -> dict[str, str]:
    """The commands, as a person would type them."""
    return {
        "ingest": f"voxpop ingest FILE... {flags}".rstrip(),
        "run": f"VOXPOP_MODEL={model} voxpop run --once {flags}".rstrip(),
        "rebuild": f"VOXPOP_MODEL={model} voxpop rebuild",
    }


def _command(arguments: Sequence[str], environment: dict[str, str], memory: Memory) -> tuple[float, dict[str, Any]]:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "voxpop", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}) as running:
        memory.root = running.pid
        said, _ = running.communicate()
        memory.root = None
    if running.returncode:
        sys.exit(f"voxpop {arguments[0]} failed")
    return time.perf_counter() - begun, json.loads(said.splitlines()[-1])


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
