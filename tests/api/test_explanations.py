from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from tests.api.test_app import connected, problem
from voxpop import models
from voxpop.api.app import Service
from voxpop.scorers.onnx import OnnxScorer
from voxpop.seams import Scorer


async def test_a_label_is_explained(client: httpx.AsyncClient) -> None:
    text = "RT @ana: <b>good</b> awful 👨\u200d👩\u200d👧 awful"
    response = await client.post("/v1/explain", json={"text": text})
    assert response.status_code == 200
    body = response.json()
    assert (body["model_id"], body["label"]) == ("words-1", "negative")
    assert [body["text"][word["start"] : word["end"]] for word in body["words"]] == [
        word["text"] for word in body["words"]
    ]
    assert sum(word["polarity_weight"] for word in body["words"]) == pytest.approx(body["polarity"], abs=1e-5)
    assert sum(word["label_weight"] for word in body["words"]) == pytest.approx(body["probability"] - 1 / 3, abs=1e-5)


async def test_a_text_that_is_not_scored_has_no_explanation(service: Service) -> None:
    scorer: Scorer = OnnxScorer.open(models.find("en-small"))
    async with connected(replace(service, scorer=scorer)) as client:
        for body in ({"text": "@ana"}, {"text": "c'est bien", "lang": "fr"}):
            found = (await client.post("/v1/explain", json=body)).json()
            assert (found["label"], found["polarity"], found["words"]) == ("unscored", None, [])


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"text": 1}', '{"text": null}', '{"texts": ["a"]}'])
async def test_what_is_no_text_is_not_explained(client: httpx.AsyncClient, body: str) -> None:
    problem(await client.post("/v1/explain", content=body, headers={"content-type": "application/json"}), 422)


async def test_a_long_text_is_explained_and_a_longer_one_refused(client: httpx.AsyncClient) -> None:
    assert len((await client.post("/v1/explain", json={"text": "good " * 1000})).json()["words"]) <= 128
    assert "5000" in problem(await client.post("/v1/explain", json={"text": "x" * 5001}), 422)
    assert "35" in problem(await client.post("/v1/explain", json={"text": "x", "lang": "x" * 36}), 422)
