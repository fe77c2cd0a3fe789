"""What was measured of a model, kept beside it: its figures on labelled posts and its behaviour, next to a baseline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from voxpop.errors import Terminal
from voxpop.scorers.card import files, weights_digest

FILE: Final = "measured.json"
"""Its name in a model's directory. It is no part of the model's identity, for it changes no score."""


@dataclass(frozen=True)
class Measured:
    """Figures of a model, as plain JSON values; they hold no post.

    Attributes:
        files: digest of the model's files, for the figures are of one model.
        posts: which labelled posts they were measured on, in words.
        evaluation: reports of `voxpop.evaluation.reports` by scorer, the model's own first.
        behaviour: reports of `voxpop.behaviour.evaluate` by scorer, likewise, without examples.
    """

    files: str
    posts: str
    evaluation: Mapping[str, dict[str, Any]]
    behaviour: Mapping[str, dict[str, Any]]

    def write(self, directory: Path) -> None:
        """Write it beside the model."""
        (directory / FILE).write_text(json.dumps(asdict(self), separators=(",", ":")) + "\n", encoding="utf-8")


def find(directory: Path) -> Measured | None:
    """What was measured of the model in a directory; None where nothing was, or the model was exported anew since.

    Raises:
        Terminal: it cannot be read.
    """
    path = directory / FILE
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        read = Measured(str(found["files"]), str(found["posts"]), dict(found["evaluation"]), dict(found["behaviour"]))
        if not read.evaluation or not read.behaviour:
            raise ValueError("it holds no figures")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Terminal(f"{path} holds no figures ({error!r}); make it again with `voxpop evaluate --keep`") from error
    stamps = [(directory / name).stat() for name in files(directory)]
    digest = _digest(directory.resolve(), tuple((stamp.st_size, stamp.st_mtime_ns) for stamp in stamps))
    return read if read.files == digest else None


@lru_cache(maxsize=8)
def _digest(directory: Path, _seen: tuple[tuple[int, int], ...]) -> str:
    """The digest of the model's files, which are hashed again only when a size or time of change differs."""
    return weights_digest(directory)
