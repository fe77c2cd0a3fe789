"""The models that the settings name."""

from __future__ import annotations

from pathlib import Path

from voxpop.catalogue import Catalogue
from voxpop.checkpoints import adoption
from voxpop.config import Settings
from voxpop.errors import Terminal
from voxpop.score import ModelSpec
from voxpop.seams import reads_topic


def model_of(settings: Settings) -> ModelSpec:
    """What opens the model the settings name: a bundled one, a directory, `hub:org/name`, or `lexicon`.

    A checkpoint is turned into a model the first time, which can take minutes; see `voxpop.checkpoints.adoption.find`.
    """
    if settings.model == "lexicon":
        return ModelSpec("lexicon", Path(), settings.threads)
    how = adoption.Adoption(settings.cache, settings.labels, settings.languages)
    return ModelSpec("onnx", adoption.find(settings.model, how), settings.threads)


def towards_of(settings: Settings) -> ModelSpec:
    """What opens the model that reads a post beside a topic.

    Raises:
        Terminal: there is no such model, or it reads no topic.
    """
    if settings.towards_model is None:
        raise Terminal(
            "no model that reads a post beside a topic is named; name en-towards, which comes with Voxpop, or the "
            "directory of one that you trained as towards_model"
        )
    spec = ModelSpec("onnx", adoption.find(settings.towards_model, adoption.Adoption(settings.cache)), settings.threads)
    if not reads_topic(spec.open()):
        raise Terminal(f"{settings.towards_model} does not read a topic; name another as towards_model")
    return spec


def words_of(settings: Settings, topic: str) -> str:
    """What a model reads of a topic: the title of the one that has the name `topic`, else the words themselves."""
    known = {known.name: known.title for known in Catalogue(settings.all_topics(), settings.data).topics}
    return known.get(topic, topic)
