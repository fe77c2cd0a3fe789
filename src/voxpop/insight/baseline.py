"""What to expect of a day: the level of the last hours, times how hours of the day and of the week differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from voxpop.insight.pulse import MEASURES, Counts
from voxpop.metrics import Floats, Ints

PROFILE_HOURS: Final = 56 * 24
"""Eight weeks, of which hours of the day and of the week are learned."""
HOURS_FOR_DAILY: Final = 2 * 24
HOURS_FOR_WEEKLY: Final = 14 * 24
LEVEL_HOURS: Final = 24
YOUNG_LEVEL_HOURS: Final = 6
"""Before hours of the day are known, the level is that of a few hours, which the day's own course moves less."""
LEAST_HOURS: Final = 3
CLIP: Final = 4.0
"""An hour counts in a baseline as at most so many times the median of the day before it, and ten posts more."""

_WEIGHT: Final = 2.0
"""What an hour of the day, or of the week, is held back with: two days, or weeks, as all hours are..."""
_POSTS: Final = 10.0
"""...and ten posts, so that an hour of few posts is not taken for special."""
_LEVEL_POSTS: Final = 5.0
_NET_POSTS: Final = 50.0
_NET_HOUR_POSTS: Final = 500.0
_LEVELS: Final = (7 + 1) * 24 + 1
_MONDAY: Final = 96
"""1970 began on a Thursday: the hour since 1970 at which its first Monday begins."""


def clipped(by_hour: Counts) -> Counts:
    """The hours as baselines count them, so that a spike does not hide the next one.

    An hour above `CLIP` times the median of the 24 heard hours before it, plus ten posts, is taken down to that, its
    labels in proportion. A new level that stays is the median, and so the baseline, within a day.
    """
    n = by_hour.n
    limit = np.full(n.shape, np.inf)
    for at in range(LEAST_HOURS, min(LEVEL_HOURS, n.shape[1])):
        limit[:, at] = CLIP * np.median(n[:, :at], axis=1) + _POSTS
    for row in range(len(n) if n.shape[1] > LEVEL_HOURS else 0):
        windows = np.lib.stride_tricks.sliding_window_view(n[row, :-1], LEVEL_HOURS)
        limit[row, LEVEL_HOURS:] = CLIP * np.median(windows, axis=1) + _POSTS
    part = np.minimum(1.0, limit / np.maximum(n, 1.0))
    return Counts(*(getattr(by_hour, name) * part for name in MEASURES))


def hour_of_week(hours: Ints) -> Ints:
    """The hour of the week, UTC, from Monday at 0, of hours since 1970."""
    return np.asarray((hours - _MONDAY) % 168)


