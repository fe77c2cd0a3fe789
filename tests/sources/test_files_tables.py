"""Tables in files: which column is what, and what stands in it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.reading import read
from voxpop.errors import Terminal
from voxpop.sources.files import FilesSource, recognise
from voxpop.sources.formats.context import FileOptions


def test_a_mapping_names_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("alpha;beta;gamma\nhello;19.11.2026 05:00;7\n")
    options = FileOptions({"text": "alpha", "created_at": "beta", "id": "gamma"}, source="forum")
    (post,) = read(path, options=options).posts
    assert (post.post_id, post.text, str(post.created_at)) == ("forum:7", "hello", "2026-11-19 05:00:00+00:00")
    with pytest.raises(Terminal, match="no column 'delta'"):
        read(path, options=FileOptions({"text": "delta"}))
    with pytest.raises(Terminal, match="no field 'body'"):
        FilesSource([path], FileOptions({"body": "alpha"}))


def test_a_mapping_reaches_into_objects(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text('{"post": {"body": "hello"}, "who": {"name": "jo"}}\n')
    (post,) = read(path, options=FileOptions({"text": "post.body", "author": "who.name"})).posts
    assert (post.text, post.author) == ("hello", "jo")


def test_parquet_is_a_table(tmp_path: Path) -> None:
    times = pa.array([1_795_064_400_000_000_123, None], pa.timestamp("ns"))
    table = pa.table({"text": ["one", "two"], "created_at": times, "id": [7, 8]})
    pq.write_table(table, tmp_path / "posts")
    found = read(tmp_path / "posts")
    assert [(post.post_id, str(post.created_at)) for post in found.posts] == [("file:7", "2026-11-19 05:00:00+00:00")]
    assert len(found.rejected) == 1


def test_a_quotation_mark_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text('text,date\n"hi,2026-11-19\n' + "ho,2026-11-19\n" * 20_000)
    found = read(path)
    assert (len(found.posts), len(found.rejected)) == (20_000, 1)
    assert found.rejected[0].line == '"hi,2026-11-19'


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_dates_are_in_one_order_through_a_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"posts.{kind}"

    def months(*dates: str, options: FileOptions | None = None) -> list[int | None]:
        rows = [{"text": f"post {number}", "date": date} for number, date in enumerate(dates)]
        if kind == "parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        elif kind == "csv":
            path.write_text("text,date\n" + "".join(f"{row['text']},{row['date']}\n" for row in rows))
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return [post.created_at.month if post.created_at else None for post in read(path, options=options).posts]

    assert months("03/12/2026", "04/12/2026") == [3, 4]
    assert months("03/12/2026", "19/11/2026 17:00") == [12, 11]
    assert months("03/12/2026", "04/12/2026", options=FileOptions(dates="day-first")) == [12, 12]
    assert months("19/11/2026", "11/19/2026") == [11, 11]
    assert months(*["03/12/2026"] * 300, "19/11/2026") == [3] * 300
    (bad,) = read(path).rejected
    assert bad.position == 301 and "--dates day-first" in bad.reason


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_of_rows_are_no_ids(first: int, tmp_path: Path) -> None:
    def written(name: str, words: str, kind: str) -> Path:
        rows = [{"id": first + number, "text": word} for number, word in enumerate(words.split())]
        path = tmp_path / name
        if kind == "parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        elif kind == "csv":
            path.write_text("id,text\n" + "".join(f"{row['id']},{row['text']}\n" for row in rows))
        else:
            path.write_text(json.dumps(rows))
        return path

    for kind in ("csv", "json", "parquet"):
        found = read(written("a", "one two three", kind), written("b", "four five six", kind))
        assert len({post.post_id for post in found.posts}) == 6
        (again,) = [post for post in read(tmp_path / "b").posts if post.text == "five"]
        assert again in found.posts
        named = read(tmp_path / "a", options=FileOptions({"id": "id"}))
        assert [post.post_id for post in named.posts] == [f"file:{first + number}" for number in range(3)]


@pytest.mark.parametrize(
    ("table", "times"),
    [
        ("Date,Time,Tweet\n2026-11-19,17:05:06,hi\n19/11/2026,5:07 PM,ho\n", ["17:05:06", "17:07:00"]),
        ("Date,Time,Tweet\n2026-11-19 08:00,17:05,hi\n", ["08:00:00"]),
        ("Date,Time,Tweet\n2026-11-19,afternoon,hi\n", ["00:00:00"]),
        ("Date,Time,Tweet\n2026-11-19,17:05,hi\n2026-11-19,,ho\n", ["00:00:00", "00:00:00"]),
        ("Time,Tweet\n2026-11-19 17:05,hi\n", ["17:05:00"]),
    ],
)
def test_a_time_of_day_in_a_column_of_its_own_is_of_the_date(table: str, times: list[str], tmp_path: Path) -> None:
    (tmp_path / "posts").write_text(table)
    found = read(tmp_path / "posts").posts
    assert [str(post.created_at) for post in found] == [f"2026-11-19 {time}+00:00" for time in times]


def test_a_time_of_day_of_parquet_is_of_the_date(tmp_path: Path) -> None:
    table = pa.table({"Tweet": ["hi"], "Date": [date(2026, 11, 19)], "Time": ["17:05"], "id": [1.0]})
    pq.write_table(pa.concat_tables([table, table.set_column(3, "id", pa.array([2.0]))]), tmp_path / "posts")
    found = read(tmp_path / "posts").posts
    assert {str(post.created_at) for post in found} == {"2026-11-19 17:05:00+00:00"}
    assert found[1].post_id == found[0].post_id + "-2" != "file:2"


def test_a_point_may_have_commas(tmp_path: Path) -> None:
    (tmp_path / "posts").write_text("text;lat;lon\nhi;52,52;13,405\n")
    (post,) = read(tmp_path / "posts").posts
    assert (post.gps_lat, post.gps_lon) == (52.52, 13.405)


def test_of_two_columns_of_one_name_that_matters_somebody_has_to_say_which(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("text,text,score,score,created_at\nleft,right,1,2,2026-11-19\n")
    with pytest.raises(Terminal, match=r"two columns 'text': use --map text=text or --map text=text\.1"):
        read(path)
    for column, text in (("text", "left"), ("text.1", "right")):
        assert [post.text for post in read(path, options=FileOptions({"text": column})).posts] == [text]
    path.write_text("text,score,score,created_at\nleft,1,2,2026-11-19\n")
    assert [post.text for post in read(path).posts] == ["left"]
    path.write_text("ha,ha\nno,no\n")
    assert recognise(path) == "plain text"


@pytest.mark.parametrize("first", ["Well, I said, no", "[video] nice one", "{lol} hi", "Hello, text", "so: a|b"])
def test_prose_is_no_table(tmp_path: Path, first: str) -> None:
    path = tmp_path / "posts"
    path.write_text(first + "\nYes, but, hm\nOh\n")
    assert [post.text for post in read(path).posts] == [first, "Yes, but, hm", "Oh"]
