"""How often alerts are false, and how late true ones are, on invented histories.

    make bench-alerts ARGS='--topics 40 --weeks 12 --plot docs/img/alerts.png'

First table: histories without any change but hours of the day and of the week and a rate that wanders; every alert is
false. Topics are independent, and so are the weeks but for what is learned; the interval is Poisson's, 95 %.

Second table: a shift of known size begins at a time drawn at random after six weeks and lasts six hours. Told is how
many are found in these six hours, and the median delay from its beginning to when the alert is known.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import numpy as np

from bench.replays import FIRST_DAY, Shift, World, replay
from voxpop.insight.alerts import Alert
from voxpop.insight.detection import Detection
from voxpop.insight.pulse import EPOCH, STEP, STEPS, STEPS_A_DAY, Pulse

WORLDS = {
    "20 posts a day": World(20),
    "200 a day": World(200),
    "2,000 a day": World(2_000),
    "20,000 a day": World(20_000),
    "200,000 a day, calm": World(200_000, spread=0.05),
    "2,000 a day, Poisson": World(2_000, spread=1e-4),
    "2,000 a day, bursts of half an hour": World(2_000, spread=0.5, hours=0.5),
    "2,000 a day, waves of six hours": World(2_000, spread=0.3, hours=6),
    "2,000 a day, days apart by ten": World(2_000, hours=12, cycle=1.2),
    "2,000 a day, five minutes on their own": World(2_000, hours=0, spread=0.2),
}
SHIFTED = {"200 posts a day": World(200), "2,000 a day": World(2_000), "20,000 a day": World(20_000)}
TIMES = (1.5, 2.0, 3.0, 5.0, 10.0)
NETS = (0.1, 0.2, 0.3, 0.5)
LASTING = 6 * STEPS
WEEKS = 8


def found(pulse: Pulse, days: int) -> list[Alert]:
    """The alerts of topics in a history of so many days, without those of all posts together."""
    detection = Detection(pulse)
    closed = list(detection.days(FIRST_DAY, EPOCH + timedelta(days=FIRST_DAY + days)))
    return [alert for alert in [*closed, *detection.current] if alert.topic != "*"]


def false_alarms(topics: int, weeks: int) -> Iterator[str]:
    """The rows of the first table."""
    yield "| history | a topic and week | 95 % interval | in the first week | of which volume |"
    yield "|---|---|---|---|---|"
    for seed, (name, world) in enumerate(WORLDS.items()):
        alerts = found(replay(world, topics, weeks, seed), weeks * 7)
        first = sum(alert.first.end < EPOCH + timedelta(days=FIRST_DAY + 7) for alert in alerts)
        low, high = (bound / topics / weeks for bound in interval(len(alerts)))
        volume = sum(alert.measure == "volume" for alert in alerts) / max(len(alerts), 1)
        rate = len(alerts) / topics / weeks
        yield f"| {name} | {rate:.3f} | {low:.3f} to {high:.3f} | {first / topics:.2f} | {volume:.0%} |"


def interval(count: int) -> tuple[float, float]:
    """An interval of 95 % for a mean, by the square root (Freeman and Tukey 1950)."""
    return max((np.sqrt(count) - 0.98) ** 2 * (count > 0), 0), float((np.sqrt(count + 1) + 0.98) ** 2)


def delay(world: World, topics: int, shift: Shift, seed: int) -> tuple[float, float | None]:
    """The share of topics in which a shift is found while it lasts, and the median delay of all in minutes."""
    begins = EPOCH + timedelta(days=FIRST_DAY) + shift.at * STEP
    known: dict[str, float] = {}
    for alert in found(replay(world, topics, WEEKS, seed, shift), WEEKS * 7):
        late = (alert.first.end - begins) / timedelta(minutes=1)
        wanted = "volume" if shift.times != 1 else "net"
        if alert.measure == wanted and 0 < late <= shift.steps * 5:
            known[alert.topic] = min(late, known.get(alert.topic, late))
    share = len(known) / topics
    every = sorted([*known.values(), *[float("inf")] * (topics - len(known))])
    middle = every[topics // 2]
    return share, None if middle == float("inf") else middle


def delays(topics: int) -> dict[str, dict[str, list[tuple[float, float, float | None]]]]:
    """By measure and world: size of the shift, share found, median delay."""
    curves: dict[str, dict[str, list[tuple[float, float, float | None]]]] = {"volume": {}, "net": {}}
    for world_seed, (name, world) in enumerate(SHIFTED.items()):
        for measure, sizes in (("volume", TIMES), ("net", NETS)):
            for seed, size in enumerate(sizes):
                at = int(
                    np.random.default_rng([world_seed, seed]).integers(6 * 7, 7 * 7) * STEPS_A_DAY + 7 * seed + 150
                )
                shift = Shift(at, LASTING, size) if measure == "volume" else Shift(at, LASTING, net=-size)
                curve = curves[measure].setdefault(name, [])
                curve.append((size, *delay(world, topics, shift, 100 * world_seed + seed)))
    return curves


def rows(curves: dict[str, dict[str, list[tuple[float, float, float | None]]]]) -> Iterator[str]:
    """The second table."""
    yield "| shift of six hours | " + " | ".join(SHIFTED) + " |"
    yield "|---|" + "---|" * len(SHIFTED)
    for measure, worlds in curves.items():
        for at in range(len(next(iter(worlds.values())))):
            cells = [worlds[name][at] for name in SHIFTED]
            size = (
                f"{cells[0][0]:g} times the posts" if measure == "volume" else f"net sentiment {cells[0][0]:.1f} lower"
            )
            told = (f"{share:.0%}" + (f", {late:.0f} min" if late is not None else "") for _, share, late in cells)
            yield f"| {size} | " + " | ".join(told) + " |"


def plot(curves: dict[str, dict[str, list[tuple[float, float, float | None]]]], path: Path) -> None:
    """The curves as a picture; needs Matplotlib, which the extra `train` has."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for axis, (measure, worlds) in zip(axes, curves.items(), strict=True):
        for name, curve in worlds.items():
            known = [(size, late) for size, _, late in curve if late is not None]
            axis.plot([size for size, _ in known], [late for _, late in known], marker="o", label=name)
        axis.set_xlabel("times the posts" if measure == "volume" else "fall of net sentiment")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("median delay, minutes")
    axes[0].set_yscale("log")
    axes[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topics", type=int, default=40, help="independent histories of each kind")
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--plot", type=Path, default=None)
    given = parser.parse_args()
    begun = perf_counter()
    print(f"{given.topics} topics over {given.weeks} weeks each\n")
    for line in false_alarms(given.topics, given.weeks):
        print(line, flush=True)
    print()
    curves = delays(given.topics)
    print("\n".join(rows(curves)))
    if given.plot:
        plot(curves, given.plot)
    print(f"\n{perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
