"""Says the version of the package, and refuses where the places that name it disagree."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PLACES: Final = {
    "pyproject.toml": r'^version = "([^"]+)"',
    "src/voxpop/__init__.py": r'^__version__ = "([^"]+)"',
    "compose.yaml": r"VERSION: ([0-9][^ }]*)",
    "Dockerfile": r"^ARG VERSION=(\S+)",
    "deploy/kubernetes/base/kustomization.yaml": r"newName: voxpop\S*, newTag: \"([^\"]+)\"",
}


def versions() -> dict[str, set[str]]:
    """Every version that each place names; an empty set where it names none."""
    read = {place: (ROOT / place).read_text(encoding="utf-8") for place in PLACES}
    return {place: set(re.findall(pattern, read[place], re.MULTILINE)) for place, pattern in PLACES.items()}


if __name__ == "__main__":
    found = versions()
    if len(set.union(*found.values())) != 1 or not all(found.values()):
        sys.exit(f"these differ: {found}")
    print(found["pyproject.toml"].pop())
