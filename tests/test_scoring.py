from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from voxpop.errors import Terminal
from voxpop.output import Output
from voxpop.scorers.lexicon import LexiconScorer
from voxpop.scoring import BATCH, Count, Scoring, Wanted
from voxpop.table import Table

SCORER = LexiconScorer()


def scored(path: Path, wanted: Wanted | None = None) -> tuple[list[dict[str, Any]], Count]:
    out = path.with_name("out.jsonl")
    with Table(path) as table:
        scoring = Scoring(SCORER, table, wanted or Wanted())
        with Output(out, "jsonl", scoring.kept) as output:
            scoring.run(output)
    return [json.loads(line) for line in out.read_bytes().split(b"\n") if line], scoring.count


def test_one_row_comes_out_for_each_row_in_in_order(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    words = ["I love it", "I hate it", ""]
    path.write_text("".join(f"{words[at % 3]}\n" for at in range(2 * BATCH + 7)))
    rows, count = scored(path)
    labels = ["positive", "negative", "unscored"]
    assert [row["label"] for row in rows] == [labels[at % 3] for at in range(2 * BATCH + 7)]
    assert (count.rows, count.errors) == (2 * BATCH + 7, 0)
    assert count.unscored == sum(row["label"] == "unscored" for row in rows)
    assert list(rows[0]) == [
        "label", "p_negative", "p_neutral", "p_positive", "polarity", "lang_detected", "model_id", "error",
    ]  # fmt: skip
    assert rows[0]["model_id"] == SCORER.model_id


def test_a_row_that_cannot_be_read_says_why_and_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b'{"text": "I love it"}\n{broken\n{"text": 7}\n{"words": "x"}\n{"text": null}\n{"text": "\xff"}\n')
    rows, count = scored(path, Wanted(keep=True))
    assert [row["label"] for row in rows] == ["positive", *["unscored"] * 5]
    assert [row["error"] is not None for row in rows] == [False, True, True, True, False, True]
    assert (count.rows, count.unscored, count.errors) == (6, 5, 4)
    assert str(count.error).startswith("row 2: the line is no JSON object")
    assert rows[3]["words"] == "x"


def test_another_language_is_unscored_unless_any_will_do(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_text("dieses Spiel ist einfach großartig geworden\n")
    (refused,), _ = scored(path)
    (guessed,), _ = scored(path, Wanted(any_language=True))
    assert (refused["label"], refused["lang_detected"], refused["error"]) == ("unscored", "de", None)
    assert guessed["label"] != "unscored"


@pytest.mark.parametrize("kind", ["tsv", "csv", "parquet"])
def test_the_column_of_a_table_is_named_and_the_others_are_kept(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"posts.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"id": ["1"], "tweet": ["I love it"]}), path)
    else:
        path.write_text("id,tweet\n1,I love it\n".replace(",", "\t" if kind == "tsv" else ","))
    ((row,), _) = scored(path, Wanted("tweet", keep=True))
    assert (row["id"], row["tweet"], row["label"]) == ("1", "I love it", "positive")
    with pytest.raises(Terminal, match="id, tweet; name the one with --column"):
        scored(path)


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_table_without_rows_still_gives_its_columns(format: str, tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("text,n\n")
    out = tmp_path / f"out.{format}"
    with Table(tmp_path / "posts.csv") as table:
        scoring = Scoring(SCORER, table, Wanted(keep=True))
        with Output(out, format, scoring.kept) as output:  # type: ignore[arg-type]
            scoring.run(output)
    names = pq.read_schema(out).names if format == "parquet" else out.read_text().strip().split(",")
    assert names[:3] == ["text", "n", "label"]
    assert scoring.count.rows == 0


def test_a_live_pipe_is_answered_line_by_line(tmp_path: Path) -> None:
    """The second line is written only when the answer to the first was seen."""
    pipe, out = tmp_path / "posts.txt", tmp_path / "out.jsonl"
    os.mkfifo(pipe)
    answered = threading.Event()
    in_time: list[bool] = []

    def feed() -> None:
        with pipe.open("wb", buffering=0) as sink:
            sink.write(b"I love it\n")
            in_time.append(answered.wait(30))
            sink.write(b"I hate it\n")

    feeder = threading.Thread(target=feed)
    feeder.start()
    told: list[int] = []

    def tell(rows: int, done: float | None) -> None:
        told.append(rows)
        answered.set()

    with Table(pipe) as table, Output(out, "jsonl") as output:
        scoring = Scoring(SCORER, table, Wanted())
        scoring.run(output, tell)
    feeder.join()
    assert in_time == [True]
    assert told == [1, 2]
    assert len(out.read_text().splitlines()) == 2
