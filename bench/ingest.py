"""Events per second from a socket to sealed segments on one core, beside the clients that others use.

    python bench/ingest.py [--events 50000] [--rounds 3]

A server on the loopback, on a core and in a process of its own, sends invented posts as Jetstream, the AT Protocol's
firehose and X do. `voxpop` reads, decodes, de-duplicates and seals them in Parquet. The others keep nothing:
`websockets and json` makes dicts of Jetstream's frames; `atproto` makes its models of the firehose's commits, as its
example does; `tweepy` makes its models of X's lines. The firehose and X have the same posts as Jetstream, so the
figures are posts; but all of Bluesky passes on the firehose, eight times as much as its posts, and Jetstream sends
what it is asked for. Part of Voxpop's X source is the record of what is spent, on the disk before it is, every few
posts: `nothing to pay` is without it, as with prices of 0. The ways take turns, so that whatever else the machine does
falls on each of them alike; one that is not installed is left out. CPU seconds are the reader's own, without the
server's.
"""

import argparse
import asyncio
import importlib
import importlib.util
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import SecretStr

from bench.wire import RULE, started
from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.seams import Source
from voxpop.sources.bluesky import BlueskySource
from voxpop.sources.bluesky import Live as BlueskyLive
from voxpop.sources.x.access import Access
from voxpop.sources.x.listener import Live as XLive
from voxpop.sources.x.source import XSource
from voxpop.sources.x.spend import Limits, Prices, Purse
from voxpop.sources.x.wanted import Rule


def sealed(make: Callable[[Path], Source], events: int) -> None:
    """Read a source until so many events are in sealed segments."""

    async def read(log: Log) -> None:
        ingest = Ingest(log, Rolling())
        reading = asyncio.create_task(ingest.run([make(log.root)]))
        while ingest.account.landed < events and not reading.done():
            await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    with tempfile.TemporaryDirectory() as directory:
        log = Log(Path(directory))
        with log.lock():
            asyncio.run(read(log))
        assert log.tail().offset == events, "every event is in a sealed segment"


def bluesky(address: str, events: int) -> None:
    sealed(lambda root: BlueskySource(BlueskyLive((f"ws://{address}",))), events)


def x(address: str, events: int, prices: Prices = Prices()) -> None:  # noqa: B008 it is frozen
    access = Access(SecretStr("AAAAinvented"), f"http://{address}")
    rules = [Rule(RULE["value"], RULE["tag"].partition(":")[2])]
    rich = Limits(day=10**12, month=10**12)
    sealed(lambda root: XSource(XLive(access, lambda limit: rules, Purse(root, rich), prices)), events)


def x_free(address: str, events: int) -> None:
    x(address, events, Prices(0, 0, 0))


def websockets(address: str, events: int) -> None:
    # They are no dependencies of Voxpop, so type checking must not look for them.
    connect = importlib.import_module("websockets.asyncio.client").connect

    async def read() -> None:
        async with connect(f"ws://{address}/subscribe", compression=None, max_size=None) as socket:
            for _ in range(events):
                json.loads(await socket.recv())

    asyncio.run(read())


def atproto(address: str, events: int) -> None:
    library = importlib.import_module("atproto")
    client = library.FirehoseSubscribeReposClient(base_uri=f"ws://{address}")
    records = 0

    def heard(message: Any) -> None:
        nonlocal records
        commit = library.parse_subscribe_repos_message(message)
        car = library.CAR.from_bytes(commit.blocks)
        for op in commit.ops:
            record = library.models.get_or_create(car.blocks.get(op.cid), strict=False)
            assert record.text
            records += 1
        if records >= events:
            client.stop()

    client.start(heard)
    assert records == events


def tweepy(address: str, events: int) -> None:
    streaming = importlib.import_module("tweepy.streaming")

    class Reader(streaming.StreamingClient):  # type: ignore[name-defined]
        posts = 0

        def _connect(self, method: str, endpoint: str, **parameters: Any) -> None:
            local = f"http://{address}/2/tweets/{endpoint}/stream"
            streaming.BaseStream._connect(self, method, local, **parameters)

        def on_response(self, response: Any) -> None:
            assert response.data.text
            self.posts += 1
            if self.posts == events:
                self.disconnect()

    reader = Reader("AAAAinvented")
    reader.filter(expansions="author_id", tweet_fields="created_at,lang,public_metrics", user_fields="location")
    assert reader.posts == events


Way = Callable[[str, int], None]
WAYS: dict[str, tuple[Way, str]] = {
    "voxpop bluesky, to sealed segments": (bluesky, "voxpop"),
    "websockets and json, kept nowhere": (websockets, "websockets"),
    "atproto firehose, kept nowhere": (atproto, "atproto"),
    "voxpop x, to sealed segments": (x, "voxpop"),
    "voxpop x, nothing to pay": (x_free, "voxpop"),
    "tweepy, kept nowhere": (tweepy, "tweepy"),
}
"""Each way, and the library it needs."""
BESIDE = {
    "voxpop bluesky, to sealed segments": "atproto firehose, kept nowhere",
    "voxpop x, to sealed segments": "tweepy, kept nowhere",
    "voxpop x, nothing to pay": "tweepy, kept nowhere",
}


def timed(address: str, events: int, rounds: int) -> dict[str, tuple[float, float]]:
    """For each way the median of events per second, and of events per second of CPU; the first round is not counted."""
    rates: dict[str, list[tuple[float, float]]] = {}
    for measured in (False, *[True] * rounds):
        for name, (way, needs) in WAYS.items():
            if importlib.util.find_spec(needs):
                wall, cpu = time.perf_counter(), time.process_time()
                way(address, events)
                rate = events / (time.perf_counter() - wall), events / (time.process_time() - cpu)
                rates.setdefault(name, []).extend([rate] if measured else [])
    return {name: (median(wall for wall, _ in each), median(cpu for _, cpu in each)) for name, each in rates.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=50_000)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    server, address = started(given.events, "jetstream", "firehose", "x")
    # Every thread of this process on one core; the server has another.
    os.sched_setaffinity(0, cores[:1])
    os.sched_setaffinity(server.pid, cores[1:] or cores)
    try:
        rates = timed(address, given.events, given.rounds)
    finally:
        server.terminate()
        server.wait()
    print(f"{given.events:,} events, {given.rounds} rounds, one core for the reader, median")
    for name, (wall, cpu) in rates.items():
        print(f"{name:36} {wall:9,.0f} /s {cpu:9,.0f} /s of CPU")
    for ours, other in BESIDE.items():
        if other in rates:
            print(f"{ours}: {rates[ours][0] / rates[other][0]:.2f} times as many a second as {other}")
    print(json.dumps({name: [round(rate) for rate in both] for name, both in rates.items()}))


if __name__ == "__main__":
    main()
