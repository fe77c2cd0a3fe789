"""What Spark and Dask cost, what they bring, and how far they go; the figures of docs/scale.md.

    make bench-spark ARGS='--posts 200000'

Parts, each of which `--only` can choose:

    overhead   engines on the same segments and cores by the size of a segment, and their start-up
    scaling    one worker against all
    naive      transformers.pipeline in a pandas UDF on the same rows (needs the train extra)
    stages     posts in JSONL files through ingest, run and rebuild: posts/s, memory, bytes, a plot of the memory
    paper      what 10, 100 and 1,000 executors would do with 500 million posts a day

Posts are texts of `--streams` (export files) cut and joined anew, or of the bundled recording where there are none.
The stages score with `--model lexicon` unless told otherwise: the transformer takes hours for ten million posts on two
cores, and its rate is what the part `overhead` measures. Needs the extras `spark` and `dask`, and a quiet machine.
"""

import argparse
import importlib.util
import json
import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.scale import engines, generated, memory, naive, paper, stages
from bench.scale.engines import Trial
from voxpop import models
from voxpop.dask import client as dask
from voxpop.engines.dask import DaskEngine
from voxpop.engines.spark import SparkEngine
from voxpop.score import ModelSpec
from voxpop.seams import Engine
from voxpop.spark.session import Cluster, opened

CORES = len(os.sched_getaffinity(0))
REPORT: list[str] = []
PARTS = ("overhead", "scaling", "naive", "stages", "paper")


def say(line: str) -> None:
    """Print a line of the report, which is Markdown, and keep it for `--out`."""
    print(line, flush=True)
    REPORT.append(line)


@contextmanager
def spark(cores: int) -> Iterator[Any]:
    with opened(Cluster(f"local[{cores}]", {"spark.driver.memory": "2g"})) as session:
        yield session


def overhead(trial: Trial, given: argparse.Namespace) -> dict[str, Any]:
    starts: dict[str, float] = {}
    with ExitStack() as stack:

        def started(name: str, make: Callable[[], Engine]) -> Engine:
            begun = time.perf_counter()
            engine = make()
            engines.first(engine, trial)
            starts[name] = time.perf_counter() - begun
            return engine

        ways = {
            "embedded": started("embedded", lambda: engines.embedded(trial)),
            "spark": started("spark", lambda: SparkEngine(stack.enter_context(spark(CORES)))),
            "dask": started("dask", lambda: DaskEngine(stack.enter_context(dask.opened(workers=CORES)))),
        }
        found = engines.beside(ways, trial, given.sizes)
    say("\n## Engines by the size of a segment\n")
    say(f"{trial.rows:,} rows a size, {CORES} cores, {trial.rounds} rounds, posts/s.\n")
    say("| rows a segment | embedded | Spark | | Dask | |\n|---|---|---|---|---|---|")
    for line in found:
        base, by_spark, by_dask = (line[name] for name in ("embedded", "spark", "dask"))
        say(
            f"| {line['size']:,.0f} | {base:,.0f} | {by_spark:,.0f} | {by_spark / base - 1:+.0%} "
            f"| {by_dask:,.0f} | {by_dask / base - 1:+.0%} |"
        )
    enough = {name: engines.worth_it(found, name) for name in ("spark", "dask")}
    told = {name: f"{size:,} rows" if size else "none of these sizes" for name, size in enough.items()}
    say(f"\nLess than 10 % slower than embedded from: Spark {told['spark']}, Dask {told['dask']}")
    say("\nStart-up with the model, seconds: " + ", ".join(f"{name} {took:.1f}" for name, took in starts.items()))
    return {"sizes": found, "within_10_percent_from": enough, "start_seconds": starts}


