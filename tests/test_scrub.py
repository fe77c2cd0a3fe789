"""Scrubbing: what was deleted is in no segment any more, and nothing else has changed."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.posts import MORNING, post
from tests.stores.scored import MODEL, TOPICS, event
from tests.stores.view import Row, naive, seen
from voxpop import segment as segments
from voxpop.errors import Terminal
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.schema import POST, SCORED, posts_of, to_batch
from voxpop.score import Job, ModelSpec
from voxpop.scrub import BLANKS, Options, Scrubbed, is_due, scrub
from voxpop.seams import Rejected
from voxpop.segment import Segment
from voxpop.stores.duckdb import DuckDBStore

ANA = "did:plc:anastasia"
Pieces = list[tuple[Segment, pa.Table]]

EVENTS = st.builds(
    event,
    post_id=st.sampled_from(["test:1", "test:2", "test:3"]),
    text=st.sampled_from(["an apple", "a pear", "neither", "", None]),
    minute=st.integers(0, 2),
    op=st.sampled_from(["create", "create", "update", "delete"]),
    rev=st.sampled_from([None, "9", "10"]),
    label=st.sampled_from(["negative", "positive", "unscored"]),
    author_id=st.sampled_from([None, "ana", "ben"]),
    author=st.sampled_from([None, "ana.example"]),
    url=st.sampled_from([None, "https://example.org/1"]),
    profile_location=st.sampled_from([None, "Lyon"]),
    gps_lat=st.sampled_from([None, 45.7]),
)
DEPARTURES = st.builds(
    lambda author, minute: event(posts_of("test", author), None, minute, op="delete", author_id=author),
    st.sampled_from(["ana", "ben"]),
    st.integers(0, 2),
)


def erased(post_id: str, minute: float = 0, **fields: Any) -> Row:
    """A deletion that says nothing but what was deleted."""
    bare = {"country": None, "fingerprint": BLANKS["fingerprint"], "label": "unscored"}
    return event(post_id, None, minute, op="delete", **bare, **fields)


def landed(root: Path, rows: Sequence[Row], size: int = 2) -> Log:
    """A log of rows with their texts made different, scored by one model; each segment has a cursor of its own."""
    log = Log(root)
    told = [{**row, "text": row["text"] and f"{row['text']} number{at}."} for at, row in enumerate(rows)]
    for first in range(0, len(told), size):
        part = pa.Table.from_pylist(told[first : first + size], schema=SCORED)
        batch = part.select(POST.names).combine_chunks().to_batches()[0].cast(POST)
        segment, _ = log.append(batch, log.tail(), {"test": str(first)})
        segments.write(log.scored(MODEL) / segment.path, part, {"offset": first, "rows": part.num_rows})
    return log


def pieces(log: Log, base: Path) -> Pieces:
    return [(segment, segments.read(base / segment.path)) for segment in log.segments()]


def cursors(log: Log) -> list[Any]:
    return [segments.read_footer(log.landing / segment.path) for segment in log.segments()]


def dead(rows: Pieces) -> set[str]:
    """The posts that the rule, read literally, does not count."""
    return {post_id for post_id, values in naive(rows).posts.items() if not values[0]}


def left_after(row: Row, rows: Pieces) -> bool:
    """Whether the row's account went after it."""
    events = [one for _, table in rows for one in table.to_pylist()]
    account = posts_of(row["source"], row["author_id"] or "")
    return any(one["post_id"] == account and one["created_at"] >= row["created_at"] for one in events)


