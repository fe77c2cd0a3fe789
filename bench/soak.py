"""A soak: millions of events from a socket into one log, the reader killed again and again.

    python bench/soak.py [--events 10000000] [--kills 10] [--data DIR]

In the end the log must hold exactly what the server sent: each event's `(post_id, op, rev)` once, and no other; and the
gap ledger must call none missed. The reader is a process of its own, and dies by SIGKILL after a random number of
events; the seed is printed, and `--seed` repeats it. Also said: events a second over all, from the first start to the
last event, kills and restarts included; the most memory that a reader had, as Linux counts it (`VmHWM`), and
the part of it that no file backs (`RssAnon`); and for each start the seconds from its process to the first new segment.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from bench.wire import identity, started
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
        asyncio.run(Ingest(log, Rolling()).run([BlueskySource(Live((f"ws://{address}",)))]))


def memory(pid: int) -> dict[str, int]:
    """The process's `VmHWM` and `RssAnon` in MB; empty where there is no such process, or no Linux."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split(":") for line in lines if line.startswith(("VmHWM", "RssAnon")))
    return {name: int(value.split()[0]) // 1024 for name, value in pairs}


def mismatch(log: Log, events: int) -> dict[str, int]:
    """How many events landed twice or more, never, or were not sent; an event's number is in its rev."""
    times, foreign = np.zeros(events, np.uint8), 0
    for segment in log.segments():
        table = segments.read(log.landing / segment.path)
        for row in zip(*(table[name].to_pylist() for name in ("post_id", "op", "rev")), strict=True):
            number = int(row[2][2:]) if row[2] and row[2][2:].isdecimal() else events
            if number < events and identity(number) == row:
                times[number] += 1
            else:
                foreign += 1
    return {"doubled": int((times > 1).sum()), "lost": int((times == 0).sum()), "foreign": foreign}


@dataclass
class Soak:
    """The readers of one log, one after the other."""

    log: Log
    address: str
    events: int
    chance: random.Random
    killed: int = 0
    starts: list[float] = field(default_factory=list)
    peak: dict[str, int] = field(default_factory=dict)

    def live(self, goal: int, bar: tqdm) -> None:  # type: ignore[type-arg]
        """One reader, from its start until the log has so many events; then it is killed."""
        began, first = time.perf_counter(), self.log.tail().offset
        reader = subprocess.Popen([sys.executable, "-c", READER, str(self.log.root), self.address])
        heard = False
        while (offset := self.log.tail().offset) < min(goal, self.events):
            assert reader.poll() is None, f"the reader ended by itself with {reader.poll()}"
            bar.update(offset - bar.n)
            if offset > first and not heard:
                heard = True
                self.starts.append(round(time.perf_counter() - began, 1))
            self.peak = {name: max(size, self.peak.get(name, 0)) for name, size in memory(reader.pid).items()}
            time.sleep(0.05 + self.chance.random() * 0.2)
        reader.kill()
        reader.wait()
        self.killed += 1
        bar.update(self.log.tail().offset - bar.n)

    def run(self, kills: int) -> float:
        """Read until everything has landed; answers the seconds it took."""
        began = time.perf_counter()
        with tqdm(total=self.events, unit="event", mininterval=5) as bar:
            for _ in range(kills):
                if (offset := self.log.tail().offset) < self.events:
                    self.live(offset + 1 + self.chance.randrange(max(1, 2 * self.events // (kills + 1))), bar)
            if self.log.tail().offset < self.events:
                self.live(self.events, bar)
        return time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--kills", type=int, default=10)
    options.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options.add_argument("--data", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="voxpop-soak-") as throwaway:
        log = Log(given.data or Path(throwaway))
        print(f"seed {given.seed}")
        server, address = started(given.events)
        try:
            soak = Soak(log, address, given.events, random.Random(given.seed))
            seconds = soak.run(given.kills)
        finally:
            server.terminate()
            server.wait()
        found = mismatch(log, given.events)
        states = sorted({gap.state for gap in GapLedger(log.root).gaps()})
        answer = {
            "events": given.events,
            "landed": log.tail().offset,
            **found,
            "killed": soak.killed,
            "gaps": states,
            "events_per_second": round(given.events / seconds),
            "start_seconds": soak.starts,
            "peak_mb": soak.peak,
            "segments": len(log.segments()),
        }
    print(json.dumps(answer))
    sys.exit(any(found.values()) or "missed" in states)


if __name__ == "__main__":
    main()
