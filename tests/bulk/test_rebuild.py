"""A store that Spark rebuilt is the store that one process rebuilds, and lives on as that one does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.command import answer
from tests.stores.places import KINDS, places
from tests.stores.scored import MODEL, POLARITY, TOPICS, event, table
from tests.stores.test_fold import departure
from tests.stores.view import Row, tables
from voxpop import assembly, config, demo
from voxpop import segment as segments
from voxpop.bulk.job import Jobs, Step
from voxpop.bulk.rebuild import BulkRebuild
from voxpop.errors import Terminal
from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.segment import Segment
from voxpop.sources.files import FilesSource
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.view import View

pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")
AGES = timedelta(days=36_500)


def log_of(data: Path, rows: list[Row], rows_a_segment: int = 37) -> list[Segment]:
    """Write rows as scored segments over two days; answers its segments."""
    written = []
    for offset in range(0, len(rows), rows_a_segment):
        batch = table(rows[offset : offset + rows_a_segment])
        segment = Segment("2026-11-19" if offset < len(rows) // 2 else "2026-11-20", offset)
        footer = {"offset": offset, "rows": batch.num_rows, "cursors": {}}
        segments.write(data / "scored" / MODEL / segment.path, batch, footer)
        written.append(segment)
    return written


def events(count: int) -> Iterator[Row]:
    """Creates, edits, deletions, also before their creates, and accounts that left; some posts of years ago."""
    choose = random.Random(7)
    for _ in range(count):
        author = choose.choice(["ana", "ben", "cleo", None])
        if author and choose.random() < 0.03:
            yield departure(author, choose.randrange(60))
            continue
        op = choose.choice(["create"] * 6 + ["update", "update", "delete"])
        label = choose.choice([*POLARITY, "unscored"])
        minute = choose.randrange(120) - choose.choice([0, 0, 0, 3_000_000])
        polarity = None if label == "unscored" else choose.uniform(-1, 1)
        yield event(
            f"test:{choose.randrange(count // 3)}",
            None if op == "delete" else choose.choice(["an apple", "a pear", "apple, pear", "neither", ""]),
            minute,
            op=op,
            rev=choose.choice([None, "1", "2", "10"]),
            label=label,
            polarity=polarity,
            author_id=author,
            author=author,
            country=choose.choice([None, "DE", "US"]),
            lang_detected=choose.choice([None, "en", "de"]),
        )


def embedded(data: Path, wanted: list[Segment]) -> DuckDBStore:
    store = DuckDBStore.open(Path(":memory:"), TOPICS)
    store.reset(TOPICS.digest, MODEL)
    for segment in wanted:
        store.load(segment, segments.read(data / "scored" / MODEL / segment.path))
    return store


def rebuilt(spark: Any, data: Path, wanted: list[Segment], keep: timedelta = AGES) -> DuckDBStore:
    store = DuckDBStore.open(Path(":memory:"), TOPICS)
    rebuild(spark, store, data, wanted, keep)
    return store


def rebuild(spark: Any, store: View, data: Path, wanted: list[Segment], keep: timedelta = AGES) -> None:
    count = BulkRebuild(store, data / "scored" / MODEL, Jobs(spark)).run(wanted, TOPICS, keep)
    assert count == len(store.loaded())


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_spark_makes_the_store_that_one_process_makes(
    spark: Any, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    wanted = log_of(tmp_path, list(events(1500)))
    one = embedded(tmp_path, wanted)
    server = request.getfixturevalue("postgres") if kind == "postgres" else None
    with places(server, tmp_path / "other") as make:
        other = make().open()
        rebuild(spark, other, tmp_path, wanted)
        check_that_they_live_on_alike(tmp_path, wanted, one, other)


def check_that_they_live_on_alike(tmp_path: Path, wanted: list[Segment], one: View, other: View) -> None:
    assert tables(other) == tables(one)
    assert len(tables(one)["posts"]) > 300
    assert any(row[3] for row in tables(one)["posts"])
    assert not (tmp_path / "store.staging").exists()

    more = [departure("ben", 90), *events(60)]
    for store in (one, other):
        assert store.load(wanted[0], segments.read(tmp_path / "scored" / MODEL / wanted[0].path)) is False
        store.load(Segment("2026-11-20", 1500), table(more))
        store.retain(timedelta(days=(datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)).days), 100)
    assert tables(other) == tables(one)


@pytest.mark.slow
def test_old_texts_do_not_come_to_the_store(spark: Any, tmp_path: Path) -> None:
    wanted = log_of(tmp_path, list(events(200)))
    keep = datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)
    one, other = embedded(tmp_path, wanted), rebuilt(spark, tmp_path, wanted, keep)
    one.retain(keep, 1_000_000)
    assert tables(other) == tables(one)


@pytest.mark.slow
def test_a_damaged_segment_is_left_out_and_taken_away(spark: Any, tmp_path: Path) -> None:
    wanted = log_of(tmp_path, list(events(200)))
    scored = tmp_path / "scored" / MODEL
    (scored / wanted[1].path).write_bytes((scored / wanted[1].path).read_bytes()[:100])
    (scored / wanted[2].path).unlink()
    left = [segment for segment in wanted if segment not in wanted[1:3]]
    other = rebuilt(spark, tmp_path, wanted)
    assert tables(other) == tables(embedded(tmp_path, left))
    assert not (scored / wanted[1].path).exists()


@pytest.mark.slow
def test_a_job_that_fails_leaves_the_store_as_it_was(spark: Any, tmp_path: Path) -> None:
    wanted = log_of(tmp_path, list(events(60)))
    store = embedded(tmp_path, wanted)
    before = tables(store)

    def take_the_place_of_the_posts(step: Step) -> None:
        if step.title == "looking":
            (tmp_path / "store.staging").mkdir(exist_ok=True)
            (tmp_path / "store.staging" / "posts").write_text("in the way")

    work = BulkRebuild(store, tmp_path / "scored" / MODEL, Jobs(spark, take_the_place_of_the_posts))
    with pytest.raises(Terminal, match="Spark could not finish folding: FileExistsError"):
        work.run(wanted, TOPICS, AGES)
    assert tables(store) == before


@pytest.mark.slow
def test_the_command_rebuilds_the_demo_as_without_spark(tmp_path: Path) -> None:
    settings = config.load(data=tmp_path, model="lexicon")
    log = Log(tmp_path)
    with log.lock():
        asyncio.run(Ingest(log, Rolling(500, 3600)).run([FilesSource(demo.recording())]))
    common = ("--data", tmp_path, "--config", tmp_path / "voxpop.toml")
    (tmp_path / "voxpop.toml").write_text('model = "lexicon"\n')
    first = answer("rebuild", *common)
    with assembly.assembled(settings) as parts:
        one = tables(parts.store)
    second = answer("rebuild", *common, "--engine", "spark", "--master", "local[2]", timeout=600)
    assert first == second
    with assembly.assembled(settings) as parts:
        other = tables(parts.store)
    assert {name: rows for name, rows in other.items() if name != "ledger"} == {
        name: rows for name, rows in one.items() if name != "ledger"
    }
    without_seq = [[row[:4] + row[5:] for row in found["ledger"]] for found in (one, other)]
    assert without_seq[0] == without_seq[1]
