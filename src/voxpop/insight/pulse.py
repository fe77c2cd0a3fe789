"""The counts of every topic and its largest countries over time, as arrays, from a store's buckets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voxpop.metrics import Floats, Ints
from voxpop.seams import Store
from voxpop.stores.period import DAY, HOUR
from voxpop.stores.queries import ALL

STEP: Final = timedelta(minutes=5)
STEPS: Final = HOUR // STEP
STEPS_A_DAY: Final = 24 * STEPS
COUNTRIES: Final = 10
"""Countries of a topic that are looked at: those with most posts in the `RANKED_DAYS` before a day."""
RANKED_DAYS: Final = 28
MEASURES: Final = ("n", "scored", "lean", "polar")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Subject(NamedTuple):
    """What is looked at: a topic, or its posts from one country; a country None is all of them."""

    topic: str
    country: str | None = None


@dataclass(frozen=True)
class Counts:
    """Posts, scored posts, positive less negative ones, and their sum; each of shape (subjects, intervals)."""

    n: Floats
    scored: Floats
    lean: Floats
    polar: Floats

    @classmethod
    def scattered(cls, rows: Rows, places: tuple[Ints, Ints], shape: tuple[int, int]) -> Counts:
        """Add rows up at their places (subject, interval)."""
        flat = places[0] * shape[1] + places[1]
        size = shape[0] * shape[1]
        sums = (np.bincount(flat, getattr(rows, name), size).astype(np.float64) for name in MEASURES)
        return cls(*(values.reshape(shape) for values in sums))

    def stacked(self, other: Counts) -> Counts:
        """The subjects of both, one after the other."""
        return Counts(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in MEASURES))


@dataclass(frozen=True)
class Rows:
    """Sums of a table by key, in the order of their intervals, which are whole numbers since 1970."""

    keys: Ints
    at: Ints
    n: Floats
    scored: Floats
    lean: Floats
    polar: Floats

    def chosen(self, which: slice | Ints) -> Rows:
        """Some of the rows."""
        return Rows(*(getattr(self, name)[which] for name in ("keys", "at", *MEASURES)))


@dataclass(frozen=True)
class Pulse:
    """A stretch of a store's history.

    Only hours in which the store has any post at all are there, by the list `hours`: in the others nobody listened, and
    that nothing came then says nothing.

    Attributes:
        subjects: topics first, `ALL` the first of them, then countries of topics.
        topics: how many are whole topics.
        hours: heard hours, ascending, in hours since 1970.
        by_hour: shape (subjects, heard hours).
        watched: shape (subjects, days): whether a subject is looked at on a day.
        first_day: the first of those days, since 1970.
        steps: rows of the topics by five minutes.
    """

    subjects: list[Subject]
    topics: int
    hours: Ints
    by_hour: Counts
    watched: Ints
    first_day: int
    steps: Rows

    def day_steps(self, day: int) -> Counts:
        """The topics' five minutes of a day, and of the hour before it."""
        first, last = day * STEPS_A_DAY - STEPS, (day + 1) * STEPS_A_DAY
        rows = self.steps.chosen(slice(*np.searchsorted(self.steps.at, [first, last])))
        return Counts.scattered(rows, (rows.keys, rows.at - first), (self.topics, last - first))

    def renewed(self, store: Store, day: int, until: datetime) -> Pulse:
        """The same subjects with the hours and five minutes of a day read again, up to when they are now."""
        start = EPOCH + day * DAY
        topics = [subject.topic for subject in self.subjects[: self.topics]]
        places = {subject: place for place, subject in enumerate(self.subjects)}
        hourly = store.query("pulse_hours", start=start, end=until)
        keys = _places(hourly["topic"], topics)
        whole = _rows(hourly, keys, HOUR)
        named = zip(hourly["topic"].to_pylist(), hourly["country"].to_pylist(), strict=True)
        own = _rows(hourly, np.array([places.get(Subject(*pair), -1) for pair in named], np.int64), HOUR)
        before = int(np.searchsorted(self.hours, day * 24))
        today = np.unique(whole.at[whole.keys == 0])
        shape = len(self.subjects), len(today)
        fresh = [Counts.scattered(rows, (rows.keys, np.searchsorted(today, rows.at)), shape) for rows in (whole, own)]
        counts = {
            name: np.concatenate(
                [getattr(self.by_hour, name)[:, :before], sum(getattr(found, name) for found in fresh)], axis=1
            )
            for name in MEASURES
        }
        stepped = store.query("pulse_steps", start=start - HOUR, end=until)
        steps = _rows(stepped, _places(stepped["topic"], topics), STEP)
        hours = np.concatenate([self.hours[:before], today])
        return replace(self, hours=hours, by_hour=Counts(**counts), steps=steps)


