"""How often alerts of a topic's countries are false, and how late true ones are, on invented histories.

    make bench-countries ARGS='--topics 12 --weeks 8'

First table: topics with thirty countries each, on their own clocks, of which most have few posts, and nothing happens
in any. Every alert is false. Told are those of all countries of a topic together, those of one of the ten that are
looked at, and those that a reader sees of the topic, its own and its countries'.

Second table: a shift of six hours in one country of each topic, the first or tenth by posts. Told is in how many
topics that country's alert is found while it lasts, and the median delay from its beginning.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter

from bench.alerts import found, interval
from bench.replays import FIRST_DAY, Nations, Shift, World, replay_nations
from voxpop.insight.alerts import Alert
from voxpop.insight.pulse import COUNTRIES, EPOCH, STEP, STEPS, STEPS_A_DAY

WORLDS = {
    "200 posts a day": Nations(World(200)),
    "2,000 a day": Nations(World(2_000)),
    "20,000 a day": Nations(World(20_000)),
    "200,000 a day, calm": Nations(World(200_000, spread=0.05), spread=0.05),
    "2,000 a day, countries alike": Nations(World(2_000), steep=0),
    "2,000 a day, Poisson": Nations(World(2_000, spread=1e-4), spread=1e-4),
    "2,000 a day, bursts of half an hour": Nations(World(2_000, hours=0.5, spread=0.3), spread=0.5),
    "2,000 a day, waves of six hours": Nations(World(2_000, hours=6, spread=0.2), spread=0.3),
    "2,000 a day, days apart by ten": Nations(World(2_000, hours=12, cycle=1.2)),
    "2,000 a day, three posts at once": Nations(World(2_000), swarm=3),
    "2,000 a day, ten posts at once": Nations(World(2_000), swarm=10),
}
SHIFTED = {"2,000 a day": WORLDS["2,000 a day"], "20,000 a day": WORLDS["20,000 a day"]}
PLACES = {"first": 0, "tenth": 9}
SHIFTS = {
    "3 times the posts": Shift(0, 6 * STEPS, times=3),
    "5 times the posts": Shift(0, 6 * STEPS, times=5),
    "10 times the posts": Shift(0, 6 * STEPS, times=10),
    "net sentiment 0.3 lower": Shift(0, 6 * STEPS, net=-0.3),
    "net sentiment 0.5 lower": Shift(0, 6 * STEPS, net=-0.5),
}
BEGINS = 5 * 7 * STEPS_A_DAY + 150


def false_alarms(topics: int, weeks: int) -> Iterator[str]:
    """The rows of the first table."""
    yield "| history | a topic's countries, a week | 95 % interval | one country | with the topic's own | worst week |"
    yield "|---|---|---|---|---|---|"
    for seed, (name, nations) in enumerate(WORLDS.items()):
        alerts = found(replay_nations(nations, topics, weeks, seed), weeks * 7)
        own = [alert for alert in alerts if alert.country]
        low, high = (bound / topics / weeks for bound in interval(len(own)))
        rate, every = (len(some) / topics / weeks for some in (own, alerts))
        worst = max(_in_week(own, week) for week in range(weeks)) / topics
        yield (
            f"| {name} | {rate:.3f} | {low:.3f} to {high:.3f} | {rate / COUNTRIES:.4f} | {every:.3f} | {worst:.2f} |"
        )


def _in_week(alerts: list[Alert], week: int) -> int:
    begins = EPOCH + timedelta(days=FIRST_DAY + 7 * week)
    return sum(begins < alert.first.end <= begins + timedelta(days=7) for alert in alerts)


def delay(nations: Nations, topics: int, shift: Shift, place: int) -> str:
    """In how many topics the shift in a country is found while it lasts, and the median delay if in half of them."""
    begins = EPOCH + timedelta(days=FIRST_DAY) + shift.at * STEP
    known: dict[str, float] = {}
    for alert in found(replay_nations(nations, topics, 6, 7 + place, (shift, place)), 6 * 7):
        late = (alert.first.end - begins) / timedelta(minutes=1)
        wanted = "volume" if shift.times != 1 else "net"
        if alert.country == f"{place:02d}" and alert.measure == wanted and 0 < late <= shift.steps * 5:
            known[alert.topic] = min(late, known.get(alert.topic, late))
    every = sorted([*known.values(), *[float("inf")] * (topics - len(known))])
    middle = every[topics // 2]
    return f"{len(known) / topics:.0%}" + ("" if middle == float("inf") else f", {middle:.0f} min")


def rows(topics: int) -> Iterator[str]:
    """The second table."""
    columns = [(nations, place) for nations in SHIFTED.values() for place in PLACES.values()]
    names = [f"{place} of {name}" for name in SHIFTED for place in PLACES]
    posts = [f"{nations.per_day[place]:.0f}" for nations, place in columns]
    titles = (f"{name} ({count} posts)" for name, count in zip(names, posts, strict=True))
    yield f"| shift of six hours | {' | '.join(titles)} |"
    yield "|---|" + "---|" * len(columns)
    for name, shift in SHIFTS.items():
        told = (
            delay(nations, topics, Shift(BEGINS, shift.steps, shift.times, shift.net), place)
            for nations, place in columns
        )
        yield f"| {name} | {' | '.join(told)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topics", type=int, default=12, help="independent topics of each kind")
    parser.add_argument("--weeks", type=int, default=8)
    given = parser.parse_args()
    begun = perf_counter()
    print(f"{given.topics} topics of {WORLDS['2,000 a day'].count} countries each, over {given.weeks} weeks\n")
    for line in false_alarms(given.topics, given.weeks):
        print(line, flush=True)
    print()
    for line in rows(given.topics):
        print(line, flush=True)
    print(f"\n{perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
