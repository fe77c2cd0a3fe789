from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.stores.scored import MORNING, TOPICS, cut, event
from voxpop.insight.change import Change, change, earlier, other
from voxpop.insight.drivers import Driver
from voxpop.insight.sample import draw
from voxpop.insight.shingles import bare
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.queries import Filter
from voxpop.stores.view import View

HOUR = Filter(start=MORNING + timedelta(hours=1), end=MORNING + timedelta(hours=2))
FINE, LATE = "the sun is fine", "the ferry is late again #ferry https://example.org/a"


def hour(number: int, late: int, fine: int, **fields: Any) -> list[dict[str, Any]]:
    """Posts of an hour, by as many authors; those on the ferry are negative."""
    said = [(LATE, "negative")] * late + [(FINE, "positive")] * fine
    return [
        event(
            f"h{number}-{at}",
            text,
            60 * number + at / 50,
            **{"label": label, "author_id": f"u{number}-{at}", **fields},
        )
        for at, (text, label) in enumerate(said)
    ]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[View]:
    store = DuckDBStore.open(tmp_path / "store.duckdb", TOPICS)
    yield store
    store.close()


def changed(store: View, rows: list[dict[str, Any]]) -> Change:
    store.load(*cut(rows, [])[0])
    return change(store, HOUR, earlier(HOUR))


def named(drivers: list[Driver], kind: str) -> dict[str, Driver]:
    return {driver.name: driver for driver in drivers if driver.kind == kind}


def test_what_an_hour_says_more_of_is_told_with_examples(opened: View) -> None:
    found = changed(opened, [*hour(0, 2, 60), *hour(1, 40, 20, country="FR")])
    top = named(found.drivers, "word")["ferry"]
    assert (top.kind, top.name, top.voices, top.voices_before) == ("word", "ferry", 40, 2)
    assert {"late", "again", "the ferry", "late again"} <= set(top.also)
    assert (top.share, top.share_before) == (40 / 60, 2 / 62)
    examples = found.examples(top)
    assert set(examples["text"].to_pylist()) == {LATE}
    assert examples.num_rows == 1, "they are all one text"
    assert named(found.drivers, "hashtag")["#ferry"].log_odds > 0
    assert named(found.drivers, "host")["example.org"].log_odds > 0
    assert named(found.drivers, "country")["FR"].log_odds > 0 > named(found.drivers, "country")["DE"].log_odds
    less = next(driver for driver in found.drivers if driver.kind == "word" and driver.log_odds < 0)
    assert set(found.examples(less)["text"].to_pylist()) == {FINE}
    assert found.net_change is not None and found.net_change < -1
    assert set(found.mixes) == {"country", "lang", "source", "kind"}


def test_an_author_who_shouts_has_one_voice_and_is_told_as_an_author(opened: View) -> None:
    rows = [*hour(0, 0, 60), *hour(1, 0, 60)]
    shouts = [event(f"s{at}", "buy plums now", 61, author_id="spammer", label="neutral") for at in range(50)]
    found = changed(opened, rows + shouts)
    assert [(driver.kind, driver.voices) for driver in found.drivers] == [("author", 50)]
    assert len(found.drivers[0].name) == 16


def test_what_goes_with_negative_posts_pushes_down(opened: View) -> None:
    found = changed(opened, hour(1, 30, 30))
    down = named(found.pushes, "word")["ferry"]
    assert (down.voices, down.voices_before) == (0, 30)
    assert down.log_odds < 0 < named(found.pushes, "word")["sun"].log_odds
    assert set(found.push_examples(down)["label"].to_pylist()) == {"negative"}


def test_hours_without_posts_change_nothing(opened: View) -> None:
    found = changed(opened, hour(5, 3, 3))
    assert (found.drivers, found.pushes, found.mixes, found.net_change) == ([], [], {}, None)


def test_two_topics_are_compared_in_one_period(opened: View) -> None:
    rows = [event(f"a{at}", "an apple is sour", 61, author_id=f"a{at}") for at in range(30)]
    rows += [event(f"p{at}", "a pear is sweet", 61, author_id=f"p{at}") for at in range(30)]
    opened.load(*cut(rows, [])[0])
    apple = replace(HOUR, topic="apple")
    found = change(opened, apple, other(apple, "pear", (None, None)))
    assert found.drivers[0].log_odds != 0
    words = {name for driver in found.drivers for name in (driver.name, *driver.also)}
    assert {"sour", "sweet"} <= words


def test_a_sample_is_the_same_each_time_and_part_of_a_larger_one(store: View) -> None:
    store.load(*cut([*hour(0, 100, 100), *hour(1, 1000, 1000)], [])[0])
    small, again, large = (draw(store, HOUR, size) for size in (200, 200, 800))
    ids = [set(sample.posts["post_id"].to_pylist()) for sample in (small, again, large)]
    assert ids[0] == ids[1] < ids[2]
    assert 120 < len(ids[0]) < 280
    assert all(post_id.startswith("h1-") for post_id in ids[2])
    assert (small.n, small.whole, draw(store, HOUR).whole) == (2000, False, True)
    assert draw(store, HOUR).posts.num_rows == 2000


def test_a_sample_keeps_to_the_filter_and_leaves_out_what_was_deleted(store: View) -> None:
    rows = [*hour(1, 5, 5), event("h1-0", None, 61, op="delete"), event("fr", "a post", 61, country="FR")]
    store.load(*cut(rows, [])[0])
    assert draw(store, replace(HOUR, countries=("FR",))).posts["post_id"].to_pylist() == ["fr"]
    assert draw(store, HOUR).posts.num_rows == 10
    with pytest.raises(ValueError, match="closed period"):
        draw(store, Filter())


def test_examples_are_the_newest_by_different_authors_in_different_words(opened: View) -> None:
    said = ["the ferry is late", "The ferry is LATE!", "late ferry again", "ferry ferry", "no ferry yet"]
    rows = [event(f"e{at}", said[at % 5], 60 + at, author_id=f"u{min(at, 26)}", label="negative") for at in range(30)]
    found = changed(opened, [*hour(0, 0, 60), *rows])
    examples = found.examples(named(found.drivers, "word")["ferry"])
    assert (
        len({bare(text) for text in examples["text"].to_pylist()}) == len(set(examples["author_key"].to_pylist())) == 3
    )
    times = examples["created_at"].to_pylist()
    assert times == sorted(times, reverse=True) and times[-1] >= MORNING + timedelta(minutes=60 + 20)
