"""The containers of one Compose project: what they say, how they crash, whether they came back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Collection
from typing import Any, Final

from deploy.test.waiting import told, until

PROJECT: Final = os.environ.get("COMPOSE_PROJECT_NAME", "voxpop")
LABEL: Final = "label=com.docker.compose"


def docker(*arguments: str, given: bytes | None = None, well: Collection[int] = (0,)) -> bytes:
    """What the client writes when `given` is its standard input.

    Raises:
        AssertionError: it ended with a code that does not mean that all is well; says how.
    """
    done = subprocess.run(["/usr/bin/docker", *arguments], capture_output=True, input=given)
    assert done.returncode in well, f"docker {' '.join(arguments)}: {done.stderr.decode()}"
    return done.stdout


def compose(*arguments: str) -> None:
    """Have Compose do something with compose.yaml; it says on standard error what it does.

    Raises:
        CalledProcessError: it failed.
    """
    subprocess.run(["/usr/bin/docker-compose", *arguments], check=True)


def first(part: str) -> str:
    """The id of a part's first container."""
    labels = [f"{LABEL}.project={PROJECT}", f"{LABEL}.service={part}", f"{LABEL}.container-number=1"]
    filters = [word for label in labels for word in ("--filter", label)]
    (found,) = docker("ps", "--all", "--quiet", *filters).decode().split()
    return found


def crash(part: str) -> None:
    """End the main process of a part's first container as the kernel would for want of memory, and see it come back.

    `docker kill` would count as asked for, and nothing would be started again.
    """
    container = first(part)
    starts, process, _ = _state(container)
    os.kill(process, signal.SIGKILL)
    told(f"{part} was killed")
    until(lambda: _state(container)[0] > starts, f"{part} was started again")


def is_well(part: str) -> bool:
    """Whether a part's first container is healthy by its own health check."""
    return _state(first(part))[2] == "healthy"


def spark() -> dict[str, Any]:
    """What Spark's master says of its cluster; nothing while it does not answer."""
    asking = "import urllib.request as u; print(u.urlopen('http://spark-master:8080/json/', timeout=5).read().decode())"
    try:
        said: dict[str, Any] = json.loads(docker("exec", first("spark-master"), "python3", "-c", asking))
    except (AssertionError, ValueError):
        return {}
    return said


def _state(container: str) -> tuple[int, int, str]:
    """How often it was started again, its process, and its health."""
    told_so = docker("inspect", "--format", "{{.RestartCount}} {{.State.Pid}} {{.State.Health.Status}}", container)
    starts, process, health = told_so.decode().split()
    return int(starts), int(process), health
