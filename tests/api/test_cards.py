from __future__ import annotations

from dataclasses import replace

import httpx

from tests.api.test_app import connected, get
from voxpop import models
from voxpop.api.app import Service
from voxpop.scorers.onnx import OnnxScorer


async def test_a_scorer_of_ones_own_serves_beside_the_bundled_models(client: httpx.AsyncClient) -> None:
    own, *bundled = (await get(client, "/v1/models"))["models"]
    assert (own["model_id"], own["bundled"], own["serving"], own["languages"]) == ("words-1", False, True, [])
    assert [model["name"] for model in bundled] == ["en-small", "en-towards", "multi-small"]
    assert [model["name"] for model in bundled if model["reads_topic"]] == ["en-towards"]
    assert all(0.5 < model["macro_recall"] < 1 and 0 < model["ece"] < 0.2 for model in bundled)
    assert not any(model["serving"] for model in bundled)


async def test_the_bundled_model_that_serves_is_marked(service: Service) -> None:
    scorer = OnnxScorer.open(models.find("en-small"))
    async with connected(replace(service, scorer=scorer)) as client:
        found = (await get(client, "/v1/models"))["models"]
    assert [(model["name"], model["model_id"]) for model in found if model["serving"]] == [
        ("en-small", scorer.model_id)
    ]


async def test_the_serving_model_tells_its_card_and_what_was_measured_of_it(service: Service) -> None:
    scorer, directory = OnnxScorer.open(models.find("en-small")), models.find("en-small")
    async with connected(replace(service, scorer=scorer, model=directory)) as client:
        found = await get(client, "/v1/models/serving")
    assert found["model_id"] == scorer.model_id and found["card"]["name"] == "en-small"
    assert list(found["evaluation"])[:2] == list(found["behaviour"]) == ["en-small", "lexicon"]
    assert "TweetEval" in found["posts"]


async def test_a_model_without_files_has_neither_card_nor_figures(client: httpx.AsyncClient) -> None:
    found = await get(client, "/v1/models/serving")
    assert found == {"model_id": "words-1", "card": None, "posts": None, "evaluation": None, "behaviour": None}
