"""What an exported model is: its files, the card that says how to run them, and the id that names all of it."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from voxpop.emoji import SPELLING
from voxpop.gazetteer import PLACES
from voxpop.language import DETECTION
from voxpop.scorers.scores import LABELS
from voxpop.scorers.stages import STEP, Stage
from voxpop.text import PREPARATION

FILES: Final = ("model.onnx", "tokenizer.json", "model.json")
"""What every model's directory holds, each part of its identity; a model in stages has a file for each later one."""


@dataclass(frozen=True)
class ModelCard:
    """What `model.json` says about a model: the part that scoring needs."""

    name: str
    languages: frozenset[str]
    max_length: int
    stages: tuple[Stage, ...]
    """What is run, in order; the first reads tokens and is `model.onnx`."""
    classes: tuple[tuple[float, ...], ...] = ()
    """What each of the model's own labels counts for, a row per output; empty where they are `LABELS` already."""
    pad: int = 0
    """The id that fills a row up; models that find a text's end by it need their own."""
    spells_emoji: bool = False
    """Whether the model was trained on emoji as words; see `voxpop.emoji`."""
    reads_topic: bool = False
    """Whether it reads a post beside a topic, and answers what the post says of that."""

    @property
    def temperature(self) -> float:
        """What divides the logits of the last stage."""
        return self.stages[-1].temperature

    @classmethod
    def read(cls, directory: Path) -> "ModelCard":
        """Read `directory/model.json`. Raises `ValueError`, naming the file, for a card that cannot be used."""
        path = directory / "model.json"
        try:
            card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            classes = tuple(tuple(float(share) for share in row) for row in card.get("classes", ()))
            common = card["name"], frozenset(card["languages"]), int(card["max_length"]), _stages(card)
            reads = card.get("emoji") == "words", card.get("pair") == "topic"
            found = cls(*common, classes, int(card.get("pad", 0)), *reads)
            labels = tuple(card["labels"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is no model card ({error!r}): export the model again") from error
        heats = [stage.temperature for stage in found.stages]
        if labels != LABELS or found.max_length < STEP or not all(0 < heat < float("inf") for heat in heats):
            raise ValueError(f"{path}: labels must be {list(LABELS)}, max_length >= {STEP}, temperature > 0")
        if any(len(row) != len(LABELS) or min(row) < 0 or abs(sum(row) - 1) > 1e-6 for row in classes):
            raise ValueError(f"{path}: each row of classes must be {len(LABELS)} shares that sum to 1")
        return found


def _stages(card: dict[str, Any]) -> tuple[Stage, ...]:
    """The exits of the card, each with its file, and the last stage."""
    exits = [Stage(_plain(one["file"]), float(one["temperature"]), float(one["sure"])) for one in card.get("exits", ())]
    last = _plain(card.get("last", FILES[0]))
    stages = (*exits, Stage(last, float(card["temperature"])))
    if stages[0].file != FILES[0] or len({stage.file for stage in stages}) < len(stages):
        raise ValueError(f"the first stage is {FILES[0]}, and each has a file of its own")
    return stages


def _plain(name: str) -> str:
    # A card comes with the weights, from anywhere: it must not name a file outside its own directory.
    if Path(name).name != name or not name.endswith(".onnx"):
        raise ValueError(f"{name!r} is no file name of a stage")
    return name


def files(directory: Path) -> tuple[str, ...]:
    """Return the names of the files that a model in `directory` is made of; `ValueError` for a broken card."""
    return (*FILES, *(stage.file for stage in ModelCard.read(directory).stages[1:]))


def model_id(directory: Path) -> str:
    """Return `<name>-<12 hex digits>`: a hash of everything that can change a score.

    That is the bytes of model, tokenizer and card (with maximum length, temperature and exits) and the versions of text
    preparation, language detection and the words of emoji. Cheap after the first call: the files are hashed again only
    when a size or time of change differs.
    Raises `FileNotFoundError`, naming what is missing, for a directory that is no exported model.
    """
    _all_there(directory, FILES)
    names = files(directory)
    _all_there(directory, names)
    stats = [(directory / name).stat() for name in names]
    return _model_id(directory.resolve(), tuple((stat.st_size, stat.st_mtime_ns) for stat in stats))


def _all_there(directory: Path, names: tuple[str, ...]) -> None:
    if missing := [name for name in names if not (directory / name).is_file()]:
        raise FileNotFoundError(f"{directory} lacks {', '.join(missing)}: give the directory of an exported model")


@lru_cache(maxsize=32)
def _model_id(directory: Path, _seen: tuple[tuple[int, int], ...]) -> str:
    versions = f"preparation {PREPARATION}\nlanguage detection {DETECTION}\nspelling {SPELLING}\nplaces {PLACES}\n"
    return f"{ModelCard.read(directory).name}-{_digest(directory, versions)}"


def weights_digest(directory: Path) -> str:
    """Return 12 hex digits that stand for the model's files alone, whatever version of Voxpop runs them."""
    return _digest(directory, "")


def _digest(directory: Path, head: str) -> str:
    digest = hashlib.sha256(head.encode())
    for name in files(directory):
        digest.update(f"{name} {(directory / name).stat().st_size}\n".encode())
        with (directory / name).open("rb") as file:
            while content := file.read(1 << 20):
                digest.update(content)
    return digest.hexdigest()[:12]
