"""Segments put together, so that a task of a cluster is worth its cost and every core has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from voxpop.segment import Segment

ROWS_A_TASK: Final = 4096
"""Several seconds of the bundled transformer on one core, of which a task's own 20 ms are less than a hundredth."""
TASKS_A_CORE: Final = 4
"""How many tasks a core gets at least, where there are as many segments: the last to end leaves the others idle."""


def grouped(segments: Sequence[Segment], cores: int) -> list[tuple[Segment, ...]]:
    """Neighbours together, of `ROWS_A_TASK` rows at most, or fewer where `cores` would have too few tasks.

    A larger segment is a group of its own. The rows of a segment are known by where the next one begins; those of the
    last are taken for as many as the one before it has. Where segments between two are left out, the first seems
    larger than it is, which makes a smaller group.

    >>> parts = [Segment("2026-11-19", offset) for offset in (0, 10, 20, 4000, 8000)]
    >>> [[segment.offset for segment in group] for group in grouped(parts, 1)]
    [[0, 10], [20], [4000], [8000]]
    """
    ordered = sorted(segments)
    offsets = [segment.offset for segment in ordered]
    rows = [after - before for before, after in zip(offsets, offsets[1:], strict=False)]
    rows += rows[-1:] or [1] * len(ordered)
    most = min(ROWS_A_TASK, sum(rows) / (TASKS_A_CORE * cores))
    return list(_cut(ordered, rows, most))


def _cut(segments: Sequence[Segment], rows: Sequence[int], most: float) -> Iterator[tuple[Segment, ...]]:
    group: list[Segment] = []
    held = 0
    for segment, count in zip(segments, rows, strict=True):
        if group and held + count > most:
            yield tuple(group)
            group, held = [], 0
        group.append(segment)
        held += count
    if group:
        yield tuple(group)