def read(store: Store, topics: Sequence[str], period: tuple[datetime, datetime, datetime]) -> Pulse:
    """Read hours from the first to the last of three times, and five minutes from the second on."""
    hours_from, steps_from, until = period
    topics = [ALL, *(name for name in topics if name != ALL)]
    hourly = store.query("pulse_hours", start=hours_from, end=until)
    stepped = store.query("pulse_steps", start=steps_from, end=until)
    whole = _rows(hourly, _places(hourly["topic"], topics), HOUR)
    hours = np.unique(whole.at[whole.keys == 0])
    days = int((hours_from - EPOCH) // DAY), int((until - EPOCH) // DAY) + 1
    countries, watched, slices = _countries(hourly, whole, topics, days)
    shape = len(topics), len(hours)
    by_hour = Counts.scattered(whole, (whole.keys, np.searchsorted(hours, whole.at)), shape)
    sliced = Counts.scattered(slices, (slices.keys, np.searchsorted(hours, slices.at)), (len(countries), len(hours)))
    steps = _rows(stepped, _places(stepped["topic"], topics), STEP)
    every = np.concatenate([np.ones((len(topics), days[1] - days[0]), np.int64), watched])
    subjects = [*(Subject(topic) for topic in topics), *countries]
    return Pulse(subjects, len(topics), hours, by_hour.stacked(sliced), every, days[0], steps)


def _places(column: pa.ChunkedArray, names: Sequence[str]) -> Ints:
    return np.asarray(pc.fill_null(pc.index_in(column, pa.array(names, pa.string())), -1).to_numpy(), np.int64)


def _rows(table: pa.Table, keys: Ints, width: timedelta) -> Rows:
    at = table["start"].cast(pa.timestamp("s", "UTC")).cast(pa.int64()).to_numpy() // int(width.total_seconds())
    counts = (table[name].to_numpy().astype(np.float64) for name in MEASURES)
    return Rows(keys, at, *counts).chosen(np.flatnonzero(keys >= 0))


def _countries(
    hourly: pa.Table, whole: Rows, topics: Sequence[str], days: tuple[int, int]
) -> tuple[list[Subject], Ints, Rows]:
    """Countries that are among the largest of their topic on any day, on which days, and their rows."""
    known = hourly.filter(pc.is_in(hourly["topic"], pa.array(topics, pa.string())))
    codes = pc.unique(known["country"])
    code = pc.index_in(known["country"], codes).to_numpy().astype(np.int64)
    named = [name or "" for name in codes.to_pylist()]
    day, pair = whole.at // 24 - days[0], whole.keys * max(len(named), 1) + code
    pairs, place = np.unique(pair, return_inverse=True)
    daily = np.zeros((len(pairs), days[1] - days[0]))
    np.add.at(daily, (place, day), whole.n)
    watched = np.zeros(daily.shape, np.int64)
    known_country = np.array([named[at % len(named)] != "" for at in pairs], np.bool_)
    for topic in range(len(topics)):
        own = np.flatnonzero((pairs // max(len(named), 1) == topic) & known_country)
        watched[own] = largest(daily[own])
    ever = np.flatnonzero(watched.any(axis=1))
    subjects = [Subject(topics[pairs[at] // len(named)], named[pairs[at] % len(named)]) for at in ever]
    again = np.full(len(pairs), -1)
    again[ever] = np.arange(len(ever))
    keys = again[place]
    rows = Rows(keys, *(getattr(whole, name) for name in ("at", *MEASURES))).chosen(np.flatnonzero(keys >= 0))
    return subjects, watched[ever], rows


def largest(daily: Floats) -> Ints:
    """Which countries of a topic are looked at on each day, given their posts a day; both (countries, days)."""
    total = np.concatenate([np.zeros((len(daily), 1)), np.cumsum(daily, axis=1)], axis=1)[:, :-1]
    before = total - total[:, np.maximum(np.arange(total.shape[1]) - RANKED_DAYS, 0)]
    order = np.argsort(np.argsort(-before, axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray((order < COUNTRIES) & (before > 0), np.int64)
