"""Reposts, near-copies and loud authors on the command line: what each option leaves out, in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.command import answer, voxpop
from tests.stores.scored import cut, event, table
from voxpop import config, models
from voxpop.catalogue import Catalogue
from voxpop.score import ModelSpec
from voxpop.segment import Segment
from voxpop.stores.duckdb import DuckDBStore

NOW = ("--start", "2026-11-19T10:00", "--end", "2026-11-19T11:00")
NO_REPOSTS, NO_COPIES, ONE_VOICE = "--no-reposts", "--no-copies", "--one-voice"
ALL = (NO_REPOSTS, NO_COPIES, ONE_VOICE)
COPY = "tesla gives away free charging for a whole year, sign up at the address below"


def calm(name: str, minute: int, count: int, label: str = "positive", **fields: Any) -> list[dict[str, Any]]:
    """Posts by as many authors, whose texts are too short to be anybody's copy."""
    rows = [
        event(f"{name}{at}", f"tesla {name}{at}", minute + at, label=label, author_id=f"{name}{at}")
        for at in range(count)
    ]
    return [{**row, **fields} for row in rows]


def posts() -> list[dict[str, Any]]:
    """Of the hour from ten 27 on Tesla; 16 are negative: four reposts, seven of one text, and five by one author."""
    rows = calm("before", 0, 4) + calm("spread", 4, 2, "negative", kind="repost")
    rows += calm("calm", 60, 10)
    rows += calm("echo", 70, 4, "negative", kind="repost")
    rows += [{**row, "text": f"{COPY} {at}"} for at, row in enumerate(calm("copy", 75, 7, "negative"))]
    rows += calm("loud", 85, 5, "negative", author_id="loud") + calm("last", 95, 1, author_id="loud")
    return rows + [{**row, "text": f"gta6 {at}"} for at, row in enumerate(calm("game", 100, 10))]


def stored(directory: Path, segments: list[tuple[Segment, pa.Table]]) -> Path:
    """A data directory whose store has these segments, as scored by the model whose errors are known."""
    scored_by = ModelSpec("onnx", models.find("en-small")).open().model_id
    settings = config.load(None, data=directory)
    store = DuckDBStore.open(directory / "store.duckdb", Catalogue(settings.all_topics(), directory).matcher)
    for segment, rows in segments:
        place = rows.schema.get_field_index("model_id")
        store.load(segment, rows.set_column(place, "model_id", pa.array([scored_by] * rows.num_rows)))
    store.close()
    return directory


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("switches"), cut(posts(), []))


def told(posts: int, copies: int = 0, repeats: int = 0) -> dict[str, int]:
    return {"posts": posts, "copies": copies, "repeats": repeats, "unread": 0}


@pytest.mark.parametrize(
    ("options", "n", "negative", "folded"),
    [
        ((), 27, 16, None),
        ((NO_REPOSTS,), 23, 12, None),
        ((NO_COPIES,), 21, 10, told(27, copies=6)),
        ((ONE_VOICE,), 22, 11, told(27, repeats=5)),
        (ALL, 12, 1, told(23, copies=6, repeats=5)),
    ],
)
def test_prevalence_is_of_the_posts_that_count(
    data: Path, options: tuple[str, ...], n: int, negative: int, folded: dict[str, int] | None
) -> None:
    found = answer("prevalence", "--topic", "tesla", *NOW, *options, "--width", 1800, "--data", data)
    total = found["total"]
    assert (total["n"], found["folded"]) == (n, folded)
    assert total["counted_negative"] == pytest.approx(negative / n)
    assert sum(row["n"] for row in found["rows"]) == n, "the parts are of the same posts as the whole"


def test_people_are_told_what_does_not_count(data: Path) -> None:
    ran = voxpop("prevalence", "--topic", "tesla", *NOW, *ALL, "--data", data)
    assert "of 23 posts 6 near-copies and 5 further posts of the same authors do not count" in ran.stdout
    assert "do not count" not in voxpop("prevalence", *NOW, NO_REPOSTS, "--data", data).stdout


