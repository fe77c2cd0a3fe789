from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from voxpop.errors import Terminal
from voxpop.labelled import LabelledFile, read_labelled

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
        ("rows.tsv", "", "is empty"),
        ("rows.jsonl", "{", "row 1"),
        ("rows.tsv", "label\ttext\n", "no labelled post"),
        ("rows.tsv", "label\ttext\n0\tx\n1\ty\n", "either 0, 1, 2 or -1, 0, 1"),
        ("rows.tsv", "label\ttext\n-1\tx\n2\ty\n", "may mean"),
        ("rows.tsv", "label\ttext\n2\tx\npositive\ty\n", "the labels 2;"),
        ("rows.parquet", "PAR1 torn", "not whole Parquet"),
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


@pytest.mark.parametrize(
    ("labels", "gold"),
    [
        (["NEGATIVE", "Neutral", " positive "], [0, 1, 2]),
        (["0", "1", "2"], [0, 1, 2]),
        (["2", "0"], [2, 0]),
        (["-1", "0", "1"], [0, 1, 2]),
        (["1", "-1"], [2, 0]),
    ],
)
def test_labels_come_in_any_case_and_as_numbers_that_say_what_they_are(
    labels: list[str], gold: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("label\ttext\n" + "".join(f"{label}\tx\n" for label in labels))
    assert read_labelled(path).gold == gold


def test_numbers_in_parquet_are_labels(tmp_path: Path) -> None:
    pq.write_table(pa.table({"label": [0, 1, 2], "text": ["a", "b", "c"]}), tmp_path / "rows.parquet")
    assert read_labelled(tmp_path / "rows.parquet").gold == [0, 1, 2]


def test_broken_rows_and_empty_texts_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_bytes(b"label\ttext\npositive\tgood\nneutral\nneutral\t\n\tno label\nnegative\t\xff\xfe\n")
    found = LabelledFile(path)
    assert (len(found), found.broken, found.empty, found.found) == (2, 3, 1, [0, 1, 1])
    assert found.problem == "row 2: the row has 1 cells where the header has 2"


def test_batches_hold_every_post_once(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "".join(f"post {number},neutral\n" for number in range(10)))
    batches = list(LabelledFile(path).batches(size=4))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert [text for batch in batches for text in batch.texts] == [f"post {number}" for number in range(10)]


def test_an_emoji_written_out_as_two_surrogates_is_one_character(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("label\ttext\nneutral\t\\ud83d\\ude00 \\ud83d\n")
    assert read_labelled(path).texts == ["😀 \ufffd"]


def test_a_packed_table_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv.gz"
    path.write_bytes(gzip.compress(b"label\ttext\nneutral\tok\n"))
    assert read_labelled(path).texts == ["ok"]
