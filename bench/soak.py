"""A soak: millions of events from a socket into one log, the reader killed again and again.

    python bench/soak.py [--events 10000000] [--kills 50] [--data DIR]

In the end the log must hold every event exactly once, and the gap ledger must call none missed. The reader is a
process of its own, and dies by SIGKILL after a random number of events; the seed is printed, and `--seed` repeats it.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from bench.ingest import started
from voxpop import segment as segments
from voxpop.gaps import GapLedger
from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.sources.bluesky import BlueskySource, Live

READER = "import sys; from bench.soak import read; read(sys.argv[1], sys.argv[2])"


def read(data: str, address: str) -> None:
    """Read for ever."""
    log = Log(Path(data))
    with log.lock():
        asyncio.run(Ingest(log, Rolling()).run([BlueskySource(Live((address,)))]))


def landed(log: Log) -> Iterator[str]:
    for segment in log.segments():
        yield from segments.read(log.landing / segment.path)["post_id"].to_pylist()


def soak(data: Path, events: int, kills: int, seed: int) -> int:
    """Read until everything has landed; answers how often the reader was killed."""
    server, address = started(events)
    log, chance, killed = Log(data), random.Random(seed), 0
    try:
        with tqdm(total=events, unit="event") as bar:
            while (offset := log.tail().offset) < events:
                bar.update(offset - bar.n)
                reader = subprocess.Popen([sys.executable, "-c", READER, str(data), address])
                goal = offset + 1 + chance.randrange(max(1, 2 * events // kills)) if killed < kills else events
                while reader.poll() is None and log.tail().offset < min(goal, events):
                    time.sleep(0.02 + chance.random() * 0.2)
                assert reader.poll() is None, f"the reader ended by itself with {reader.poll()}"
                reader.kill()
                reader.wait()
                killed += 1
    finally:
        server.terminate()
        server.wait()
    return killed


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options.add_argument("--data", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="voxpop-soak-") as throwaway:
        data = given.data or Path(throwaway)
        print(f"seed {given.seed}")
        killed = soak(data, given.events, given.kills, given.seed)
        ids = list(landed(Log(data)))
        states = sorted({gap.state for gap in GapLedger(data).gaps()})
    answer = {"events": given.events, "landed": len(ids), "different": len(set(ids)), "killed": killed, "gaps": states}
    print(json.dumps(answer))
    sys.exit((len(ids), len(set(ids))) != (given.events, given.events) or "missed" in states)


if __name__ == "__main__":
    main()