def scaling(trial: Trial, given: argparse.Namespace) -> dict[str, Any]:
    rates: dict[str, dict[int, float]] = {"spark": {}, "dask": {}}
    size = min(4_096, max(1, trial.rows // 8))
    for workers in sorted({1, CORES}):
        with spark(workers) as session:
            engine: Engine = SparkEngine(session)
            engines.first(engine, trial)
            rates["spark"][workers] = engines.beside({"spark": engine}, trial, [size])[0]["spark"]
        with dask.opened(workers=workers) as client:
            engine = DaskEngine(client)
            engines.first(engine, trial)
            rates["dask"][workers] = engines.beside({"dask": engine}, trial, [size])[0]["dask"]
    say(f"\n## One worker and {CORES}\n")
    say(f"{trial.rows:,} rows in segments of {size:,}, posts/s by the number of workers.\n")
    for name, by_workers in rates.items():
        told = ", ".join(f"{workers}: {rate:,.0f}" for workers, rate in by_workers.items())
        say(f"* {name}: {told} ({by_workers[CORES] / by_workers[1]:.2f} x)")
    return {name: {str(workers): rate for workers, rate in found.items()} for name, found in rates.items()}


def against_naive(trial: Trial, given: argparse.Namespace) -> dict[str, Any]:
    if not importlib.util.find_spec("torch"):
        say("\nthe part naive is left out: it needs PyTorch, which `make training` adds")
        return {}
    recombined = generated.Recombined(trial.known, seed=3)
    texts = [recombined.text() for _ in range(given.naive_rows)]
    with spark(CORES) as session:
        theirs = naive.classified(session, texts, CORES, given.weights)
        ours = naive.scored(session, texts, CORES)
    say(f"\n## Beside the naive way\n\n{given.naive_rows:,} rows, one Spark session on {CORES} cores, posts/s.\n")
    told = f"`transformers.pipeline` in a pandas UDF {theirs:,.0f}, `voxpop.spark.score` {ours:,.0f}"
    say(f"{told}: {ours / theirs:.1f} x")
    return {"pandas_udf": theirs, "voxpop": ours}


def through_stages(trial: Trial, given: argparse.Namespace) -> dict[str, Any]:
    data = trial.scratch / "data"
    paths = generated.written(trial.scratch / "files", given.posts, given.streams)
    size = sum(path.stat().st_size for path in paths)
    done = stages.run(paths, data, given.flags.split(), given.model)
    say(f"\n## {given.posts:,} posts through the commands\n\n{size / 1e9:.2f} GB of JSONL, `--model {given.model}`.\n")
    for name, arguments in stages.told(given.flags, given.model).items():
        say(f"* {name}: `{arguments}`")
    say("")
    say("| stage | seconds | posts/s | peak memory, GiB |\n|---|---|---|---|")
    for name, took in done.seconds.items():
        say(f"| {name} | {took:,.1f} | {given.posts / took:,.0f} | {done.peaks[name]:.2f} |")
    say("\nWritten: " + ", ".join(f"{name} {count / 1e9:.3f} GB" for name, count in done.written.items()))
    say(f"\nIngest: {json.dumps(done.answers['ingest'])}")
    memory.plot(done.memory, given.plot, f"{given.posts:,} posts, {CORES} cores: memory of all processes")
    say(f"\n![memory of all processes over time]({given.plot.parent.name}/{given.plot.name})")
    told = {"seconds": done.seconds, "peak_gib": done.peaks, "bytes": done.written, "answers": done.answers}
    return {"posts": given.posts, "input_bytes": size, "segments": done.segments, **told}


def on_paper(trial: Trial, given: argparse.Namespace, so_far: dict[str, Any]) -> dict[str, Any]:
    with spark(CORES) as session:
        task = paper.task(session)
    listed = {count: paper.listing(trial.scratch, count) for count in (1_000, 10_000, 100_000)}
    rate = max(line["spark"] for line in so_far["overhead"]["sizes"]) / CORES
    passed = so_far["stages"]
    load = passed["seconds"]["rebuild"] / passed["posts"]
    costs = paper.Costs(rate, task, listed[100_000] / 100_000, load)
    say("\n## 500 million posts a day, on paper\n")
    say(f"Measured: {rate:,.0f} posts/s a core, {task * 1e3:.1f} ms a task, {load * 1e6:.0f} µs to load a post.")
    told = ", ".join(f"{count:,} segments {took * 1e3:,.1f} ms" for count, took in listed.items())
    say(f"What is missing on a day of {told}.\n\nHours for the posts of one day, each part by itself:\n")
    say("| rows a segment | executors | scoring | driver: tasks | driver: listing | one store | it waits for |")
    say("|---|---|---|---|---|---|---|")
    for size in (4_096, 65_536):
        for line in paper.table(costs, size):
            hours = " | ".join(f"{line[part] / 3600:,.2f}" for part in ("scoring", "tasks", "listing", "store"))
            say(f"| {size:,} | {line['executors']:,} | {hours} | {paper.longest(line)} |")
    return {"costs": costs.__dict__, "listing_seconds": {str(count): took for count, took in listed.items()}}


def parsed() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--posts", type=int, default=1_000_000, help="posts of the part stages")
    options.add_argument("--rows", type=int, default=65_536, help="rows of a size in overhead and scaling")
    options.add_argument("--naive-rows", type=int, default=8_192)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--sizes", type=int, nargs="+", default=list(engines.SIZES))
    options.add_argument("--model", default="lexicon", help="model of the part stages")
    options.add_argument("--flags", default="--engine spark", help="engine of the part stages")
    options.add_argument("--weights", type=Path, help="fine-tuned classifier for the part naive")
    options.add_argument("--streams", type=Path, default=Path("../shared/data/streams"))
    options.add_argument("--scratch", type=Path, help="where files and log go; kept [default: thrown away]")
    options.add_argument("--plot", type=Path, default=Path("docs/img/scale-memory.png"))
    options.add_argument("--out", type=Path, help="write the report here, such as docs/scale-measured.md")
    options.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS))
    return options.parse_args()


def main() -> None:
    given = parsed()
    if "paper" in given.only and not {"overhead", "stages"} <= set(given.only):
        sys.exit("the part paper computes from overhead and stages; choose them, too")
    say("<!-- Written by bench/spark.py. -->\n# Scale, as measured\n")
    say(f'`make bench-spark ARGS="{shlex.join(sys.argv[1:])}"`\n')
    say(f"{CORES} cores, {platform.machine()}, load average {os.getloadavg()[0]:.1f} at the beginning.")
    with tempfile.TemporaryDirectory(prefix="voxpop-scale-") as throwaway:
        scratch = given.scratch or Path(throwaway)
        spec = ModelSpec("onnx", models.find("en-small"), CORES)
        trial = Trial(scratch, generated.texts(given.streams), spec, given.rows, given.rounds)
        parts = {"overhead": overhead, "scaling": scaling, "naive": against_naive, "stages": through_stages}
        found: dict[str, Any] = {name: part(trial, given) for name, part in parts.items() if name in given.only}
        if "paper" in given.only:
            found["paper"] = on_paper(trial, given, found)
    if given.out:
        given.out.write_text("\n".join(REPORT) + "\n", encoding="utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
