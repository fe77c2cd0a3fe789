from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from voxpop.errors import Terminal
from voxpop.labelled import read_labelled

ROWS = [{"label": "positive", "text": 'so "good"', "topic": "gta6"}, {"label": "neutral", "text": "ok", "topic": None}]


def write(directory: Path, kind: str) -> Path:
    path = directory / f"rows.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == "jsonl":
        path.write_text(
            '{"label": "positive", "text": "so \\"good\\"", "topic": "gta6"}\n{"label": "neutral", "text": "ok"}\n'
        )
    elif kind == "csv":
        path.write_text('label,topic,text\npositive,gta6,"so ""good"""\nneutral,,ok\n')
    else:
        path.write_text('label\ttopic\ttext\npositive\tgta6\tso "good"\nneutral\t\tok\n')
    return path


@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl", "parquet"])
def test_every_kind_of_table_gives_the_same_posts(kind: str, tmp_path: Path) -> None:
    labelled = read_labelled(write(tmp_path, kind))
    assert (labelled.texts, labelled.gold) == (['so "good"', "ok"], [2, 1])
    assert [topic or None for topic in labelled.topics] == ["gta6", None]


def test_quotes_and_tabs_in_a_text_are_kept_and_escapes_decoded(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text('label\ttext\nneutral\t"a" \\u2019 b\tc\n')
    assert read_labelled(path).texts == ['"a" ’ b\tc']


@pytest.mark.parametrize(
    ("name", "content", "fix"),
    [
        ("rows.tsv", "label\ttext\nhappy\tx\n", "negative, neutral, positive"),
        ("rows.tsv", "label\twords\nneutral\tx\n", "no column text"),
        ("rows.tsv", "", "no column label"),
        ("rows.jsonl", "{", "line 1"),
        ("rows.xls", "x", ".parquet"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(name: str, content: str, fix: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(Terminal, match=fix):
        read_labelled(tmp_path / name)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="check the path"):
        read_labelled(tmp_path / "absent.tsv")
