from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voxpop.grouping import ROWS_A_TASK, grouped
from voxpop.segment import Segment

DAY = "2026-11-19"


def offsets(groups: list[tuple[Segment, ...]]) -> list[list[int]]:
    return [[segment.offset for segment in group] for group in groups]


def landed(rows: int, count: int) -> list[Segment]:
    return [Segment(DAY, at * rows) for at in range(count)]


def test_full_segments_stay_apart() -> None:
    assert grouped(landed(4096, 40), 2) == [(segment,) for segment in landed(4096, 40)]


def test_tiny_segments_share_a_task() -> None:
    groups = grouped(landed(10, 4000), 2)
    assert {len(group) for group in groups[:-1]} == {ROWS_A_TASK // 10}


def test_little_work_is_still_spread_over_all_cores() -> None:
    assert len(grouped(landed(10, 64), 4)) == 16
    assert len(grouped(landed(10, 3), 4)) == 3


def test_no_segments_are_no_groups() -> None:
    assert grouped([], 4) == []


@given(
    segments=st.lists(st.builds(Segment, st.sampled_from([DAY, "2026-11-20"]), st.integers(0, 10**6)), unique=True),
    cores=st.integers(1, 1000),
)
def test_each_segment_is_in_one_group_in_the_order_of_the_log(segments: list[Segment], cores: int) -> None:
    groups = grouped(segments, cores)
    assert [segment for group in groups for segment in group] == sorted(segments)
    assert all(groups)
