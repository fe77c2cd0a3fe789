from __future__ import annotations

import asyncio
import random
import threading
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from tests.api.test_app import connected, problem
from tests.api.wordlist import WordScorer
from voxpop import models
from voxpop.api.app import Service
from voxpop.api.batching import Batcher, Limits
from voxpop.errors import Transient
from voxpop.score import score_texts
from voxpop.scorers.onnx import OnnxScorer


class HeldScorer(WordScorer):
    """Scores when it is let, and remembers what it was given."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.given: list[list[str]] = []

    def __call__(self, batch: Any) -> Any:
        self.given.append(batch["text"].to_pylist())
        assert self.go.wait(60)
        return super().__call__(batch)


async def begun(scorer: HeldScorer) -> None:
    while not scorer.given:
        await asyncio.sleep(0.01)


async def test_scores_are_the_same_to_the_last_bit_whatever_they_are_batched_with() -> None:
    scorer = OnnxScorer.open(models.find("en-small"), remembered=0)
    words = "the servers are down again and I love it so much worth every minute of waiting @ana \ud83d".split(" ")
    dice = random.Random(7)
    texts = [" ".join(dice.choices(words, k=dice.randrange(1, 60))) for _ in range(120)]
    alone = [await Batcher(scorer, Limits(batch=1)).score([text]) for text in texts]
    batcher = Batcher(scorer, Limits(batch=16))
    cuts = sorted({0, len(texts), *dice.sample(range(len(texts)), 40)})
    pieces = [texts[first:last] for first, last in zip(cuts, cuts[1:], strict=False)]
    together = await asyncio.gather(*(batcher.score(piece, any_language=bool(len(piece) % 2)) for piece in pieces))
    found = pa.concat_tables(together)
    apart = pa.concat_tables(alone)
    asked_for = [row["label"] != "unscored" for row in apart.to_pylist()]
    assert sum(asked_for) > 100
    assert found.filter(asked_for).equals(apart.filter(asked_for))
    whole = [text for text in texts if "\ud83d" not in text]
    assert score_texts(scorer, pa.array(whole)).equals(
        pa.concat_tables([await batcher.score([text]) for text in whole]).combine_chunks().to_batches()[0]
    )


async def test_what_waits_is_scored_together_and_answered_apart() -> None:
    scorer = HeldScorer()
    batcher = Batcher(scorer)
    first = asyncio.create_task(batcher.score(["good 0"]))
    await begun(scorer)
    rest = [asyncio.create_task(batcher.score([f"good {number}", "bad"])) for number in range(1, 20)]
    await asyncio.sleep(0)
    assert batcher.waiting == 38
    scorer.go.set()
    tables = await asyncio.gather(first, *rest)
    assert batcher.batches == 2
    assert [table["label"].to_pylist() for table in tables[1:]] == [["positive", "negative"]] * 19
    assert batcher.waiting == 0


async def test_a_long_request_does_not_keep_short_ones_waiting() -> None:
    scorer = HeldScorer()
    batcher = Batcher(scorer, Limits(batch=10))
    long = asyncio.create_task(batcher.score([f"good {number}" for number in range(1000)]))
    await begun(scorer)
    short = asyncio.create_task(batcher.score(["bad"]))
    await asyncio.sleep(0)
    scorer.go.set()
    assert (await short)["label"].to_pylist() == ["negative"]
    assert not long.done()
    assert len(await long) == 1000
    assert "bad" in scorer.given[1] + scorer.given[2]


async def test_too_much_that_waits_is_refused_with_a_time_to_come_back(service: Service) -> None:
    scorer = HeldScorer()
    async with connected(replace(service, scorer=scorer)) as client:
        first = asyncio.create_task(client.post("/v1/score", json={"texts": ["good"]}))
        await begun(scorer)
        many = [asyncio.create_task(client.post("/v1/score", json={"texts": ["good"] * 10_000})) for _ in range(3)]
        done, waiting = await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
        (refused,) = done
        assert "try again" in problem(refused.result(), 503)
        assert int(refused.result().headers["retry-after"]) >= 1
        inputs = {"inputs": [["good"]] * 10_000}
        overloaded = await client.post("/predict", json=inputs)
        assert (overloaded.status_code, overloaded.json()["error_type"]) == (429, "Overloaded")
        assert int(overloaded.headers["retry-after"]) >= 1
        scorer.go.set()
        assert {response.status_code for response in await asyncio.gather(first, *waiting)} == {200}
        assert (await client.post("/v1/score", json={"texts": ["good"]})).status_code == 200


async def test_what_nobody_waits_for_any_longer_is_not_scored() -> None:
    scorer = HeldScorer()
    batcher = Batcher(scorer, Limits(batch=4, waiting=100))
    first = asyncio.create_task(batcher.score(["good"]))
    await begun(scorer)
    gone = asyncio.create_task(batcher.score(["bad"] * 90))
    stays = asyncio.create_task(batcher.score(["lovely"]))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert batcher.waiting == 1
    scorer.go.set()
    assert [len(await first), len(await stays)] == [1, 1]
    assert scorer.given == [["good"], ["lovely"]]


async def test_a_scorer_that_fails_fails_its_callers_and_nobody_later() -> None:
    class Broken(WordScorer):
        def __call__(self, batch: Any) -> Any:
            if "bad" in batch["text"].to_pylist():
                raise MemoryError
            return super().__call__(batch)

    batcher = Batcher(Broken(), Limits(batch=4))
    with pytest.raises(MemoryError):
        await batcher.score(["bad"] * 9)
    assert batcher.waiting == 0
    assert len(await batcher.score(["good"] * 9)) == 9
    assert len(await batcher.score([])) == 0


async def test_a_refusal_names_seconds() -> None:
    scorer = HeldScorer()
    batcher = Batcher(scorer, Limits(batch=1, waiting=2))
    tasks = [asyncio.create_task(batcher.score(["good"])) for _ in range(2)]
    await begun(scorer)
    with pytest.raises(Transient, match="again in 1 s") as refused:
        await batcher.score(["good", "good"])
    assert refused.value.retry_after == 1
    scorer.go.set()
    await asyncio.gather(*tasks)
