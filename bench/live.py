"""`voxpop run --source bluesky` on a live stream of a known content, killed in the middle: is all there, and how late?

    python bench/live.py [--minutes 10] [--load posts all] [--kills 3] [--capture FILE] [--texts FILE]

A Jetstream on the loopback tells a capture again and again, as new posts of now: `posts` is 60 posts a second and
nothing else, as Jetstream sends what it is asked for; `all` is 2,000 events a second of every kind, with the capture's
share of posts. The command runs as anybody starts it, with the bundled model, a log and a store, and dies by SIGKILL
at random moments; the seed is printed. In the end the log must hold exactly what was sent about posts, each
`(post_id, op, rev)` once, and the store exactly the posts that were not deleted.

Lag is from the moment an event was sent to the moment at which its segment was loaded into the store, both read
afterwards: the first from the event's own time, the second from the store's ledger, on one clock. `steady` leaves out
the events sent from 5 seconds before each kill to 30 after; `all` leaves out none, so its maximum is the longest
time that somebody would have waited. `--capture` holds Jetstream events, a line each, by default the invented ones
of the tests; `--texts` holds a text a line, which English posts then say. Memory and processor are the command's, as
Linux counts them.
"""

import argparse
import asyncio
import gzip
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from aiohttp import ClientError, ClientSession

from bench.traffic import Traffic, posts_of, served
from voxpop import segment as segments
from voxpop.gaps import GapLedger
from voxpop.log import Log

CAPTURE = Path(__file__).parents[1] / "tests" / "fixtures" / "jetstream" / "events_v1.jsonl"
LOADS = {"posts": (60.0, True), "all": (2000.0, False)}
"""Events a second, and whether they are about posts alone."""
STARTING, AROUND = 5.0, 30.0
PATIENCE = 300.0


@dataclass
class Command:
    """The command, started again and again on one data directory."""

    folder: Path
    address: str
    process: subprocess.Popen[bytes] | None = None
    kills: list[float] = field(default_factory=list)
    peak_mb: int = 0
    cpu_seconds: float = 0.0
    port: int = 0
    _cpu: float = 0.0

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    def start(self) -> None:
        """Start it, on a port that is free."""
        settings = self.folder / "voxpop.toml"
        settings.write_text(f'[[sources]]\nkind = "bluesky"\nhosts = ["{self.address}"]\n')
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        words = ["run", "--source", "bluesky", "--data", str(self.data), "--port", str(self.port)]
        with (self.folder / "output").open("ab") as output:
            command = [sys.executable, "-m", "voxpop", *words, "--config", str(settings)]
            self.process = subprocess.Popen(command, stdout=output, stderr=output)

    def look(self) -> None:
        """Note memory and processor time; a command that ended by itself is an error."""
        assert self.process
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "output").read_text())
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        # One that has ended and was not waited for yet has no memory.
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
        self.peak_mb = max(self.peak_mb, int(peak.split()[1]) // 1024)
        ticks = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        self._cpu = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, how: signal.Signals) -> int:
        """Send a signal; answers the exit status."""
        assert self.process
        self.look()
        self.cpu_seconds += self._cpu
        self.process.send_signal(how)
        return self.process.wait(60)

    def kill(self) -> None:
        """SIGKILL, and note when."""
        self.kills.append(time.time())
        self.end(signal.SIGKILL)

    async def is_done(self, client: ClientSession) -> bool:
        """Whether everything that landed is in the store, by the command's own word."""
        try:
            async with client.get(f"http://127.0.0.1:{self.port}/v1/status") as answer:
                status = await answer.json()
        except (ClientError, OSError):
            return False
        return status["pipeline"]["behind_segments"] == 0


async def drive(command: Command, traffic: Traffic, kills: list[float]) -> int:
    """Run the command through the traffic, killed when so many of the events were sent; answers its exit status."""
    goals = [round(traffic.events * kill) for kill in kills]
    log = Log(command.data)
    wanted = sum(traffic.about(number) is not None for number in range(traffic.events))
    command.start()
    while traffic.sent < traffic.events:
        await asyncio.sleep(0.25)
        await asyncio.to_thread(command.look)
        if goals and traffic.sent >= goals[0]:
            goals.pop(0)
            command.kill()
            command.start()
    until = time.monotonic() + PATIENCE
    async with ClientSession() as client:
        while time.monotonic() < until:
            if log.tail().offset >= wanted and await command.is_done(client):
                break
            await asyncio.sleep(0.5)
    await asyncio.sleep(1)
    return command.end(signal.SIGTERM)


