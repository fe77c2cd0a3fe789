"""The line of the chart: net sentiment over time with the ends of its interval, counted or corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa

from voxpop.insight.cells import counted_cells
from voxpop.insight.correction import Correction
from voxpop.insight.prevalence import Posterior, estimate, follow
from voxpop.insight.shift import pooled
from voxpop.metrics import Floats

Points = list[float | None]


@dataclass(frozen=True)
class Line:
    """Net sentiment in points by interval, and the ends of its 90 % interval; None where nothing is scored."""

    nets: Points
    lows: Points
    highs: Points

    def since(self, first: int) -> Line:
        """The line without its first points."""
        return Line(self.nets[first:], self.lows[first:], self.highs[first:])


def pool(width: timedelta) -> int:
    """How many intervals the line pools: minutes alone hold too few posts to be read.

    >>> pool(timedelta(minutes=1)), pool(timedelta(hours=1))
    (5, 1)
    """
    return 5 if width == timedelta(minutes=1) else 1


def counted(series: pa.Table, length: int) -> Line:
    """Net sentiment as it is counted over each interval and the `length - 1` before it.

    The counts are pooled, so an interval weighs as much as it has posts. The interval is of so few posts alone, and
    knows nothing of the model's errors.
    """
    cells = counted_cells(pooled(series, length))
    scored = cells.sum(axis=1)
    with np.errstate(invalid="ignore"):
        nets = (cells[:, 4:].sum(axis=1) - cells[:, :2].sum(axis=1)) / scored
    return _line(nets, estimate(None, cells))


def corrected(series: pa.Table, length: int, correction: Correction, around: Floats | None) -> Line:
    """Net sentiment without the model's errors, over the same intervals; its interval knows of those, too."""
    cells = counted_cells(pooled(series, length))
    nets, lows, highs = (np.full(len(cells), np.nan) for _ in range(3))
    # Pools that overlap would count each post several times into the level; every length-th are disjoint.
    for first in range(min(length, len(cells))):
        found = follow(correction, cells[first::length], around)
        low, high = found.intervals()
        nets[first::length], lows[first::length], highs[first::length] = found.net, low[:, 3], high[:, 3]
    return Line(_points(nets), _points(lows), _points(highs))


def _line(nets: Floats, found: Posterior) -> Line:
    low, high = found.intervals()
    return Line(_points(nets), _points(np.fmin(low[:, 3], nets)), _points(np.fmax(high[:, 3], nets)))


def _points(values: Floats) -> Points:
    return [None if np.isnan(value) else round(100 * float(value), 2) for value in values]


def stretches(points: Sequence[float | None]) -> list[range]:
    """The places of points that follow each other without a gap.

    >>> stretches([None, 1.0, 2.0, None, 3.0])
    [range(1, 3), range(4, 5)]
    """
    found: list[range] = []
    for place, point in enumerate(points):
        if point is None:
            continue
        if found and found[-1].stop == place:
            found[-1] = range(found[-1].start, place + 1)
        else:
            found.append(range(place, place + 1))
    return found
