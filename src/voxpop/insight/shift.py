"""How much counts and shares moved from one period to the next, and how much of it may be chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, hypot, log, sqrt
from typing import Final

import numpy as np
import pyarrow as pa

from voxpop.insight import shares
from voxpop.insight.cells import counted_cells
from voxpop.insight.prevalence import estimate
from voxpop.stores.counts import COUNTED
from voxpop.stores.queries import Totals

_SIGMAS: Final = 1.6448536269514722


@dataclass(frozen=True)
class Shift:
    """A change and the ends of its 90 % interval, as far as the number of posts limits what is known."""

    change: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out no change at all."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Level:
    """A share or net sentiment, the ends of its 90 % interval, and its shift; None without a scored post."""

    value: float | None
    low: float | None
    high: float | None
    shift: Shift | None


def growth(now: int, before: int) -> Shift | None:
    """By what ratio a count grew, 0.25 being a quarter more; None where one of the two is nothing.

    The logarithm of the ratio of two Poisson counts is taken as normal, with variance 1/now + 1/before. The trap:
    reposts come in swarms, and make it less sure than this.

    >>> found = growth(125, 100)
    >>> found.change, round(found.low, 3), round(found.high, 3)
    (0.25, 0.002, 0.559)
    """
    if not now or not before:
        return None
    middle, wide = log(now / before), _SIGMAS * sqrt(1 / now + 1 / before)
    return Shift(now / before - 1, exp(middle - wide) - 1, exp(middle + wide) - 1)


def levels(now: Totals, before: Totals | None) -> dict[str, Level]:
    """Counted shares and net sentiment of a period, each beside those of the period before: by `shares.QUANTITIES`.

    An interval of a difference is made of those of its two sides (Zou and Donner 2008, MOVER,
    https://doi.org/10.1002/sim.3095). The model's errors are no part of it: they are mostly the same in both periods.
    """
    periods = [now, before or now]
    rows = pa.table({name: pa.array([getattr(each, name) for each in periods], pa.int64()) for name in COUNTED})
    found = shares.table(rows, estimate(None, counted_cells(rows)), False).to_pylist()
    return {name: _level(name, found[0], found[1] if before else None) for name in shares.QUANTITIES}


def _level(name: str, now: dict[str, float | None], before: dict[str, float | None] | None) -> Level:
    value, low, high = (now[f"{name}{end}"] for end in ("", "_low", "_high"))
    if value is None or low is None or high is None or before is None:
        return Level(value, low, high, None)
    past, past_low, past_high = (before[f"{name}{end}"] for end in ("", "_low", "_high"))
    if past is None or past_low is None or past_high is None:
        return Level(value, low, high, None)
    change = value - past
    down, up = hypot(value - low, past_high - past), hypot(high - value, past - past_low)
    return Level(value, low, high, Shift(change, change - down, change + up))


def pooled(rows: pa.Table, length: int) -> pa.Table:
    """Counts over each row and the `length - 1` before it, as far as there are any.

    >>> pooled(pa.table({"n": [1, 2, 4]}), 2)["n"].to_pylist()
    [1, 3, 6]
    """
    sums = {}
    for name in (name for name in COUNTED if name in rows.column_names):
        total = np.concatenate([[0], np.cumsum(rows[name].to_numpy())])
        sums[name] = pa.array(total[1:] - total[np.maximum(0, np.arange(rows.num_rows) + 1 - length)], pa.int64())
    return pa.table(sums)