def landed(log: Log) -> dict[tuple[str, int], list[tuple[str, str, str]]]:
    """What landed, by segment."""
    found = {}
    for segment in log.segments():
        table = segments.read(log.landing / segment.path)
        columns = (table[name].to_pylist() for name in ("post_id", "op", "rev"))
        found[segment.day, segment.offset] = list(zip(*columns, strict=True))
    return found


def account(command: Command, traffic: Traffic) -> dict[str, Any]:
    """Set what was sent beside log and store."""
    rows = [row for segment in landed(Log(command.data)).values() for row in segment]
    sent = [known for number in range(traffic.events) if (known := traffic.about(number))]
    deleted = {post_id for post_id, op, _ in sent if op == "delete"}
    with duckdb.connect(str(command.data / "store.duckdb"), read_only=True) as store:
        live = {post_id for (post_id,) in store.execute("select post_id from posts where live").fetchall()}
    return {
        "sent": len(sent),
        "landed": len(rows),
        "lost": len(set(sent) - set(rows)),
        "doubled": len(rows) - len(set(rows)),
        "foreign": len(set(rows) - set(sent)),
        "live_in_store": len(live),
        "store_is_exact": live == {post_id for post_id, _, _ in sent} - deleted,
        "gaps_missed": sum(gap.state == "missed" for gap in GapLedger(command.data).gaps()),
    }


def lags(command: Command, traffic: Traffic) -> dict[str, Any]:
    """Seconds from sending to loading, and from each kill to the first load after it."""
    with duckdb.connect(str(command.data / "store.duckdb"), read_only=True) as store:
        ledger = store.execute('select day, "offset", epoch(loaded_at) from ledger').fetchall()
    loaded = {(day, offset): at for day, offset, at in ledger}
    pairs = [
        (traffic.at(int(rev[2:])) / 1e6, loaded[place])
        for place, rows in landed(Log(command.data)).items()
        for _, _, rev in rows
    ]
    sent, late = np.array([at for at, _ in pairs]), np.array([done - at for at, done in pairs])
    steady = sent > traffic.began + AROUND
    for kill in command.kills:
        steady &= (sent < kill - STARTING) | (sent > kill + AROUND)
    back = [round(min(at for at in loaded.values() if at > kill) - kill, 1) for kill in command.kills]
    return {
        "steady": spread(late[steady]),
        "all": spread(late),
        "seconds_from_kill_to_first_load": back,
        "events_in_steady": int(steady.sum()),
    }


def spread(seconds: npt.NDArray[np.float64]) -> dict[str, float]:
    p50, p99, most = (round(float(value), 2) for value in np.percentile(seconds, [50, 99, 100]))
    return {"p50": p50, "p99": p99, "max": most}


async def measured(load: str, given: argparse.Namespace) -> dict[str, Any]:
    rate, only = LOADS[load]
    capture = [json.loads(line) for line in given.capture.read_bytes().splitlines()]
    texts = []
    if given.texts:
        opened = gzip.open if given.texts.suffix == ".gz" else open
        with opened(given.texts, "rt", encoding="utf-8") as lines:
            texts = [line.strip() for line in lines if line.strip()]
    traffic = Traffic(posts_of(capture, only=only), rate, round(given.minutes * 60 * rate), texts)
    chance = random.Random(given.seed)
    kills = sorted(chance.uniform(0.15, 0.85) for _ in range(given.kills))
    with tempfile.TemporaryDirectory(prefix="voxpop-live-") as folder:
        async with served(traffic) as address:
            command = Command(Path(folder), address)
            began = time.monotonic()
            try:
                status = await drive(command, traffic, kills)
            finally:
                if command.process and command.process.poll() is None:
                    command.process.kill()
        seconds = time.monotonic() - began
        return {
            "load": load,
            "minutes": given.minutes,
            "events_per_second": rate,
            "kills": len(command.kills),
            "exit_status": status,
            **account(command, traffic),
            "lag_seconds": lags(command, traffic),
            "peak_mb": command.peak_mb,
            "cores_used": round(command.cpu_seconds / seconds, 2),
        }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--load", nargs="+", choices=list(LOADS), default=list(LOADS))
    options.add_argument("--kills", type=int, default=3)
    options.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options.add_argument("--capture", type=Path, default=CAPTURE)
    options.add_argument("--texts", type=Path)
    given = options.parse_args()
    print(f"seed {given.seed}", flush=True)
    wrong = 0
    for load in given.load:
        answer = asyncio.run(measured(load, given))
        print(json.dumps(answer), flush=True)
        faults = answer["lost"] + answer["doubled"] + answer["foreign"] + answer["gaps_missed"] + answer["exit_status"]
        wrong += bool(faults) or not answer["store_is_exact"]
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
