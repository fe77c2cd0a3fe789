"""What the doctor finds of the models that score, and of the correction of what they count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from voxpop import models
from voxpop.config import Settings
from voxpop.doctor.check import Check
from voxpop.errors import VoxpopError
from voxpop.scorers.card import ModelCard, files, model_id


def scoring(settings: Settings) -> Iterator[Check]:
    """Whether the files of both models are there, what they hash to, under which licence, and what each reads."""
    if settings.model == "lexicon":
        yield Check("model", "ok", "lexicon (VADER)")
    else:
        yield _model("model", settings.model, reads_topic=False)
    if settings.towards_model is not None:
        yield _model("towards_model", settings.towards_model, reads_topic=True)
    if settings.correction and not settings.correction.expanduser().is_file():
        fix = "name a file that `voxpop calibrate` wrote, or leave it out"
        yield Check("correction", "fail", f"{settings.correction} is no file", fix)


def _model(name: str, model: str, *, reads_topic: bool) -> Check:
    directory = Path(model)
    if model.startswith("hub:") or (directory / "config.json").is_file():
        return Check(name, "ok", f"{model} is a checkpoint; it is turned into a model when it is first used")
    try:
        directory = models.find(model)
        card = ModelCard.read(directory)
        licence = json.loads((directory / "model.json").read_text(encoding="utf-8")).get("licence")
        told = f"{model_id(directory)}: {', '.join(files(directory))}; licence {licence or 'not named'}"
    except (VoxpopError, OSError, ValueError) as error:
        return Check(name, "fail", str(error), f"name a {name} that is there, or export it again")
    if card.reads_topic and not reads_topic:
        return Check(name, "fail", f"{model} reads a post beside a topic", "name it as towards_model, and another here")
    if reads_topic and not card.reads_topic:
        return Check(name, "fail", f"{model} reads no topic", "name one that does, such as en-towards")
    return Check(name, "ok" if licence else "warn", told, "" if licence else "find out whether you may use it")
