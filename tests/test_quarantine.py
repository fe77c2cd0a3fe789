from __future__ import annotations

from pathlib import Path

from voxpop.quarantine import Quarantine, Reasons
from voxpop.seams import Rejected

BAD = Rejected("a.jsonl", 7, "{\udcff", "not UTF-8")


def test_a_record_is_kept_once_across_processes(tmp_path: Path) -> None:
    assert Quarantine(tmp_path).add([BAD, BAD]) == 1
    assert Quarantine(tmp_path).add([BAD]) == 0
    assert len(Quarantine(tmp_path)) == 1


def test_a_torn_last_line_costs_nothing_but_itself(tmp_path: Path) -> None:
    Quarantine(tmp_path).add([BAD])
    (path,) = (tmp_path / "quarantine").iterdir()
    path.write_text(path.read_text()[:-9])
    again = Quarantine(tmp_path)
    assert len(again) == 0
    other = Rejected("a.jsonl", 8, "x", "no id")
    assert again.add([BAD, other]) == 2
    assert [record["line"] for record in Quarantine(tmp_path).records()] == ["{\udcff", "x"]


def test_reasons_are_counted_the_commonest_first_and_follow_what_comes(tmp_path: Path) -> None:
    reasons = Reasons(tmp_path)
    assert reasons.counts() == []
    quarantine = Quarantine(tmp_path)
    quarantine.add([BAD, Rejected("a.jsonl", 8, "x", "no id"), Rejected("a.jsonl", 9, "y", "no id")])
    assert [(one.reason, one.n) for one in reasons.counts()] == [("no id", 2), ("not UTF-8", 1)]
    quarantine.add([Rejected("a.jsonl", 10 + at, f"z{at}", "not UTF-8") for at in range(2)])
    first, second = reasons.counts()
    assert (first.reason, first.n, second.n) == ("not UTF-8", 3, 2)
    assert first.newest >= second.newest
