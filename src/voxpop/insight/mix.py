"""How much of a change of net sentiment is other people talking, and how much is the same people talking otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Tally:
    """The scored posts of a group in a window, and their net sentiment times their number."""

    scored: int
    lean: int


@dataclass(frozen=True)
class Part:
    """What a group did to net sentiment.

    Attributes:
        name: of the group; "" is unknown.
        share: of the window's scored posts, and `share_before` of those of the window before, in [0, 1].
        net: net sentiment in the window, and `net_before` before, in [-1, 1]; None without scored posts.
        mix: what the change of its share did.
        rate: what the change of its own net sentiment did.
    """

    name: str
    share: float
    share_before: float
    net: float | None
    net_before: float | None
    mix: float
    rate: float


@dataclass(frozen=True)
class Mix:
    """A change of net sentiment in two parts, which add up to it but for rounding.

    Attributes:
        change: of net sentiment, in [-2, 2].
        mix: because the groups' shares changed: who talks.
        rate: because net sentiment within groups changed: how they talk.
        parts: of each group, which add up to `mix` and `rate`; the greatest first.
    """

    change: float
    mix: float
    rate: float
    parts: list[Part]


def decompose(before: Mapping[str, Tally], now: Mapping[str, Tally]) -> Mix | None:
    """Split the change of net sentiment from one window to another by groups; None where either has no scored post.

    Kitagawa (1955), "Components of a difference between two rates": a group's rate counts at the mean of its two
    shares, its share at the mean of its two rates. That mean is taken from the mean of both windows' net sentiment,
    which changes no sum: a group that grows and is happier than most lifts the number. A group that is in one window
    alone has no rate in the other, and counts as mix.

    >>> before, now = {"DE": Tally(50, 0), "FR": Tally(50, 50)}, {"DE": Tally(90, 0), "FR": Tally(10, 10)}
    >>> found = decompose(before, now)
    >>> round(found.change, 3), round(found.mix, 3), round(found.rate, 3)
    (-0.4, -0.4, 0.0)
    """
    n_before, n_now = _scored(before), _scored(now)
    if not n_before or not n_now:
        return None
    net_before = sum(tally.lean for tally in before.values()) / n_before
    net_now = sum(tally.lean for tally in now.values()) / n_now
    middle = (net_before + net_now) / 2
    names = [name for name in {**now, **before} if before.get(name, _NONE).scored or now.get(name, _NONE).scored]
    tallies = {name: (before.get(name, _NONE), now.get(name, _NONE)) for name in names}
    parts = [_part(name, both, (n_before, n_now), middle) for name, both in tallies.items()]
    parts.sort(key=lambda part: (-abs(part.mix + part.rate), part.name))
    mix, rate = math.fsum(part.mix for part in parts), math.fsum(part.rate for part in parts)
    return Mix(net_now - net_before, mix, rate, parts)


_NONE: Final = Tally(0, 0)


def _scored(tallies: Mapping[str, Tally]) -> int:
    return sum(tally.scored for tally in tallies.values())


def _part(name: str, tallies: tuple[Tally, Tally], of: tuple[int, int], middle: float) -> Part:
    before, now = tallies
    share_before, share = before.scored / of[0], now.scored / of[1]
    net_before, net = (tally.lean / tally.scored if tally.scored else None for tally in tallies)
    rates = [rate for rate in (net_before, net) if rate is not None]
    mix = (share - share_before) * (sum(rates) / len(rates) - middle)
    rate = (share + share_before) / 2 * (rates[-1] - rates[0])
    return Part(name, share, share_before, net, net_before, mix, rate)
