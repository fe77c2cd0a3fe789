"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, and what to do unless it is `ok`."""

    name: str
    state: State
    found: str
    fix: str = ""

    def to_json(self) -> dict[str, str]:
        """As plain JSON values."""
        return asdict(self)


def size(number: int) -> str:
    """Bytes as people read them.

    >>> size(3 << 29)
    '1.5 GB'
    """
    return f"{number / (1 << 30):,.1f} GB"


def standing(path: Path) -> Path:
    """The path itself where there is something, else the nearest directory above it that there is.

    >>> standing(Path("/no/such/place"))
    PosixPath('/')
    """
    place = path.expanduser().absolute()
    while not place.exists():
        place = place.parent
    return place
