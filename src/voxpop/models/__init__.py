"""The models that come with Voxpop, each a directory with `model.onnx`, `tokenizer.json` and `model.json`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from voxpop.errors import Terminal


def bundled() -> dict[str, Path]:
    """Name and directory of every bundled model."""
    home = Path(str(files(__name__)))
    return {path.parent.name: path.parent for path in sorted(home.glob("*/model.json"))}


def find(name: str) -> Path:
    """The directory of a bundled model, or the directory that `name` is.

    Raises:
        Terminal: there is no such model; the message lists the bundled ones.
    """
    known = bundled()
    if name in known:
        return known[name]
    directory = Path(name)
    if (directory / "model.json").is_file():
        return directory
    raise Terminal(
        f"there is no model {name!r}; use {' or '.join(known)}, the directory of an exported model or a Hugging Face "
        "checkpoint, or hub:org/name"
    )
