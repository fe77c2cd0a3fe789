"""Invented histories of topics: stationary but for hours of the day and of the week, bursty, with shifts if wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voxpop.insight.pulse import STEPS, STEPS_A_DAY, Counts, Pulse, Rows, Subject
from voxpop.metrics import Floats

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
    return _pulse(dice.poisson(rate), np.clip(net, -0.6, 0.6), dice)


def _pulse(n: np.ndarray[tuple[int, ...], np.dtype[np.int64]], net: Floats, dice: np.random.Generator) -> Pulse:
    scored = dice.binomial(n, 0.9)
    polar = dice.binomial(scored, 0.6)
    lean = 2 * dice.binomial(polar, np.clip((1 + net / 0.6) / 2, 0, 1)) - polar
    columns = [np.concatenate([values.sum(axis=0, keepdims=True), values]) for values in (n, scored, lean, polar)]
    topics, steps = columns[0].shape
    hourly = Counts(*(values.reshape(topics, -1, STEPS).sum(axis=2).astype(float) for values in columns))
    keys, at = (places.T.ravel() for places in np.indices((topics, steps)))
    rows = Rows(keys, at + FIRST_DAY * STEPS_A_DAY, *(values.T.ravel().astype(float) for values in columns))
    subjects = [Subject("*"), *(Subject(f"topic{number}") for number in range(1, topics))]
    hours = FIRST_DAY * 24 + np.arange(steps // STEPS)
    watched = np.ones((topics, steps // STEPS_A_DAY + 1), np.int64)
    return Pulse(subjects, topics, hours, hourly, watched, FIRST_DAY, rows)


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
