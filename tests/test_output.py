from __future__ import annotations

import csv
import json
import os
import signal
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from voxpop.errors import Terminal
from voxpop.output import Format, Output, format_of

FOUND = pa.record_batch({"label": ["neutral", "unscored"], "polarity": pa.array([0.1, None], pa.float32())})
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)


def write(path: Path, format: Format, kept: list[dict[str, Any]], schema: pa.Schema | None = None) -> Output:
    with Output(path, format, schema) as output:
        output.write(kept, FOUND)
        assert not path.exists()
        output.write(kept, FOUND)
    assert not path.with_name(path.name + ".part").exists()
    return output


def test_json_lines_keep_values_as_they_came(tmp_path: Path) -> None:
    kept: list[dict[str, Any]] = [
        {"text": "ä\u2028 <b>", "n": [1, {"a": None}]},
        {"label": "mine", "big": 2**70, "at": NOW, "d": Decimal("1.5")},
    ]
    write(tmp_path / "a.jsonl", "jsonl", kept)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_bytes().split(b"\n") if line]
    assert len(lines) == 4
    assert lines[0] == {"text": "ä\u2028 <b>", "n": [1, {"a": None}], "label": "neutral", "polarity": 0.1}
    assert (lines[1]["input_label"], lines[1]["label"], lines[1]["polarity"]) == ("mine", "unscored", None)
    assert lines[1]["big"] == 2**70


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_in_csv_is_never_a_formula(text: str, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "csv", [{"text": text, text: "x"}, {"text": "fine, -1"}])
    with (tmp_path / "a.csv").open(newline="") as source:
        header, first, second, *_ = csv.reader(source)
    assert header == ["text", f"'{text}", "label", "polarity"]
    assert first == [f"'{text}", "x", "neutral", "0.1"]
    assert second == ["fine, -1", "", "unscored", ""]


def test_csv_is_read_back_as_it_was(tmp_path: Path) -> None:
    nasty = 'a "quoted",\nsecond line\rthird'
    write(tmp_path / "a.csv", "csv", [{"text": nasty}, {"text": None}])
    with (tmp_path / "a.csv").open(newline="") as source:
        assert [row["text"] for row in csv.DictReader(source)] == [nasty, "", nasty, ""]


def test_parquet_keeps_the_types_of_parquet(tmp_path: Path) -> None:
    schema = pa.schema(
        [("at", pa.timestamp("us", tz="UTC")), ("label", pa.int8()), ("tag", pa.dictionary(pa.int32(), pa.string()))]
    )
    write(tmp_path / "a.parquet", "parquet", [{"at": NOW, "label": 3, "tag": "x"}, {}], schema)
    found = pq.read_table(tmp_path / "a.parquet")
    assert found.schema.names == ["at", "input_label", "tag", "label", "polarity"]
    assert found.slice(0, 2).to_pylist()[0] == {
        "at": NOW, "input_label": 3, "tag": "x", "label": "neutral", "polarity": pytest.approx(0.1),
    }  # fmt: skip
    assert found.num_rows == 4


def test_parquet_of_other_rows_is_text_and_late_columns_are_told(tmp_path: Path) -> None:
    with Output(tmp_path / "a.parquet", "parquet") as output:
        output.write([{"n": 1}, {"n": [2]}], FOUND)
        output.write([{"n": "x", "late": 1}, {}], FOUND)
    assert output.left_out == {"late"}
    assert pq.read_table(tmp_path / "a.parquet")["n"].to_pylist() == ["1", "[2]", "x", None]


def test_work_that_is_stopped_leaves_whole_rows_beside_the_name(tmp_path: Path) -> None:
    formats: tuple[Format, ...] = ("jsonl", "parquet")
    for format in formats:
        path = tmp_path / f"a.{format}"
        with pytest.raises(KeyboardInterrupt), Output(path, format) as output:
            output.write([{}, {}], FOUND)
            raise KeyboardInterrupt
        assert not path.exists()
    assert (tmp_path / "a.jsonl.part").read_text().count("\n") == 2
    assert pq.read_table(tmp_path / "a.parquet.part").num_rows == 2


def test_ctrl_c_during_a_write_comes_after_its_rows(tmp_path: Path) -> None:
    class Pressing(dict[str, Any]):
        """A row during whose writing Ctrl-C is pressed."""

        def items(self) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            return super().items()

    path = tmp_path / "a.jsonl"
    with pytest.raises(KeyboardInterrupt), Output(path, "jsonl") as output:
        output.write([Pressing(text="first"), {"text": "second"}], FOUND)
    written = (tmp_path / "a.jsonl.part").read_text()
    assert [json.loads(line)["text"] for line in written.splitlines()] == ["first", "second"]


@pytest.mark.parametrize(
    ("path", "wanted", "found"),
    [
        (None, None, "jsonl"),
        ("a.csv", None, "csv"),
        ("a.parquet", None, "parquet"),
        ("a.csv", "jsonl", "jsonl"),
        (None, "csv", "csv"),
        ("a", "csv", "csv"),
    ],
)
def test_a_format_is_asked_for_or_promised_by_the_name(path: str | None, wanted: str | None, found: str) -> None:
    assert format_of(Path(path) if path else None, wanted) == found


@pytest.mark.parametrize(
    ("path", "wanted", "fix"),
    [(None, "parquet", "--out"), (None, "xml", "jsonl, csv, parquet"), ("a.gz", None, "--format")],
)
def test_a_format_that_cannot_be_written_says_why(path: str | None, wanted: str | None, fix: str) -> None:
    with pytest.raises(Terminal, match=fix):
        format_of(Path(path) if path else None, wanted)
