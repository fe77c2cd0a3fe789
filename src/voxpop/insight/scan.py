"""Windows of a day beside what was expected of them, at several scales, and how improbable they are by chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

import numpy as np

from voxpop.insight.baseline import LEAST_HOURS, Baseline, hour_of_week
from voxpop.insight.pulse import COUNTRIES, MEASURES, STEPS, Counts
from voxpop.insight.tails import mixed_tail, normal_tail
from voxpop.metrics import Floats, Ints

Measure = Literal["volume", "net"]

BUDGET: Final = 0.5
"""False alerts a week that are allowed for a topic as a whole, and again for all its countries together."""
LEAST_POSTS: Final = 5
LEAST_SCORED: Final = 30
LEAST_RATIO: Final = 1.25
"""A window with less than a quarter more than expected is no alert, however sure it is."""
LEAST_NET: Final = 0.05

SPREAD: Final = 0.25
"""How much rates are taken to vary (squared coefficient of variation) before there are windows to learn it of..."""
SWARM_POSTS: Final = 20.0
"""Posts by which it is held that each comes on its own, and not in a swarm."""
MOOD: Final = 0.07**2
"""...and net sentiment: the variance that is no sampling."""
_CLIP_SIGMAS: Final = 5.0
_LEAST_EXPECTED: Final = 0.05


@dataclass(frozen=True)
class Scale:
    """A width of windows.

    Attributes:
        minutes: how long a window is.
        width: the same in intervals of its grid.
        stride: intervals from one window to the next.
        level_hours: of how many hours the baseline is; 0 is as the baseline has it.
        tests: windows a week.
        learning: independent windows that what is assumed of the spread is worth.
    """

    minutes: int
    width: int
    stride: int
    level_hours: int
    tests: int
    learning: float

    def alpha(self, slots: int) -> float:
        """How improbable a window must be, where `slots` pairs of scale and measure share the budget."""
        return BUDGET / slots / self.tests


TOPIC_STEPS: Final = (Scale(5, 1, 1, 0, 2016, 72.0), Scale(60, STEPS, 3, 0, 672, 12.0))
HOURLY: Final = Scale(60, 1, 1, 0, 168, 12.0)
DAILY: Final = Scale(1440, 24, 1, 168, 168, 7.0)
TOPIC_SLOTS: Final = 6
COUNTRY_SLOTS: Final = 4 * COUNTRIES


@dataclass(frozen=True)
class Learned:
    """What was learned of one scale's spread on each of the last days.

    A day teaches, of each subject, the sum of squares beyond chance, and a weight; of volume also three sums of windows
    with few posts. So a lesson has the shape (2, subjects) or (5, subjects).
    """

    kept: list[Floats] = field(default_factory=list)

    @cached_property
    def sums(self) -> Floats:
        """The lessons of all days together, with an axis for windows; of all subjects alike while there is none."""
        return np.asarray(np.sum(self.kept, axis=0))[..., None] if self.kept else np.zeros((5, 1, 1))

    def with_today(self, lessons: Floats, overlapping: int) -> Floats:
        """The same for each window of a day, with those of its windows that end before the window begins.

        So a topic is known for its bursts after hours and not after days. Lessons have the shape (5, subjects,
        windows); of a window the `overlapping` ones before it, itself among them, are not known yet.
        """
        today = np.zeros_like(lessons)
        np.cumsum(lessons[..., :-overlapping], axis=-1, out=today[..., overlapping:])
        return today + self.sums

    def and_of(self, lesson: Floats, most: int) -> Learned:
        """With one day more, and without the oldest if there are more than `most`."""
        return Learned([*self.kept, lesson][-most:])


@dataclass(frozen=True)
class Scan:
    """One scale and measure over a day; arrays of shape (subjects, windows).

    Attributes:
        ends: of the windows, in five minutes since 1970.
        value: posts, or net sentiment.
        expected: likewise.
        posts: in the window; of net sentiment, scored ones.
        p: how probable so much or more is without a change; in favour of a rise where `value` is above `expected`.
    """

    measure: Measure
    scale: Scale
    ends: Ints
    value: Floats
    expected: Floats
    posts: Floats
    p: Floats


@dataclass(frozen=True)
class Grid:
    """Counts by five minutes or by hours around a day, and which of the windows that end in it can be judged.

    Attributes:
        counts: shape (subjects, intervals).
        first: the first interval, counted since 1970.
        per_hour: intervals of an hour.
        until: windows that end after it, in intervals since 1970, are not complete.
    """

    counts: Counts
    first: int
    per_hour: int
    until: int

    @cached_property
    def sums(self) -> Floats:
        """Cumulative sums of `MEASURES` from 0, shape (measures, subjects, intervals + 1)."""
        return _cumulated(np.stack([getattr(self.counts, name) for name in MEASURES]))


@dataclass(frozen=True)
class Windows:
    """The windows of one scale in one day: their sums, their profile, and the heard hours before them."""

    ends: Ints
    sums: Counts
    profile: Floats
    mood: Floats
    levels: Ints


def windows(grid: Grid, baseline: Baseline, scale: Scale, day: int) -> Windows:
    """Those that end in a day, in hours that were all heard, with enough hours before them."""
    per_hour = grid.per_hour
    ends = np.arange(day * 24 * per_hour + scale.stride, (day + 1) * 24 * per_hour + 1, scale.stride)
    ends = ends[(ends <= grid.until) & (ends - scale.width >= grid.first)]
    first_hours, last_hours = (ends - scale.width) // per_hour, (ends - 1) // per_hour
    levels = np.searchsorted(baseline.hours, first_hours)
    heard = np.searchsorted(baseline.hours, last_hours + 1) - levels == last_hours + 1 - first_hours
    good = heard & (levels >= max(scale.level_hours, LEAST_HOURS))
    ends, levels = ends[good], levels[good]
    cuts = ends - grid.first
    sums = Counts(*_between(grid.sums, cuts, scale.width))
    week = hour_of_week((grid.first + np.arange(grid.counts.n.shape[1])) // per_hour)
    profile = _between(_cumulated(baseline.profile[:, week]), cuts, scale.width) / per_hour
    mood = _between(_cumulated(baseline.mood[:, week]), cuts, scale.width) / scale.width
    return Windows(ends, sums, profile, mood, levels)


def _cumulated(values: Floats) -> Floats:
    """Cumulative sums along the last axis, from 0."""
    sums = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=sums[..., 1:])
    return sums


def _between(sums: Floats, ends: Ints, width: int) -> Floats:
    return np.asarray(sums[..., ends] - sums[..., ends - width])


def volume(found: Windows, baseline: Baseline, scale: Scale, learned: Learned) -> tuple[Scan, Floats]:
    """Posts of windows beside what was expected, and what the day teaches of their spread.

    The spread is the moment estimate of Breslow (1984), "Extra-Poisson variation in log-linear models", of forecasts
    made before: ((posts - expected)² - expected) / expected², weighted by how much of a window's variance is not
    Poisson's, so that rare topics keep what is assumed. Posts that come in swarms have a variance that no such spread
    has where few are expected; by how much it is more than it, in units of Poisson's, is learned of such windows.
    """
    level, of = baseline.level(found.levels, scale.level_hours or baseline.level_hours)
    expected, value = level * found.profile, found.sums.n
    lessons = _lessons(value, expected, 1 / of, _mean(learned.sums, SPREAD, scale.learning) + 1 / of)
    lessons *= scale.stride / scale.width
    sums = learned.with_today(lessons, scale.width // scale.stride)
    spread = _mean(sums, SPREAD, scale.learning)
    total = spread + 1 / of + _swarming(sums, spread) / np.maximum(expected, _LEAST_EXPECTED)
    sigma = np.sqrt(expected + total * expected**2)
    p = np.ones_like(expected)
    seen = (value >= LEAST_POSTS) & (value > LEAST_RATIO * expected) & (value > expected + 1.5 * sigma)
    p[seen] = mixed_tail(value[seen], expected[seen], total[seen])
    return Scan("volume", scale, found.ends, value, expected, value, p), lessons.sum(axis=2)


def _mean(sums: Floats, prior: float, weight: float) -> Floats:
    """The variance beyond chance, held towards `prior` as by `weight` windows; never below a hundredth of it."""
    return np.asarray(np.maximum((sums[0] + weight * prior) / (sums[1] + weight), prior / 100))


def _swarming(sums: Floats, spread: Floats) -> Floats:
    """By how much the variance of few posts is beyond chance and the spread, in units of chance; 0 at first."""
    above, squares, posts = sums[2:]
    return np.asarray(np.maximum(above - spread * squares, 0) / (posts + SWARM_POSTS))


def _lessons(value: Floats, expected: Floats, doubt: Floats, total: Floats) -> Floats:
    """What each window teaches, not knowing of swarms: so it depends as little as can be on what was learned before."""
    held = np.minimum(value, expected + _CLIP_SIGMAS * np.sqrt(expected + total * expected**2) + 3)
    above = (held - expected) ** 2 - expected
    many = SPREAD * expected / (1 + SPREAD * expected)
    once, few = many**2, (1 - many) ** 2
    square = expected**2
    spread = once * (above / np.maximum(expected, 1e-9) ** 2 - doubt)
    return np.stack([spread, once, few * (above - doubt * square), few * square, few * expected])


def net(found: Windows, baseline: Baseline, scale: Scale, learned: Learned) -> tuple[Scan, Floats]:
    """Net sentiment of windows beside what was expected, and what the day teaches of how it wanders.

    The variance of a window's net sentiment is v/n of sampling (n scored posts, each -1, 0 or 1 with the variance v of
    the baseline's posts), v/m of the baseline's own m posts, and what forecasts missed beyond that on days before
    (DerSimonian and Laird 1986, "Meta-analysis in clinical trials", has the moment estimate). p is two-sided, with half
    a post of continuity.
    """
    base, variance, of = baseline.net_level(found.levels, scale.level_hours or baseline.level_hours)
    scored = found.sums.scored
    expected = np.clip(base + found.mood, -1, 1)
    value = found.sums.lean / np.maximum(scored, 1)
    noise = variance / np.maximum(scored, 1) + variance / np.maximum(of, 1)
    judged = (scored >= LEAST_SCORED) & (of >= LEAST_SCORED)
    wander = np.broadcast_to(_mean(learned.sums, MOOD, scale.learning), noise.shape)
    sigma = np.sqrt(noise + wander)
    apart = value - expected
    held = np.minimum(np.abs(apart), _CLIP_SIGMAS * sigma)
    weight = np.where(judged, (MOOD / (MOOD + noise)) ** 2, 0) * scale.stride / scale.width
    lesson = np.stack([(weight * (held**2 - noise)).sum(axis=1), weight.sum(axis=1)])
    z = np.maximum(np.abs(apart) - 0.5 / np.maximum(scored, 1), 0) / sigma
    p = np.ones_like(z)
    seen = judged & (np.abs(apart) >= LEAST_NET)
    p[seen] = np.minimum(2 * normal_tail(z[seen]), 1.0)
    return Scan("net", scale, found.ends, value, expected, scored, p), lesson
