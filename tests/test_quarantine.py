from __future__ import annotations

from pathlib import Path

from voxpop.quarantine import Quarantine
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
