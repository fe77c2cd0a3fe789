"""A model's health, on invented posts with planted drift: another language, other words, answers, unreadable posts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.api.test_app import connected, get, problem
from tests.api.wordlist import pipeline_status
from tests.stores.scored import MORNING, TOPICS, cut, event
from voxpop import models
from voxpop.api.service import Service
from voxpop.errors import Terminal
from voxpop.insight import health
from voxpop.insight.correction import files_of
from voxpop.scorers.onnx import OnnxScorer
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Filter

ENGLISH = "the a game is was so good bad today again my phone battery camera love hate really what never always".split()
STRANGE = "zkrollup rugpulled memecoins hodlers airdropped tokenomics stablecoins defi wagmi ngmi satoshis".split()
GERMAN = "das spiel ist heute wieder richtig schlecht und niemand weiss warum die fähre so spät kommt".split()


@pytest.fixture(scope="module")
def scorer() -> OnnxScorer:
    return OnnxScorer.open(models.find("en-small"))


def posts(words: list[str], many: int, first: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """Rows of scored posts, a minute apart."""
    chosen = np.random.default_rng(first).choice(words, (many, 12))
    given = {"confidence": 0.9, **fields}
    return [event(f"test:{first + at}", " ".join(row), first + at, **given) for at, row in enumerate(chosen)]


def read(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a store answers them."""
    return [{**row, "lang": row["lang_detected"] or ""} for row in rows]


@pytest.fixture(scope="module")
def normal(scorer: OnnxScorer) -> health.Reference:
    return health.reference(read(posts(ENGLISH, 1_000, 50_000)), scorer, "")


def drifted(rows: list[dict[str, Any]], scorer: OnnxScorer, normal: health.Reference) -> set[str]:
    return {state.measure for state in health.drifted(health.states(read(rows), scorer, normal))}


def test_posts_like_the_reference_are_healthy(scorer: OnnxScorer, normal: health.Reference) -> None:
    assert drifted(posts(ENGLISH, 1_000), scorer, normal) == set()


def test_new_words_are_found(scorer: OnnxScorer, normal: health.Reference) -> None:
    rows = posts(ENGLISH, 500) + posts(ENGLISH + STRANGE * 4, 500, 500)
    assert drifted(rows, scorer, normal) == {"splitting", "vocabulary"}


def test_another_language_is_found_and_since_when(scorer: OnnxScorer, normal: health.Reference) -> None:
    rows = posts(ENGLISH, 600) + posts(GERMAN, 600, 600, label="unscored", lang_detected="de")
    states = {state.measure: state for state in health.states(read(rows), scorer, normal)}
    assert {state.measure for state in health.drifted(states.values())} == {"languages", "unscored"}
    since = states["languages"].since
    assert since is not None and timedelta(minutes=600) < since - MORNING < timedelta(minutes=900)
    assert states["languages"].now[0][0] in ("de", "en")


def test_answers_that_grow_unsure_are_found_and_a_drift_that_ended_is_not_told(
    scorer: OnnxScorer, normal: health.Reference
) -> None:
    unsure = posts(ENGLISH, 600, 600, confidence=0.45)
    assert drifted(posts(ENGLISH, 600) + unsure, scorer, normal) == {"scores"}
    assert drifted(unsure + posts(ENGLISH, 1_300, 1_300), scorer, normal) == set()


def test_what_is_normal_is_kept_as_counts_of_one_model(
    scorer: OnnxScorer, normal: health.Reference, tmp_path: Path
) -> None:
    normal.write(tmp_path / health.FILE)
    assert health.Reference.read(tmp_path / health.FILE) == normal
    assert not any(word in (tmp_path / health.FILE).read_text() for word in ("phone", "battery"))
    assert health.find(tmp_path) == normal
    replace(normal, files="others").write(tmp_path / health.FILE)
    assert health.find(tmp_path) is None
    (tmp_path / health.FILE).write_text('{"counts": []}')
    with pytest.raises(Terminal, match="docs/health.md"):
        health.find(tmp_path)


def test_the_bundled_model_knows_what_is_normal() -> None:
    found = health.find(models.find("en-small"))
    assert found is not None and found.posts == 2_000 and found.files == files_of(models.find("en-small"))


@pytest.fixture
def service(tmp_path: Path, scorer: OnnxScorer, normal: health.Reference) -> Iterator[Service]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    for piece in cut(posts(ENGLISH, 300) + posts(GERMAN, 600, 300, label="unscored", lang_detected="de"), []):
        store.load(*piece)

    def look(window: Filter) -> list[health.State]:
        return health.health(store, window, scorer, normal)

    yield Service(store, scorer, TOPICS, None, pipeline_status, health=look)
    store.close()


async def test_the_api_tells_what_drifted_and_the_metric_too(service: Service) -> None:
    path = f"/v1/models/{service.scorer.model_id}/health"
    async with connected(service) as client:
        body = await get(client, path)
        assert body["drifted"] is True
        of = {one["name"]: one for one in body["measures"]}
        assert of["languages"]["drifted"] and of["languages"]["since"] and of["languages"]["index"] > body["limit"]
        assert of["vocabulary"]["moved"] == []
        assert 'voxpop_model_drift_index{measure="languages"}' in (await client.get("/metrics")).text
        assert "serves" in problem(await client.get("/v1/models/other/health"), 404)


async def test_an_unknown_normal_is_a_problem_with_the_fix(service: Service) -> None:
    async with connected(replace(service, health=None)) as client:
        answer = await client.get(f"/v1/models/{service.scorer.model_id}/health")
        assert "voxpop health --reference" in problem(answer, 409)
