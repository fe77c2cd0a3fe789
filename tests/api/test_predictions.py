"""The forms of text-embeddings-inference: its requests, its answers, its errors."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.api.test_app import connected
from voxpop import models
from voxpop.api.app import Service
from voxpop.scorers.onnx import OnnxScorer

UNSCORED = [{"score": 1.0, "label": "unscored"}]


async def predicted(client: httpx.AsyncClient, **body: Any) -> Any:
    response = await client.post("/predict", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_text_has_its_labels_the_likeliest_first(client: httpx.AsyncClient) -> None:
    found = await predicted(client, inputs="a good day")
    assert [each["label"] for each in found] == ["positive", "neutral", "negative"]
    assert sum(each["score"] for each in found) == pytest.approx(1)
    assert await predicted(client, inputs=["a good day"]) == found
    assert await predicted(client, inputs="") == UNSCORED


async def test_a_batch_is_nested_and_a_flat_list_a_pair(client: httpx.AsyncClient) -> None:
    batch = await predicted(client, inputs=[["good"], ["awful", "bad"], [""]])
    assert [each[0]["label"] for each in batch] == ["positive", "negative", "unscored"]
    pair = await predicted(client, inputs=["awful", "bad"])
    assert pair == batch[1]


async def test_raw_scores_are_logits_of_the_probabilities(client: httpx.AsyncClient) -> None:
    plain = await predicted(client, inputs="a good day", raw_scores=True)
    powers = [math.exp(each["score"]) for each in plain]
    assert sum(powers) == pytest.approx(1)
    likely = await predicted(client, inputs="a good day")
    assert [power / sum(powers) for power in powers] == pytest.approx([each["score"] for each in likely])


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "{}", '{"inputs": 1}', '{"inputs": []}', '{"inputs": ["a", "b", "c"]}', '{"inputs": [[]]}',
     '{"inputs": [["a"], "b"]}', '{"inputs": ["a", ["b"]]}', '{"inputs": [["a", "b", "c"]]}', "[" * 100_000],
)  # fmt: skip
async def test_what_is_no_request_is_refused_in_their_form(client: httpx.AsyncClient, body: str) -> None:
    response = await client.post("/predict", content=body)
    assert response.status_code == 422
    assert set(response.json()) == {"error", "error_type"}


async def test_too_much_is_refused_in_their_form(client: httpx.AsyncClient) -> None:
    for inputs in ([["x"]] * 10_001, "x" * 20_001, "x" * 17_000_000):
        response = await client.post("/predict", json={"inputs": inputs})
        assert (response.status_code, response.json()["error_type"]) == (413, "Validation")


async def test_a_text_is_cut_unless_its_client_says_not_to(service: Service) -> None:
    scorer = OnnxScorer.open(models.find("en-small"))
    long = "what a great day it is " * 40
    async with connected(replace(service, scorer=scorer)) as client:
        for given in ({}, {"truncate": True}, {"truncate": None}):
            assert (await predicted(client, inputs=long, **given))[0]["label"] == "positive"
        refused = await client.post("/predict", json={"inputs": [["short"], [long]], "truncate": False})
        assert (refused.status_code, refused.json()["error_type"]) == (413, "Validation")
        short = await predicted(client, inputs=[["a great day"], ["so gut"]], truncate=False)
    assert short[0][0]["label"] == "positive"
    assert {each["label"] for each in short[1]} == {"negative", "neutral", "positive"}


async def test_half_a_character_is_scored(client: httpx.AsyncClient) -> None:
    response = await client.post("/predict", content=json.dumps({"inputs": "good \ud83d"}))
    assert response.json()[0]["label"] == "positive"
