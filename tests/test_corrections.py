"""The file of corrections: appended, read past damage, and scrubbed of what was deleted upstream."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from filelock import FileLock

from tests.stores.scored import MORNING, event
from tests.test_scrub import erased, landed
from voxpop import corrections, tsv
from voxpop.corrections import FILE, Correction, CorrectionLog
from voxpop.errors import Terminal
from voxpop.schema import posts_of
from voxpop.scrub import Options, scrub
from voxpop.table import Table


def given(post_id: str, text: str | None = "an apple", author: str = "ana") -> Correction:
    return Correction(
        f"{post_id} {author}", post_id, 1, None, "neutral", author, MORNING, "own", text, "test", "en", MORNING,
        ["apple"], "positive", "m",
    )  # fmt: skip


def test_what_is_added_is_read_again_in_order(tmp_path: Path) -> None:
    log = CorrectionLog(tmp_path / "data")
    assert log.read() == []
    both = [given("test:1", "line\nbreak \u2028 ✓"), given("test:2", None)]
    for one in both:
        log.add([one])
    log.add([])
    assert log.read() == both
    assert (tmp_path / "data" / FILE).stat().st_mode & 0o077 == 0


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    log = CorrectionLog(tmp_path)
    log.add([given("test:1"), given("test:2")])
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:-20])
    log.add([given("test:3")])
    assert [one.post_id for one in log.read()] == ["test:1", "test:3"]


def test_two_at_once_do_not_mix_lines(tmp_path: Path) -> None:
    def write(author: str) -> None:
        for number in range(20):
            CorrectionLog(tmp_path).add([given(f"test:{number}", "x" * 9000, author)])

    threads = [threading.Thread(target=write, args=(author,)) for author in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(CorrectionLog(tmp_path).read()) == 40


def test_a_file_that_another_holds_is_an_error_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "_WAIT_SECONDS", 0.01)
    with FileLock(tmp_path / f"{FILE}.lock"), pytest.raises(Terminal, match="another process"):
        CorrectionLog(tmp_path).add([given("test:1")])


def test_a_scrub_takes_the_texts_of_deleted_posts_and_leaves_the_labels(tmp_path: Path) -> None:
    gone = event(posts_of("test", "ben"), None, 5, op="delete", author_id="ben")
    rows = [event("test:1"), event("test:2", author_id="ben"), event("test:3"), erased("test:1", 1), gone]
    log, kept = landed(tmp_path, rows), CorrectionLog(tmp_path)
    kept.add([given("test:1"), given("test:2"), given("test:3")])
    assert scrub(log, Options(dry_run=True)).corrections == 2
    assert [one.text for one in kept.read()] == ["an apple"] * 3
    assert scrub(log).corrections == 2
    assert {one.post_id: (one.text, one.label) for one in kept.read()} == {
        "test:1": (None, "neutral"), "test:2": (None, "neutral"), "test:3": ("an apple", "neutral"),
    }  # fmt: skip
    assert b"an apple" not in b"".join(kept.path.read_bytes().splitlines()[:2])
    assert scrub(log).corrections == 0


def test_a_line_of_tsv_is_one_line_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    row = {"post_id": "test:1", "label": "neutral", "author": "=ana", "given_at": MORNING, "topics": ["apple", "pear"]}
    hostile = [{**row, "text": text} for text in ('=HYPERLINK("x")', "\t-1\r\n@b\u2028+c", 'say "no"\t')]
    (tmp_path / "c.tsv").write_text(tsv.head() + "".join(tsv.lines(hostile)))
    with Table(tmp_path / "c.tsv") as table:
        found = [read.values for read in table.rows()]
    assert [one["text"] for one in found] == ['\'=HYPERLINK("x")', "'-1 @b +c", 'say "no"']
    assert found[0]["author"] == "'=ana" and found[0]["topic"] == "apple"
    assert found[0]["given_at"] == "2026-11-19T09:00:00Z"
    assert next(tsv.lines(hostile, guard=False)).endswith('\t=HYPERLINK("x")\n')
