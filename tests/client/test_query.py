"""`voxpop query` on a real server."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.command import voxpop


def test_a_table_for_people(address: str) -> None:
    ran = voxpop("query", "compare", "--topic", "apple", "--topic", "pear", "--url", address)
    head, first, *_ = ran.stdout.splitlines()
    assert head.split()[:3] == ["name", "title", "current_n"]
    assert first.split()[:3] == ["apple", "Apple", "7"]


def test_files_by_the_ending_of_their_name(address: str, tmp_path: Path) -> None:
    voxpop("query", "posts", "--text", "apple", "--out", str(tmp_path / "p.parquet"), "--url", address)
    assert pq.read_table(tmp_path / "p.parquet").num_rows == 7
    voxpop("query", "buckets", "--width", "5m", "--out", str(tmp_path / "b.csv"), "--url", address)
    assert (tmp_path / "b.csv").read_text().splitlines()[0].startswith("start,n,n_neg")
    ran = voxpop("query", "posts", "--limit", "2", "--format", "jsonl", "--url", address)
    assert len(ran.stdout.splitlines()) == 2


def test_posts_of_any_of_several_topics_count_once(address: str) -> None:
    rows = []
    for topics in (["apple"], ["pear"], ["apple", "pear"]):
        named = [word for name in topics for word in ("--topic", name)]
        ran = voxpop("query", "posts", *named, "--format", "jsonl", "--url", address)
        rows.append(len(ran.stdout.splitlines()))
    assert max(rows[:2]) <= rows[2] <= sum(rows[:2]) and rows[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["buckets", "--width", "hourly"], "no width"),
        (["topics", "--tz", "UTC"], "topics does not take --tz"),
        (["buckets", "--topic", "kiwi"], "no topic 'kiwi'"),
        (["posts", "--out", "posts.xlsx"], ".parquet"),
    ],
)
def test_what_cannot_be_asked_is_said(address: str, arguments: list[str], message: str) -> None:
    ran = voxpop("query", *arguments, "--url", address)
    assert ran.returncode == 1
    assert message in ran.stderr and len(ran.stderr.splitlines()) == 1
