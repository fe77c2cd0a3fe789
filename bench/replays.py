"""Invented histories of topics: stationary but for hours of the day and of the week, bursty, with shifts if wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from voxpop.insight.pulse import STEPS, STEPS_A_DAY, Counts, Pulse, Rows, Subject, largest
from voxpop.metrics import Floats

Steps = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

FIRST_DAY = 20_454
"""The first day of the replays since 1970: Monday, 2026-01-05."""


@dataclass(frozen=True)
class World:
    """What replays are like.

    Attributes:
        per_day: posts a day of a topic.
        spread: squared coefficient of variation of the rate, apart from hours of the day and of the week.
        hours: time in which the rate's wandering loses two thirds of itself; 0 is drawn anew every five minutes.
        mood: standard deviation of net sentiment's wandering, with the same time.
        cycle: by how much busy hours differ: the logarithm of the rate swings so far to either side.
    """

    per_day: float
    spread: float = 0.1
    hours: float = 2.0
    mood: float = 0.05
    cycle: float = 0.8


@dataclass(frozen=True)
class Shift:
    """What is planted: from a five minutes on, for so many, the rate times `times` and net sentiment plus `net`."""

    at: int
    steps: int
    times: float = 1.0
    net: float = 0.0


def replay(world: World, topics: int, weeks: int, seed: int, shift: Shift | None = None) -> Pulse:
    """Topics, none of which knows of the others, as a store would give them."""
    dice = np.random.default_rng(seed)
    steps = weeks * 7 * STEPS_A_DAY
    rate = world.per_day / STEPS_A_DAY * _cycle(world, steps) * _wandering(dice, world, (topics, steps))
    net = 0.05 + world.mood * _ornstein(dice, world.hours, (topics, steps)) + 0.03 * np.sin(_turns(steps))
    if shift:
        planted = slice(shift.at, shift.at + shift.steps)
        rate[:, planted] *= shift.times
        net[:, planted] += shift.net
    return _pulse(_labelled(dice.poisson(rate), np.clip(net, -0.6, 0.6), dice), topics)


@dataclass(frozen=True)
class Nations:
    """How the posts of a topic are spread over countries, of which most are thin.

    Attributes:
        world: what the topic as a whole is like; its wandering is common to all countries.
        count: how many there are.
        steep: the country of rank r has 1 / r ** steep of the posts of the first.
        spread: squared coefficient of variation of each country's own rate, beyond the common one.
        swarm: so many posts come at once on average, as reposts do.
    """

    world: World
    count: int = 30
    steep: float = 1.0
    spread: float = 0.2
    swarm: float = 1.0

    @property
    def per_day(self) -> Floats:
        """Posts a day of each country."""
        ranked = 1 / np.arange(1, self.count + 1) ** self.steep
        return np.asarray(self.world.per_day * ranked / ranked.sum())


Planted = tuple[Shift, int]
"""A shift, and the place of its country."""


def replay_nations(nations: Nations, topics: int, weeks: int, seed: int, planted: Planted | None = None) -> Pulse:
    """Topics with their countries, each on its own clock; a shift is planted in one country of each topic."""
    dice, steps = np.random.default_rng(seed), weeks * 7 * STEPS_A_DAY
    whole, hourly, subjects, watched = [], [], [], []
    for topic in range(topics):
        columns = _topic(nations, steps, dice, planted)
        by_hour = [values.reshape(nations.count, -1, STEPS).sum(axis=2).astype(float) for values in columns]
        looked_at = largest(by_hour[0].reshape(nations.count, -1, 24).sum(axis=2))
        ever = np.flatnonzero(looked_at.any(axis=1))
        whole.append([values.sum(axis=0) for values in columns])
        hourly.append([values[ever] for values in by_hour])
        watched.append(looked_at[ever])
        subjects += [Subject(f"topic{topic + 1}", f"{place:02d}") for place in ever]
    pulse = _pulse([np.stack(values) for values in zip(*whole, strict=True)], topics)
    countries = Counts(*(np.concatenate(values) for values in zip(*hourly, strict=True)))
    days = np.concatenate(watched)
    every = np.concatenate([pulse.watched, np.concatenate([days, days[:, -1:]], axis=1)])
    return replace(
        pulse, subjects=[*pulse.subjects, *subjects], by_hour=pulse.by_hour.stacked(countries), watched=every
    )


def _topic(nations: Nations, steps: int, dice: np.random.Generator, planted: Planted | None) -> list[Steps]:
    """Counts of one topic by country and five minutes."""
    world, shape = nations.world, (nations.count, steps)
    rate = nations.per_day[:, None] / STEPS_A_DAY * _wandering(dice, world, (1, steps))
    rate = rate * _wandering(dice, replace(world, spread=nations.spread), shape)
    zones = dice.integers(0, 24, nations.count) * STEPS
    rate *= np.stack([np.roll(_cycle(world, steps), zone) for zone in zones])
    net = 0.05 + 0.03 * np.sin(_turns(steps)) + world.mood * _ornstein(dice, world.hours, (1, steps))
    net = net + world.mood * _ornstein(dice, world.hours, shape)
    if planted:
        shift, country = planted
        when = slice(shift.at, shift.at + shift.steps)
        rate[country, when] *= shift.times
        net[country, when] += shift.net
    return _labelled(_swarms(dice, rate, nations.swarm), np.clip(net, -0.6, 0.6), dice)


def _swarms(dice: np.random.Generator, rate: Floats, size: float) -> Steps:
    """Posts at a rate, of which on average `size` come at once."""
    if size == 1:
        return dice.poisson(rate)
    swarms = dice.poisson(rate / size)
    # The sum of geometric numbers, each at least one.
    return np.asarray(swarms + dice.negative_binomial(np.maximum(swarms, 1), 1 / size) * (swarms > 0))


def _labelled(n: Steps, net: Floats, dice: np.random.Generator) -> list[Steps]:
    """Posts, scored ones, positive less negative, and their sum."""
    scored = dice.binomial(n, 0.9)
    polar = dice.binomial(scored, 0.6)
    return [n, scored, 2 * dice.binomial(polar, np.clip((1 + net / 0.6) / 2, 0, 1)) - polar, polar]


def _pulse(labelled: list[Steps], topics: int) -> Pulse:
    columns = [np.concatenate([values.sum(axis=0, keepdims=True), values]) for values in labelled]
    steps = columns[0].shape[1]
    hourly = Counts(*(values.reshape(topics + 1, -1, STEPS).sum(axis=2).astype(float) for values in columns))
    keys, at = (places.T.ravel() for places in np.indices((topics + 1, steps)))
    rows = Rows(keys, at + FIRST_DAY * STEPS_A_DAY, *(values.T.ravel().astype(float) for values in columns))
    subjects = [Subject("*"), *(Subject(f"topic{number + 1}") for number in range(topics))]
    hours = FIRST_DAY * 24 + np.arange(steps // STEPS)
    watched = np.ones((topics + 1, steps // STEPS_A_DAY + 1), np.int64)
    return Pulse(subjects, topics + 1, hours, hourly, watched, FIRST_DAY, rows)


def _turns(steps: int) -> Floats:
    return 2 * np.pi * np.arange(steps) / STEPS_A_DAY


def _cycle(world: World, steps: int) -> Floats:
    day, week = _turns(steps), _turns(steps) / 7
    shape = np.exp(world.cycle * (np.sin(day - 2) + 0.3 * np.sin(2 * day)) + world.cycle / 4 * np.sin(week))
    return np.asarray(shape / shape.mean())


def _wandering(dice: np.random.Generator, world: World, shape: tuple[int, int]) -> Floats:
    sigma = np.sqrt(np.log1p(world.spread))
    return np.exp(sigma * _ornstein(dice, world.hours, shape) - sigma**2 / 2)


def _ornstein(dice: np.random.Generator, hours: float, shape: tuple[int, int]) -> Floats:
    """A stationary Ornstein-Uhlenbeck process of variance 1, by five minutes."""
    noise = dice.standard_normal(shape)
    if hours == 0:
        return noise
    keep = np.exp(-1 / (hours * STEPS))
    values = np.empty(shape)
    values[:, 0] = noise[:, 0]
    for step in range(1, shape[1]):
        values[:, step] = keep * values[:, step - 1] + np.sqrt(1 - keep**2) * noise[:, step]
    return values
