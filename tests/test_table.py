from __future__ import annotations

import bz2
import gzip
import json
import os
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from voxpop.errors import Terminal
from voxpop.table import Row, Table, kind_of


def rows(path: Path, content: bytes) -> list[Row]:
    path.write_bytes(content)
    with Table(path) as table:
        found = list(table.rows())
        assert table.done == 1.0
    return found


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.txt", ".txt"), ("a.JSONL.gz", ".jsonl"), ("a.csv.zst", ".csv"), ("a.gz", None), ("a", None), ("a.xls", None)],
)
def test_a_name_promises_a_kind(name: str, kind: str | None) -> None:
    assert kind_of(Path(name)) == kind


def test_a_line_of_text_is_a_row_and_so_is_a_blank_one(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.txt", b"\xef\xbb\xbfone\r\n\n  two\nbad \xff\nthree")
    assert [(row.position, row.values.get("text")) for row in found] == [
        (1, "one"), (2, ""), (3, "  two"), (4, None), (5, "three"),
    ]  # fmt: skip
    assert found[3].problem == "the line is not UTF-8, at its byte 5"


def test_no_row_of_a_csv_is_lost(tmp_path: Path) -> None:
    content = b'id,text\n1,"a, ""b""\nc"\n2,x,y\n3\n4,\xff\n5,fine\n6,"never closed\n7,lost?\n'
    found = rows(tmp_path / "a.csv", content)
    assert [row.values.get("text") for row in found] == ['a, "b"\nc', None, None, None, "fine", None]
    assert all(row.problem for row in found if not row.values)


def test_the_last_column_of_a_tsv_runs_to_the_end_of_the_line(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.tsv", b'id\ttext\n1\t"a"\tb\n2\n')
    assert found[0].values == {"id": "1", "text": '"a"\tb'}
    assert found[1].problem == "the row has 1 cells where the header has 2"


@pytest.mark.parametrize("line", ["{", "[1]", "7", '{"a": NaN}', "[" * 100_000, '"\\ud800"', '{"text": "\\ud800"}'])
def test_a_line_that_is_no_json_object_is_a_problem_and_the_next_is_read(line: str, tmp_path: Path) -> None:
    found = rows(tmp_path / "a.jsonl", f'{line}\n{{"text": "b"}}\n'.encode())
    assert found[0].problem is not None
    assert found[1].values == {"text": "b"}


def test_types_of_parquet_are_kept_and_columns_known(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a", None], "n": [1, 2]}), tmp_path / "a.parquet")
    with Table(tmp_path / "a.parquet") as table:
        assert table.header == ("text", "n")
        assert [row.values for row in table.rows()] == [{"text": "a", "n": 1}, {"text": None, "n": 2}]


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_packed_text_is_unpacked_and_a_cut_is_told(suffix: str, pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    lines = "".join(json.dumps({"text": f"{number * 7919}"}) + "\n" for number in range(5_000)).encode()
    whole = rows(tmp_path / f"a.jsonl.{suffix}", pack(lines))
    assert len(whole) == 5_000
    cut = rows(tmp_path / f"a.jsonl.{suffix}", pack(lines)[:-100])
    assert "what follows is lost" in str(cut[-1].problem)


def test_a_csv_may_have_semicolons_tabs_or_bars_in_the_place_of_commas(tmp_path: Path) -> None:
    for mark in ";\t|":
        found = rows(tmp_path / "a.csv", f'text{mark}label\n"one, two{mark} three"{mark}0,5\n'.encode())
        assert [row.values for row in found] == [{"text": f"one, two{mark} three", "label": "0,5"}]
    assert rows(tmp_path / "a.csv", b'text\n"a;b"\n')[0].values == {"text": "a;b"}


@pytest.mark.parametrize(
    ("name", "content", "fix"),
    [
        ("a.xls", b"x", ".parquet"),
        ("a.csv", b"a,text,a\n", "two columns named a"),
        ("a.parquet", b"PAR1 torn", "not whole Parquet"),
        ("absent.csv", None, "check the path"),
        ("a.csv", b"", "a.csv is empty"),
        ("a.tsv", b"\xef\xbb\xbf\n", "a.tsv is empty"),
        ("a.csv", b"a,b\r1,2\r", r"convert it with tr '\\r' '\\n'"),
        ("a.csv", "a,b\n".encode("utf-16"), "UTF-16: convert it with iconv"),
        ("a.csv", b"PK\x03\x04", "a spreadsheet"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(name: str, content: bytes | None, fix: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Terminal, match=fix):
        Table(tmp_path / name)


def test_a_pipe_that_pauses_is_told_after_its_whole_rows(tmp_path: Path) -> None:
    path = tmp_path / "pipe.txt"
    os.mkfifo(path)
    heard, seen = threading.Event(), list[int]()

    def feed() -> None:
        with path.open("wb", buffering=0) as pipe:
            pipe.write(b"one\ntwo\nthr")
            heard.wait(10)
            pipe.write(b"ee\n")

    feeder = threading.Thread(target=feed)
    feeder.start()
    found: list[Row] = []

    def idle() -> None:
        seen.append(len(found))
        heard.set()

    with Table(path) as table:
        table.when_idle(idle)
        for row in table.rows():
            found.append(row)
    feeder.join()
    assert seen[0] == 2
    assert [row.values["text"] for row in found] == ["one", "two", "three"]