@dataclass(frozen=True)
class Baseline:
    """What hours before a day say of it.

    Attributes:
        hours: heard hours, since 1970, of the eight weeks before the day and of the day.
        before: how many of them are before the day.
        clean: their clipped counts.
    """

    hours: Ints
    before: int
    clean: Counts

    @classmethod
    def of(cls, hours: Ints, clean: Counts, day: int) -> Baseline:
        """The baseline of a day from clipped counts of heard hours."""
        first, middle, last = np.searchsorted(hours, [day * 24 - PROFILE_HOURS, day * 24, day * 24 + 24]).tolist()
        kept = (getattr(clean, name)[:, first:last] for name in MEASURES)
        return cls(hours[first:last], middle - first, Counts(*kept))

    @property
    def level_hours(self) -> int:
        """Of how many hours the level of windows up to an hour is."""
        return LEVEL_HOURS if self.before >= HOURS_FOR_DAILY else YOUNG_LEVEL_HOURS

    @cached_property
    def profile(self) -> Floats:
        """How many times the mean an hour of the week has, shape (subjects, 168); all 1 for the first two days."""
        seen = self.clean.n[:, : self.before]
        flat = np.ones((len(seen), 168))
        if self.before < HOURS_FOR_DAILY:
            return flat
        mean = np.maximum(seen.mean(axis=1, keepdims=True), 1e-9)
        week = hour_of_week(self.hours[: self.before])
        daily = _held(seen / mean, week % 24, np.ones((len(seen), 24)), _WEIGHT + _POSTS / mean)
        every = np.tile(daily, 7)
        return every if self.before < HOURS_FOR_WEEKLY else _held(seen / mean, week, every, _WEIGHT + _POSTS / mean)

    @cached_property
    def mood(self) -> Floats:
        """By how much net sentiment of an hour of the week differs from the mean, shape (subjects, 168)."""
        scored, lean = self.clean.scored[:, : self.before], self.clean.lean[:, : self.before]
        apart = lean - scored * self.net[:, None]
        if self.before < HOURS_FOR_DAILY:
            return np.zeros((len(scored), 168))
        week = hour_of_week(self.hours[: self.before])
        daily = _summed(apart, week % 24, 24) / (_summed(scored, week % 24, 24) + _NET_HOUR_POSTS)
        every = np.tile(daily, 7)
        if self.before < HOURS_FOR_WEEKLY:
            return every
        rest = apart - scored * every[:, week]
        return np.asarray(every + _summed(rest, week, 168) / (_summed(scored, week, 168) + _NET_HOUR_POSTS))

    @cached_property
    def net(self) -> Floats:
        """Net sentiment of the eight weeks, held towards 0 by fifty posts."""
        scored, lean = (values[:, : self.before].sum(axis=1) for values in (self.clean.scored, self.clean.lean))
        return np.asarray(lean / (scored + _NET_POSTS))

    @cached_property
    def _sums(self) -> dict[str, Floats]:
        """Cumulative sums over the hours that levels are of, from 0: counts, and the profile."""
        week = hour_of_week(self.hours[self._first :])
        columns = {name: getattr(self.clean, name)[:, self._first :] for name in MEASURES}
        columns["profile"] = self.profile[:, week]
        columns["mood"] = columns["scored"] * self.mood[:, week]
        zero = np.zeros((len(self.clean.n), 1))
        return {name: np.concatenate([zero, np.cumsum(values, axis=1)], axis=1) for name, values in columns.items()}

    @property
    def _first(self) -> int:
        """The first hour that a level can be of: a week before a window of a day."""
        return max(self.before - _LEVELS, 0)

    def _between(self, ends: Ints, length: int, *names: str) -> Iterator[Floats]:
        last = ends - self._first
        first = np.maximum(last - length, 0)
        return (self._sums[name][:, last] - self._sums[name][:, first] for name in names)

    def level(self, ends: Ints, length: int) -> tuple[Floats, Floats]:
        """Posts an hour at profile 1 over the `length` heard hours before each of `ends`, and of how many posts.

        Held towards the mean of the eight weeks by five posts, so that a silent day does not make one post a spike.
        """
        posts, weight = self._between(ends, length, "n", "profile")
        mean = (self.clean.n[:, : self.before].sum(axis=1, keepdims=True) + 1) / (self.before + 1)
        mean = mean if self.before >= LEVEL_HOURS else (posts + 1) / (weight + 1)
        return np.asarray((posts + _LEVEL_POSTS) / (weight + _LEVEL_POSTS / mean)), np.asarray(posts + _LEVEL_POSTS)

    def net_level(self, ends: Ints, length: int) -> tuple[Floats, Floats, Floats]:
        """Net sentiment without hours of the week, the variance of a post's, and scored posts it is of, as `level`."""
        scored, lean, polar, mood = self._between(ends, length, "scored", "lean", "polar", "mood")
        net = (lean - mood + _NET_POSTS * self.net[:, None]) / (scored + _NET_POSTS)
        share = (polar + _NET_POSTS / 2) / (scored + _NET_POSTS)
        return np.asarray(net), np.maximum(share - net * net, 0.05), np.asarray(scored)


def _summed(values: Floats, places: Ints, size: int) -> Floats:
    """The sum of the columns of each place, shape (rows, size)."""
    flat = np.arange(len(values))[:, None] * size + places
    return np.asarray(np.bincount(flat.ravel(), values.ravel(), len(values) * size).reshape(-1, size), np.float64)


def _held(ratios: Floats, places: Ints, towards: Floats, weight: Floats) -> Floats:
    """The mean ratio of each place, held towards another profile as if that had been seen `weight` times."""
    seen = np.bincount(places, minlength=towards.shape[1])
    return np.asarray((_summed(ratios, places, towards.shape[1]) + weight * towards) / (seen + weight))
