"""Spark beside the embedded engine on the same segments and the same cores, by the size of a segment."""

import shutil
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from bench.scale.generated import Recombined
from voxpop.engines.embedded import EmbeddedEngine
from voxpop.log import Log
from voxpop.schema import Post, to_batch
from voxpop.score import Job, ModelSpec
from voxpop.seams import Engine
from voxpop.testing import digest

SIZES = (256, 1_024, 4_096, 16_384, 65_536)
WITHIN = 0.10
MORNING = datetime(2026, 11, 19, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Trial:
    """What is scored, and with what: `rows` texts that no other round has, so that no scorer remembers them."""

    scratch: Path
    known: list[str]
    model: ModelSpec
    rows: int
    rounds: int = 1


def landed(trial: Trial, size: int, seed: int) -> Job:
    """A log of the trial's rows in segments of `size`, at least two, and the job over it."""
    root = trial.scratch / f"{size}-{seed}"
    log, tail = Log(root), Log(root).tail()
    recombined = Recombined(trial.known, seed)
    for begin in range(0, max(trial.rows, 2 * size), size):
        posts = [_post(at, recombined.text()) for at in range(begin, begin + size)]
        _, tail = log.append(to_batch(posts), tail, {})
    return Job(log.landing, root / "scored", trial.model)


def _post(number: int, text: str) -> Post:
    return Post(
        post_id=f"bench:{number}", source="bench", text=text, lang="en", created_at=MORNING, received_at=MORNING
    )


def seconds(engine: Engine, job: Job) -> float:
    """Score everything; how long it took."""
    segments = Log(job.landing.parent).segments()
    begun = time.perf_counter()
    for _ in engine.run(job, segments):
        pass
    return time.perf_counter() - begun


def beside(engines: dict[str, Engine], trial: Trial, sizes: Sequence[int] = SIZES) -> list[dict[str, float]]:
    """Each size with the posts per second of each engine, the median of the rounds; the engines take turns.

    Raises:
        AssertionError: two engines wrote other bytes.
    """
    found: list[dict[str, float]] = []
    for size in tqdm(sizes, desc="segment sizes", disable=None):
        taken: dict[str, list[float]] = {name: [] for name in engines}
        for turn in range(trial.rounds):
            job = landed(trial, size, seed=1_000 * turn + size)
            rows = max(trial.rows, 2 * size)
            digests = set()
            for name, engine in engines.items():
                own = replace(job, scored=job.landing.parent / name)
                taken[name].append(rows / seconds(engine, own))
                digests.add(digest(own.scored))
            assert len(digests) == 1, f"engines differ in what they wrote for segments of {size}"
            shutil.rmtree(job.landing.parent)
        found.append({"size": size, **{name: statistics.median(rates) for name, rates in taken.items()}})
    return found


def first(engine: Engine, trial: Trial) -> float:
    """How long the first segment takes: workers start and open the model."""
    job = landed(replace(trial, rows=1), 1, seed=1)
    taken = seconds(engine, job)
    shutil.rmtree(job.landing.parent)
    return taken


def worth_it(found: Sequence[dict[str, float]], name: str) -> int | None:
    """The least size from which on an engine is less than 10 % slower than the embedded one; None where it never is."""
    least = None
    for line in sorted(found, key=lambda line: -line["size"]):
        if line[name] < line["embedded"] / (1 + WITHIN):
            break
        least = int(line["size"])
    return least


def embedded(trial: Trial) -> Engine:
    """The engine to compare with, its model open."""
    trial.model.open()
    return EmbeddedEngine()
