"""The parts of a file hold each of its lines once, and decode to what the whole file decodes to."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bulk import exports
from voxpop.bulk.decoding import PLACE, Decode, posts_path
from voxpop.bulk.split import LineRange, split
from voxpop.sources.files import planned
from voxpop.sources.formats.context import FileOptions
from voxpop.sources.formats.framing import lines


@given(st.lists(st.sampled_from([b"", b"a", b"bcd", b"\xef\xbb\xbfe", b"f" * 20])), st.booleans(), st.integers(1, 30))
def test_each_line_is_in_one_part_wherever_a_file_is_cut(content: list[bytes], ends: bool, size: int) -> None:
    data = b"\n".join(content) + (b"\n" if ends else b"")
    begins = range(0, max(len(data), 1), size)
    found, counted = [], 0
    for begin, end in zip(begins, [*begins[1:], None], strict=True):
        part = LineRange(io.BytesIO(data), begin, end)
        found += [line for line, _ in lines(part)]
        counted += part.newlines
    assert found == [line for line, _ in lines(LineRange(io.BytesIO(data), 0, None))]
    assert counted == data.count(b"\n")


def decoded(paths: list[Path], size: int, staging: Path) -> tuple[Counter[Any], Counter[str], set[str]]:
    """What a command's parts staged: the posts in order, the counts, and the files that need to be read whole."""
    decode = Decode(staging, FileOptions(), datetime(2030, 1, 1, tzinfo=UTC))
    parts = [decode(part) for part in split(planned(paths, FileOptions()), size, ())]
    posts: Counter[Any] = Counter()
    for part in parts:
        if part.posts:
            table = pq.read_table(posts_path(staging, part.split)).drop_columns(list(PLACE))
            posts.update(tuple(row.values()) for row in table.to_pylist())
    counts = Counter(posts=sum(part.posts for part in parts), rejected=sum(part.rejected for part in parts))
    return posts, counts, {part.split.path.name for part in parts if part.needs_whole}


@pytest.mark.parametrize("name", ["a_stream.jsonl", "c_events.jsonl", "f_with_ids.jsonl"])
@pytest.mark.parametrize("size", [100, 1000])
def test_parts_decode_to_what_the_whole_file_does(name: str, size: int, tmp_path: Path) -> None:
    exports.write(tmp_path / "in", posts=60)
    path = tmp_path / "in" / name
    assert len(split(planned([path], FileOptions()), size, ())) > 5
    assert decoded([path], size, tmp_path / "parts") == decoded([path], 1 << 30, tmp_path / "whole")


def test_a_row_without_an_id_asks_for_its_file_whole(tmp_path: Path) -> None:
    exports.write(tmp_path / "in", posts=60)
    files = [tmp_path / "in" / name for name in ("f_with_ids.jsonl", "g_one_without.jsonl")]
    assert decoded(files, 1000, tmp_path / "parts")[2] == {"g_one_without.jsonl"}


@pytest.mark.parametrize("name", ["b_again.jsonl.gz", "d_table.csv", "e_rows.parquet", "h_lines.txt"])
def test_what_cannot_be_cut_stays_whole(name: str, tmp_path: Path) -> None:
    exports.write(tmp_path / "in", posts=60)
    assert [part.is_whole for part in split(planned([tmp_path / "in" / name], FileOptions()), 10, ())] == [True]
