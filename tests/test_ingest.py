from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.posts import post
from voxpop import segment as segments
from voxpop.account import Account
from voxpop.ingest import Ingest, Progress, Rolling, stamped
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.schema import Post
from voxpop.seams import Rejected, Source
from voxpop.testing import Abort, Aborted, Pause, ScriptedSource


def run(data: Path, *sources: Source, rolling: Rolling | None = None, resume: bool = True) -> Account:
    log = Log(data)
    with log.lock():
        return asyncio.run(Ingest(log, rolling).run(sources, resume=resume))


def landed(data: Path) -> list[str]:
    log = Log(data)
    return [
        text for segment in log.segments() for text in segments.read(log.landing / segment.path)["text"].to_pylist()
    ]


def bad(line: str) -> Rejected:
    return Rejected("export.jsonl", 1, line, "not JSON")


def test_every_record_is_landed_duplicate_or_quarantined(tmp_path: Path) -> None:
    account = run(tmp_path, ScriptedSource([post("a"), post("b"), post("a"), bad("{")]))
    assert account == Account(read=4, landed=2, duplicate=1, quarantined=1)
    assert account.balances
    assert landed(tmp_path) == ["a", "b"]


def test_reading_again_from_the_start_adds_nothing(tmp_path: Path) -> None:
    script: list[Post | Rejected] = [post("a"), bad("{")]
    run(tmp_path, ScriptedSource(script))
    again = run(tmp_path, ScriptedSource(script), resume=False)
    assert (again.landed, again.duplicate, again.quarantined) == (0, 1, 1)
    assert len(Quarantine(tmp_path)) == 1


def test_a_quarantined_record_keeps_its_line_and_its_reason(tmp_path: Path) -> None:
    run(tmp_path, ScriptedSource([bad("{not json")]))
    (record,) = Quarantine(tmp_path).records()
    assert (record["line"], record["reason"], record["origin"]) == ("{not json", "not JSON", "export.jsonl")


def test_an_aborted_source_resumes_after_the_last_post_that_landed(tmp_path: Path) -> None:
    source = ScriptedSource([post("a"), post("b"), Abort(), post("c")])
    with pytest.raises(Aborted):
        run(tmp_path, source)
    assert landed(tmp_path) == ["a", "b"]
    account = run(tmp_path, source)
    assert account == Account(read=1, landed=1)
    assert landed(tmp_path) == ["a", "b", "c"]


def test_two_sources_keep_a_cursor_each(tmp_path: Path) -> None:
    run(tmp_path, ScriptedSource([post("a")], "one"), ScriptedSource([post("b"), post("c")], "two"))
    assert Log(tmp_path).tail().cursors == {"one": "1", "two": "2"}
    assert sorted(landed(tmp_path)) == ["a", "b", "c"]


def test_segments_roll_by_rows(tmp_path: Path) -> None:
    run(tmp_path, ScriptedSource([post(str(number)) for number in range(10)]), rolling=Rolling(4, 60))
    assert [segment.offset for segment in Log(tmp_path).segments()] == [0, 4, 8]


def test_a_slow_stream_rolls_by_age_before_the_next_post(tmp_path: Path) -> None:
    log, rolled = Log(tmp_path), list[Progress]()

    def watch(progress: Progress) -> None:
        if progress.segment:
            rolled.append(progress)

    with log.lock():
        ingest = Ingest(log, Rolling(1000, 0.05), watch)
        asyncio.run(ingest.run([ScriptedSource([post("a"), Pause(0.4), post("b")])]))
    assert [progress.account.landed for progress in rolled] == [1, 2]


def test_each_source_that_was_read_to_its_end_is_told_with_when(tmp_path: Path) -> None:
    log, told = Log(tmp_path), list[Progress]()
    before = datetime.now(UTC)
    with log.lock():
        ingest = Ingest(log, Rolling(), told.append)
        asyncio.run(ingest.run([ScriptedSource([post("a")], "one"), ScriptedSource([Pause(0.3), post("b")], "two")]))
    assert [*told[-1].ends] == ["one", "two"] and told[0].ends == {}
    assert before <= told[-1].ends["one"] < told[-1].ends["two"] <= datetime.now(UTC)


def test_cancelling_lands_what_was_read(tmp_path: Path) -> None:
    log = Log(tmp_path)

    async def cancelled() -> None:
        ingest = Ingest(log, Rolling(1000, 60))
        reading = asyncio.create_task(ingest.run([ScriptedSource([post("a"), Pause(60)])]))
        while ingest.account.read == 0:
            await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    with log.lock():
        asyncio.run(cancelled())
    assert landed(tmp_path) == ["a"]


def test_the_account_is_kept_beside_the_log(tmp_path: Path) -> None:
    run(tmp_path, ScriptedSource([post("a"), post("a")]))
    (path,) = (tmp_path / "accounts").glob("*.json")
    kept = json.loads(path.read_text())
    assert (kept["read"], kept["landed"], kept["duplicate"]) == (2, 1, 1)
    assert kept["finished"]


NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)


def test_a_post_from_the_future_counts_as_of_now() -> None:
    assert stamped(post(created_at=NOW + timedelta(days=3), received_at=None), NOW).created_at == NOW


def test_a_post_without_a_time_happened_when_it_was_received() -> None:
    assert stamped(Post(post_id="t:1", source="t", text="x"), NOW).created_at == NOW
