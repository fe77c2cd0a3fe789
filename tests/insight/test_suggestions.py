"""Which posts to label next, on stores of invented posts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.stores.scored import MORNING, TOPICS, cut, event
from voxpop.insight import suggestions
from voxpop.insight.suggestions import suggest
from voxpop.stores.corrections import Corrections, Label
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Filter

DAY = Filter("*", MORNING, MORNING + timedelta(days=1))
WORDS = np.random.default_rng(4).permutation([f"word{number}" for number in range(400)]).tolist()


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Callable[[list[dict[str, Any]]], DuckDBStore]]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)

    def load(rows: list[dict[str, Any]]) -> DuckDBStore:
        for piece in cut(rows, []):
            store.load(*piece)
        return store

    yield load
    store.close()


def crowd(text: str, many: int, first: int, **fields: Any) -> list[dict[str, Any]]:
    """Posts that share most of their words."""
    return [event(f"test:{first + at}", f"{text} {WORDS[first + at]}", at, **fields) for at in range(many)]


def test_doubted_posts_that_others_are_like_come_first_and_each_kind_once(
    stored: Callable[[list[dict[str, Any]]], DuckDBStore],
) -> None:
    sure = crowd("the ferry was late again today", 30, 0, confidence=0.98)
    one = crowd("battery drains fast on my phone", 20, 100, confidence=0.4)
    other = crowd("camera update feels quite strange", 15, 200, confidence=0.4)
    alone = [event("test:399", "zxcv qwer asdf uiop hjkl", 1, confidence=0.34)]
    found = suggest(stored(sure + one + other + alone), DAY, 2)
    kinds = [(one.post["text"] or "").split()[0] for one in found]
    assert sorted(kinds) == ["battery", "camera"]
    assert all(one.uncertainty > 0.9 and 0 <= one.representativeness <= 1 for one in found)


def test_a_post_that_is_like_no_other_comes_last_and_comes(
    stored: Callable[[list[dict[str, Any]]], DuckDBStore],
) -> None:
    alone = [event("test:399", "zxcv qwer asdf uiop hjkl", 1, confidence=0.34)]
    found = suggest(stored(crowd("the ferry was late again", 3, 0, confidence=0.9) + alone), DAY, 9)
    assert [one.post["post_id"] for one in found][-1] == "test:399" and len(found) > 1


def test_what_is_labelled_reposted_or_unscored_is_not_offered(
    stored: Callable[[list[dict[str, Any]]], DuckDBStore], tmp_path: Path
) -> None:
    rows = crowd("an apple a day", 6, 0, confidence=0.5)
    rows += crowd("an apple a day", 3, 10, kind="repost", confidence=0.4)
    rows += crowd("an apple a day", 3, 20, label="unscored")
    store = stored(rows)
    Corrections(store, tmp_path).give(Label("test:2", "neutral", "ana"))
    offered = {one.post["post_id"] for one in suggest(store, DAY, 50)}
    assert offered == {f"test:{at}" for at in (0, 1, 3, 4, 5)}
    drawn = {one.post["post_id"] for one in suggest(store, DAY, 50, "random")}
    assert drawn == offered | {"test:10", "test:11", "test:12"}


def test_a_random_draw_goes_on_after_what_was_labelled_and_favours_nothing(
    stored: Callable[[list[dict[str, Any]]], DuckDBStore], tmp_path: Path
) -> None:
    store = stored([event(f"test:{at}", f"an apple {at}", 0, confidence=0.4 + 0.5 * (at % 2)) for at in range(400)])
    kept, seen = Corrections(store, tmp_path), []
    for _ in range(2):
        batch = [one.post["post_id"] for one in suggest(store, DAY, 20, "random")]
        seen += batch
        for post_id in batch:
            kept.give(Label(post_id, "neutral", "ana", "random"))
    assert len(set(seen)) == 40
    odd = sum(int(post_id.split(":")[1]) % 2 for post_id in seen)
    assert 11 <= odd <= 29


def test_the_work_is_bounded_by_the_pool(
    stored: Callable[[list[dict[str, Any]]], DuckDBStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "POOL", 50)
    store = stored([event(f"test:{at}", f"an apple {WORDS[at]} {WORDS[-at]}", 0, confidence=0.5) for at in range(300)])
    looked: list[int] = []
    vectors = suggestions._vectors

    def counting(pool: pa.Table) -> Any:
        looked.append(pool.num_rows)
        return vectors(pool)

    monkeypatch.setattr(suggestions, "_vectors", counting)
    assert len(suggest(store, DAY, 100)) <= 50 and looked[0] <= 50
    with pytest.raises(ValueError, match="at most"):
        suggest(store, DAY, 101)


@pytest.mark.parametrize("texts", [["", " "], ["!!", "💥"], ["\ud83d", "a" * 20_000], ["{0} %s", "日本語のテキスト"]])
def test_any_text_is_looked_at(stored: Callable[[list[dict[str, Any]]], DuckDBStore], texts: list[str]) -> None:
    rows = [
        event(f"test:{at}", text.encode("utf-8", "replace").decode(), 0, confidence=0.5)
        for at, text in enumerate(texts)
    ]
    assert len(suggest(stored(rows), DAY, 5)) <= 2
