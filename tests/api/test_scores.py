"""`POST /v1/score` towards a topic, through the real application."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from tests.api.test_app import connected
from tests.api.wordlist import ClauseScorer
from tests.stores.scored import TOPICS
from voxpop.api.app import Service

TEXTS = ["the phone is good but the game is awful", "the game is lovely"]


async def scored(service: Service, **body: Any) -> httpx.Response:
    async with connected(service) as client:
        return await client.post("/v1/score", json={"texts": TEXTS, **body})


async def test_with_a_topic_the_model_that_reads_it_answers(service: Service) -> None:
    both = replace(service, towards=ClauseScorer)
    answer = (await scored(both, topic="game")).json()
    assert answer["model_id"] == "clauses-1"
    assert [score["label"] for score in answer["scores"]] == ["negative", "positive"]
    assert [score["label"] for score in (await scored(both, topic="phone")).json()["scores"]] == [
        "positive",
        "unscored",
    ]


async def test_without_a_topic_nothing_changes(service: Service) -> None:
    one, other = (await scored(service)).json(), (await scored(replace(service, towards=ClauseScorer))).json()
    assert one == other
    assert one["model_id"] == "words-1"


async def test_a_topic_s_name_stands_for_its_title(service: Service) -> None:
    known = TOPICS.topics[0]
    asked: list[str] = []

    class Remembering(ClauseScorer):
        def __call__(self, batch: Any) -> Any:
            asked.extend(batch["topic"].to_pylist())
            return super().__call__(batch)

    both = replace(service, towards=Remembering)
    await scored(both, topic=known.name)
    await scored(both, topic="some other thing")
    assert set(asked) == {known.title, "some other thing"}


async def test_where_no_model_reads_a_topic_it_is_said(service: Service) -> None:
    answer = await scored(service, topic="game")
    assert answer.status_code == 409
    assert "towards_model" in answer.json()["detail"]


async def test_an_empty_or_endless_topic_is_refused(service: Service) -> None:
    for topic in ("", "x" * 201):
        answer = await scored(service, topic=topic)
        assert answer.status_code == 422
        assert "topic" in answer.json()["detail"]
