"""The `voxpop` command as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def voxpop(*arguments: object, stdin: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxpop", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=timeout)


def answer(*arguments: object, stdin: str | None = None, timeout: float = 120) -> dict[str, Any]:
    ran = voxpop(*arguments, "--json", stdin=stdin, timeout=timeout)
    assert ran.returncode == 0, ran.stderr
    last: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return last
