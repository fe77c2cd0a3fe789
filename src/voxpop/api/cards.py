"""`GET /v1/models`: the models there are, and which of them serves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from voxpop import measured, models
from voxpop.api.access import needs
from voxpop.api.service import Service
from voxpop.scorers.card import model_id


class Model(BaseModel):
    """A model, with the figures of its card; null where it has none."""

    model_id: str = Field(description="What its scores depend on.", examples=["en-small-1"])
    name: str = Field(examples=["en-small"])
    bundled: bool = Field(description="Whether it came with Voxpop.")
    serving: bool = Field(description="Whether it scores the posts and `/v1/score`.")
    reads_topic: bool = Field(description="Whether it is a `towards_model`: it reads a post beside a topic.")
    languages: list[str] = Field(description="ISO 639-1; empty means any.", examples=[["en"]])
    macro_recall: float | None = Field(description="On development posts, in [0, 1].", examples=[0.74])
    ece: float | None = Field(description="Expected calibration error on them, in [0, 1].", examples=[0.03])
    dev_rows: int | None = Field(description="How many development posts.", examples=[2000])
    megabytes: float | None = Field(examples=[23.0])
    licence: str | None = Field(examples=["Apache-2.0"])
    base_model: str | None


class Serving(BaseModel):
    """The model that scores: its card, and what was measured of it; null where it has none."""

    model_id: str = Field(examples=["en-small-1"])
    card: dict[str, Any] | None = Field(description="Its `model.json`.")
    posts: str | None = Field(description="Which labelled posts it was measured on.")
    evaluation: dict[str, Any] | None = Field(description="By scorer, its own first: what `voxpop evaluate` answers.")
    behaviour: dict[str, Any] | None = Field(description="By scorer, its own first: what `voxpop behaviour` answers.")


class Models(BaseModel):
    """The bundled models, and the serving one where it is none of them."""

    models: list[Model]


def routes(service: Service) -> APIRouter:
    """The route over the models of the package and the service's scorer."""
    router = APIRouter(prefix="/v1", tags=["models"], dependencies=[needs("read")])

    @router.get("/models")
    def known() -> Models:
        """The models that come with Voxpop and the one that serves, with the figures of their cards."""
        found = [_bundled(directory, service.scorer.model_id) for directory in models.bundled().values()]
        return Models(models=found if any(model.serving for model in found) else [_other(service), *found])

    @router.get("/models/serving")
    def own() -> Serving:
        """The card of the model that serves and what was measured of it, beside a baseline, as it was kept with it."""
        return serving(service)

    return router


def serving(service: Service) -> Serving:
    """The model that serves, with its card and its figures.

    Raises:
        Terminal: its figures are there, and cannot be read.
    """
    directory = service.model
    if directory is None or not (directory / "model.json").is_file():
        return Serving(model_id=service.scorer.model_id, card=None, posts=None, evaluation=None, behaviour=None)
    found = measured.find(directory)
    return Serving(
        model_id=service.scorer.model_id,
        card=json.loads((directory / "model.json").read_text(encoding="utf-8")),
        posts=found and found.posts,
        evaluation=found and dict(found.evaluation),
        behaviour=found and dict(found.behaviour),
    )


def _bundled(directory: Path, serving: str) -> Model:
    card: dict[str, Any] = json.loads((directory / "model.json").read_text(encoding="utf-8"))
    figures = card.get("export", {})
    named = model_id(directory)
    return Model(
        model_id=named,
        name=card["name"],
        bundled=True,
        serving=named == serving,
        reads_topic=card.get("pair") == "topic",
        languages=sorted(card["languages"]),
        macro_recall=figures.get("dev_macro_recall"),
        ece=figures.get("dev_ece"),
        dev_rows=figures.get("dev_rows"),
        megabytes=figures.get("megabytes"),
        licence=card.get("licence"),
        base_model=card.get("base_model"),
    )


def _other(service: Service) -> Model:
    named = service.scorer.model_id
    unknown: dict[str, Any] = dict.fromkeys(("macro_recall", "ece", "dev_rows", "megabytes", "licence", "base_model"))
    return Model(
        model_id=named,
        name=named.rpartition("-")[0] or named,
        bundled=False,
        serving=True,
        reads_topic=False,
        languages=sorted(service.scorer.languages),
        **unknown,
    )