def rebuilt(found: Pieces) -> Any:
    store = DuckDBStore.open(Path(":memory:"), TOPICS)
    for piece in found:
        store.load(*piece)
    view = seen(store)
    store.close()
    return view.buckets, {post_id: values for post_id, values in view.posts.items() if values[0]}


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(rows=st.lists(EVENTS | DEPARTURES, min_size=1, max_size=8), size=st.integers(1, 3))
def test_what_was_deleted_is_nowhere_and_all_else_is_as_it_was(rows: list[Row], size: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = landed(Path(directory), rows, size)
        footers, before = cursors(log), pieces(log, log.scored(MODEL))
        gone = dead(before)
        scrub(log)
        after, bare = pieces(log, log.scored(MODEL)), pieces(log, log.landing)
        assert cursors(log) == footers
        assert rebuilt(after) == rebuilt(before)
        for (_, old), (_, new), (_, landing) in zip(before, after, bare, strict=True):
            for was, now, lands in zip(old.to_pylist(), new.to_pylist(), landing.to_pylist(), strict=True):
                assert lands == {name: now[name] for name in POST.names}
                if was["post_id"] in gone or left_after(was, before):
                    assert not any(now[name] for name in ("text", "author", "url", "profile_location", "gps_lat"))
                else:
                    assert now == was
                kept = ("post_id", "op", "rev", "created_at", "received_at", "kind", "label", "polarity")
                assert all(now[name] == was[name] for name in kept)
        texts = [row["text"] for _, old in before for row in old.to_pylist() if row["post_id"] in gone and row["text"]]
        content = b"".join(path.read_bytes() for path in Path(directory).rglob("*.parquet"))
        assert not any(text.encode() in content for text in texts if len(text) > 9)
        again = scrub(log)
        assert (again.posts, again.segments, again.report) == (0, 0, None)


def test_another_models_scores_of_a_scrubbed_log_count_the_same(tmp_path: Path) -> None:
    rows = [event("test:1", "a lovely apple", lang="en"), event("test:2", "an awful pear", lang="en")]
    log = landed(tmp_path, [*rows, erased("test:2")])
    spec = ModelSpec("lexicon", Path())
    views = []
    for name in ("before", "after"):
        job = Job(log.landing, log.scored(name), spec)
        for segment in log.segments():
            job(segment)
        views.append(rebuilt(pieces(log, log.scored(name))))
        scrub(log)
    assert views[0] == views[1]
    assert views[0][0]


def test_a_late_create_is_scrubbed_next_time(tmp_path: Path) -> None:
    log = landed(tmp_path, [erased("test:1")])
    assert scrub(log).posts == 0
    log.append(to_batch([post("too late", post_id="test:1")]), log.tail(), {})
    assert scrub(log).posts == 1
    assert segments.read(log.landing / log.segments()[-1].path)["text"].to_pylist() == [None]


def test_a_version_that_names_no_author_goes_with_its_account(tmp_path: Path) -> None:
    first = event("test:1", "first words", rev="1")
    rows = [first, event("test:1", "second", 1, rev="2", op="update", author_id="ana")]
    log = landed(tmp_path, [*rows, erased(posts_of("test", "ana"), 2, author_id="ana")])
    scrub(log)
    texts = [text for _, table in pieces(log, log.landing) for text in table["text"].to_pylist()]
    assert texts == [None, None, None]


def test_an_account_keeps_its_key_so_that_its_posts_stay_out(tmp_path: Path) -> None:
    gone = erased(posts_of("test", "ana"), 2, author_id="ana")
    log = landed(tmp_path, [event("test:1", author_id="ana"), gone])
    scrub(log)
    assert rebuilt(pieces(log, log.scored(MODEL)))[0] == {}


def test_only_segments_that_hold_affected_posts_are_written(tmp_path: Path) -> None:
    log = landed(tmp_path, [event("test:1"), event("test:2"), erased("test:1")], 1)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    done = scrub(log)
    changed = {path.stem[-1] for path, at in times.items() if path.stat().st_mtime_ns != at}
    assert (changed, done.segments, done.posts) == ({"0"}, 2, 1)


def test_the_report_says_what_was_removed_and_when_but_not_what_it_was(tmp_path: Path) -> None:
    log = landed(tmp_path, [event("test:1", "secret words"), erased("test:1", 3)])
    done = scrub(log)
    assert done.report
    text = Path(done.report).read_text()
    line = json.loads(text)
    assert (line["post_id"], line["deleted_at"]) == ("test:1", (MORNING + timedelta(minutes=3)).isoformat())
    assert line["scrubbed_at"] > line["deleted_at"]
    day = log.segments()[0].path
    assert line["segments"] == [f"landing/{day}", f"scored/{MODEL}/{day}"]
    assert "secret" not in text


def test_a_dry_run_changes_nothing_and_says_the_same(tmp_path: Path) -> None:
    log = landed(tmp_path, [event("test:1"), erased("test:1")])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    planned = scrub(log, Options(dry_run=True))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    done = scrub(log)
    assert (planned.posts, planned.segments) == (done.posts, done.segments) == (1, 2)


def test_since_leaves_older_deletions_to_a_whole_scrub(tmp_path: Path) -> None:
    rows = [event("test:1"), erased("test:1"), event("test:2"), erased("test:2", 9)]
    log = landed(tmp_path, rows)
    assert scrub(log, Options(since=MORNING + timedelta(minutes=5))).posts == 1
    assert is_due(tmp_path, timedelta(hours=1))
    assert scrub(log).posts == 1
    assert not is_due(tmp_path, timedelta(hours=1)) and is_due(tmp_path, timedelta(0))


def test_a_damaged_segment_is_named_and_holds_up_no_other(tmp_path: Path) -> None:
    log = landed(tmp_path, [event("test:1"), event("test:2"), erased("test:1")], 1)
    torn = log.landing / log.segments()[1].path
    torn.write_bytes(b"torn")
    done = scrub(log)
    assert (done.unreadable, done.posts) == ([torn.relative_to(tmp_path).as_posix()], 1)


def test_lines_in_quarantine_go_in_place_and_others_stay(tmp_path: Path) -> None:
    held = Rejected("a.jsonl", 1, '{"id":1234567890123,"text":"secret","created_at":"never"}', "'never' is no date")
    other = Rejected("a.jsonl", 2, '{"id":12345678901239,"text":"another"}', "no date")
    Quarantine(tmp_path).add([held, other])
    log = landed(tmp_path, [erased("test:1234567890123")])
    (path,) = (tmp_path / "quarantine").iterdir()
    size = path.stat().st_size
    assert scrub(log, Options(dry_run=True)).quarantined == scrub(log).quarantined == 1
    assert path.stat().st_size == size and "secret" not in path.read_text()
    first, second = Quarantine(tmp_path).records()
    assert (first["line"], first["position"], second["line"]) == ("", 1, other.line)
    assert scrub(log).quarantined == 0


def test_two_scrubs_at_once_are_refused(tmp_path: Path) -> None:
    log = landed(tmp_path, [event()])
    (tmp_path / "scrubs").mkdir()
    with FileLock(tmp_path / "scrubs" / ".lock"), pytest.raises(Terminal, match="wait"):
        scrub(log)


def test_old_temporary_files_of_any_day_go(tmp_path: Path) -> None:
    log = landed(tmp_path, [event()])
    stale = tmp_path / "landing" / "2020-01-01" / ".0.parquet.x.tmp"
    stale.parent.mkdir()
    stale.write_bytes(b"text")
    os.utime(stale, (0, 0))
    scrub(log)
    assert not stale.exists()


def test_a_segment_scrubbed_while_it_is_scored_is_scored_again(tmp_path: Path) -> None:
    """The scorer scrubs the log after the job has read it, which is the worst moment."""
    log = landed(tmp_path, [event("test:1", "secret apple"), erased("test:1")])
    job = Job(log.landing, log.scored("other"), ModelSpec("lexicon", Path()))
    read: list[Scrubbed] = []

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        # The job opens its temporary file once it has scored.
        if name == "open" and "scored/other" in str(arguments[0]) and not read:
            read.append(Scrubbed(0, 0))
            read.append(scrub(log))

    sys.addaudithook(watch)
    job(log.segments()[0])
    assert read[1].posts == 1
    assert segments.read(job.scored / log.segments()[0].path)["text"].to_pylist() == [None, None]
