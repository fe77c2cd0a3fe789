from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from voxpop import segment
from voxpop.errors import Poison
from voxpop.segment import Segment

ROWS = pa.table({"n": [1, 2, 3]})


def test_a_segment_is_named_by_day_and_offset_and_read_back_from_its_name() -> None:
    one = Segment("2026-11-19", 4096)
    assert Segment.parse(Path("landing") / one.path) == one


def test_segments_sort_in_the_order_they_landed() -> None:
    assert sorted([Segment("2026-11-20", 7), Segment("2026-11-19", 90)])[0].day == "2026-11-19"


def test_rows_and_footer_come_back_as_written(tmp_path: Path) -> None:
    segment.write(tmp_path / "a.parquet", ROWS, {"cursors": {"s": "12"}})
    assert segment.read(tmp_path / "a.parquet").equals(ROWS)
    assert segment.read_footer(tmp_path / "a.parquet") == {"cursors": {"s": "12"}}


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        segment.write(tmp_path / name, ROWS, {"k": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_writing_leaves_no_temporary_file_behind(tmp_path: Path) -> None:
    segment.write(tmp_path / "a.parquet", ROWS, {})
    with pytest.raises(TypeError):
        segment.write(tmp_path / "b.parquet", ROWS, {"unserialisable": object()})
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


@pytest.mark.parametrize("keep", [0, 4, 100])
def test_a_torn_file_is_poison_and_says_what_to_do(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.parquet"
    segment.write(path, ROWS, {})
    path.write_bytes(path.read_bytes()[:keep])
    for reader in (segment.read, segment.read_footer):
        with pytest.raises(Poison, match="move it away"):
            reader(path)
