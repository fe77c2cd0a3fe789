"""Events per second from a socket to sealed segments on one core, beside a plain reading of the same socket.

    python bench/ingest.py [--events 100000] [--rounds 3]

A server on the loopback, in a process of its own, sends invented posts as Jetstream does. `voxpop` reads, decodes,
de-duplicates and seals them in Parquet; `websockets and json` reads them and makes dicts, and keeps nothing. The ways
take turns, so that whatever else the machine does falls on each of them alike. `websockets` is left out where it is
not installed. CPU seconds are the reader's own, without the server's.
"""

import argparse
import asyncio
import importlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import WSMsgType, web

from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.sources.bluesky import BlueskySource, Live

SERVER = "import asyncio, sys; from bench.ingest import serve; asyncio.run(serve(int(sys.argv[1])))"


def frame(number: int, began: int) -> bytes:
    """A post like no other, in the wire's exact form, a millisecond after the one before."""
    text = f"invented post {number}: the ferry was late again, and the heron did not mind at all"
    record = {"$type": "app.bsky.feed.post", "createdAt": "2026-11-18T11:06:39.699Z", "langs": ["en"], "text": text}
    commit = {
        "rev": f"3n{number:011d}",
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"3m{number:011d}",
        "record": record,
        "cid": "bafyrei" + "a" * 52,
    }
    event = {"did": f"did:plc:{number % 997:024d}", "time_us": began + number * 1000, "kind": "commit"}
    return json.dumps({**event, "commit": commit}, separators=(",", ":")).encode()


async def serve(events: int) -> None:
    """Send frames from the cursor on to whoever connects; prints the port. The last of them passes now."""
    began = time.time_ns() // 1000 - events * 1000

    async def subscribe(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        first = max(0, (int(request.query.get("cursor", 0)) - began) // 1000)
        for number in range(first, events):
            await socket.send_frame(frame(number, began), WSMsgType.TEXT)
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/subscribe", subscribe)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def started(events: int) -> tuple[subprocess.Popen[str], str]:
    """The server's process and address."""
    command = [sys.executable, "-c", SERVER, str(events)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, f"ws://127.0.0.1:{int(process.stdout.readline())}"


async def ours(address: str, events: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = Log(Path(directory))
        with log.lock():
            ingest = Ingest(log, Rolling())
            reading = asyncio.create_task(ingest.run([BlueskySource(Live((address,)))]))
            while ingest.account.landed < events and not reading.done():
                await asyncio.sleep(0.01)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        assert log.tail().offset == events, "every event is in a sealed segment"


async def plain(address: str, events: int) -> None:
    # It is no dependency of Voxpop, so type checking must not look for it.
    connect = importlib.import_module("websockets.asyncio.client").connect
    async with connect(f"{address}/subscribe", compression=None, max_size=None) as socket:
        for _ in range(events):
            json.loads(await socket.recv())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    # Every thread of this process on one core; the server keeps the others.
    server, address = started(given.events)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    ways: dict[str, Callable[[str, int], Awaitable[None]]] = {"voxpop, to sealed segments": ours}
    if importlib.util.find_spec("websockets"):
        ways["websockets and json, kept nowhere"] = plain
    walls: dict[str, list[float]] = {name: [] for name in ways}
    cpus: dict[str, list[float]] = {name: [] for name in ways}
    try:
        for _ in range(given.rounds):
            for name, way in ways.items():
                wall, cpu = time.perf_counter(), time.process_time()
                asyncio.run(way(address, given.events))  # type: ignore[arg-type]
                walls[name].append(given.events / (time.perf_counter() - wall))
                cpus[name].append(given.events / (time.process_time() - cpu))
    finally:
        server.terminate()
        server.wait()
    print(f"{given.events:,} events, {given.rounds} rounds, one core for the reader, median")
    for name in ways:
        print(f"{name:36} {statistics.median(walls[name]):9,.0f} /s {statistics.median(cpus[name]):9,.0f} /s of CPU")
    print(json.dumps({name: round(statistics.median(rates)) for name, rates in cpus.items()}))


if __name__ == "__main__":
    main()