@pytest.mark.parametrize(
    ("options", "n", "folded"),
    [
        ((), 27, None),
        ((NO_REPOSTS,), 23, None),
        ((NO_COPIES,), 21, told(37, copies=6)),
        ((ONE_VOICE,), 22, told(37, repeats=5)),
        (ALL, 12, told(33, copies=6, repeats=5)),
    ],
)
def test_a_comparison_counts_each_topic_by_itself(
    data: Path, options: tuple[str, ...], n: int, folded: dict[str, int] | None
) -> None:
    found = answer("compare", "--topic", "tesla", "--topic", "gta6", *NOW, *options, "--data", data)
    topics = {topic["name"]: topic for topic in found["topics"]}
    assert (topics["tesla"]["n"], topics["gta6"]["n"], found["folded"]) == (n, 10, folded)
    assert topics["tesla"]["voice"] == pytest.approx(n / (n + 10))


@pytest.mark.parametrize(
    ("options", "now", "before"),
    [
        ((), (27, -5 / 27), (6, 2 / 6)),
        ((NO_REPOSTS,), (23, -1 / 23), (4, 1.0)),
        ((NO_COPIES,), (21, 1 / 21), (6, 2 / 6)),
        ((ONE_VOICE,), (22, 0.0), (6, 2 / 6)),
        (ALL, (12, 10 / 12), (4, 1.0)),
    ],
)
def test_drivers_set_the_same_kind_of_posts_against_each_other(
    data: Path, options: tuple[str, ...], now: tuple[int, float], before: tuple[int, float]
) -> None:
    found = answer("drivers", "--topic", "tesla", *NOW, *options, "--data", data)
    for name, (n, net) in {"now": now, "before": before}.items():
        assert (found[name]["n"], found[name]["net"]) == (n, pytest.approx(net))
    assert found["net_change"] == pytest.approx(now[1] - before[1])


@pytest.mark.parametrize(
    ("options", "read", "reposts", "copied", "top"),
    [
        ((), 27, 4 / 27, 7 / 23, 6 / 27),
        ((NO_REPOSTS,), 23, 0.0, 7 / 23, 6 / 23),
        ((ONE_VOICE,), 22, 4 / 22, 7 / 18, 1 / 22),
        ((NO_REPOSTS, ONE_VOICE), 18, 0.0, 7 / 18, 1 / 18),
    ],
)
def test_copies_are_shares_of_the_posts_that_count(
    data: Path, options: tuple[str, ...], read: int, reposts: float, copied: float, top: float
) -> None:
    found = answer("copies", "--topic", "tesla", *NOW, *options, "--data", data)
    assert found["read"] == read and found["whole"]
    assert [found[name] for name in ("reposts", "copied", "top_authors")] == pytest.approx([reposts, copied, top])
    (text,) = found["texts"]
    assert (text["posts"], text["authors"]) == (7, 7)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("prevalence", NO_COPIES, "--width", 3600, "--group", "topic"), 1, "does not go with --group"),
        (("prevalence", ONE_VOICE, "--start", "2026-11-20", "--end", "2026-11-19"), 1, "swap them"),
        (("compare", ONE_VOICE, "--topic", "plum"), 1, "there is no topic 'plum'"),
        (("drivers", NO_COPIES, "--before-start", "2026-11-19"), 1, "give both or neither"),
        # What is copied cannot be told with the copies left out.
        (("copies", NO_COPIES), 2, "No such option"),
        (("copies", ONE_VOICE, "--limit", 0), 2, "--limit"),
    ],
)
def test_what_does_not_go_together_is_a_clean_line(
    data: Path, arguments: tuple[object, ...], status: int, said: str
) -> None:
    ran = voxpop(*arguments, "--data", data)
    assert ran.returncode == status, ran.stderr
    assert said in ran.stderr and "Traceback" not in ran.stderr


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One post more than can be looked at one by one."""
    count = 50_001
    many = pa.concat_tables([table(calm("many", 60, 1))] * count)
    ids = pa.array([f"many{at}" for at in range(count)])
    rows = many.set_column(many.schema.get_field_index("post_id"), "post_id", ids)
    return stored(tmp_path_factory.mktemp("crowded"), [(Segment("2026-11-19", 0), rows)])


@pytest.mark.parametrize("command", [("prevalence",), ("compare", "--topic", "tesla"), ("drivers",), ("copies",)])
def test_too_many_posts_to_look_at_one_by_one_are_refused_with_the_way_out(
    crowded: Path, command: tuple[str, ...]
) -> None:
    ran = voxpop(*command, *NOW, ONE_VOICE, "--data", crowded)
    assert ran.returncode == 1, ran.stdout
    assert "50,001 posts are too many to look at one by one" in ran.stderr
    assert "choose a shorter time or a narrower topic" in ran.stderr and "Traceback" not in ran.stderr
