"""`POST /v1/score` over HTTP beside the scorer alone, and beside what people write with transformers.pipeline.

    python bench/api.py [--seconds 5] [--clients 1 4 16 64] [--weights RUN/best] [--rounds 3]

Both services run in a process of their own on the loopback, each with one thread for its model; the clients share the
machine with them. One post a request at rising numbers of clients, each of which sends its next post when it has its
answer, and 256 posts a request from two. The scorer alone scores the same posts in batches of 256 in this process.
The ways take turns. Nothing is remembered, so each post is scored anew. Needs the `train` extra.
"""

import argparse
import asyncio
import itertools
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import uvicorn
from aiohttp import ClientError, ClientSession
from fastapi import FastAPI

from bench.score import RUN, obvious, recorded
from voxpop import models
from voxpop.api.app import Service, create_api
from voxpop.scorers.onnx import OnnxScorer
from voxpop.topics import Matcher

BATCH = 256
OURS, PLAIN = "voxpop", "FastAPI + transformers.pipeline"
PATHS = {OURS: "/v1/score", PLAIN: "/score"}
PATIENCE = 120.0


def scorer() -> OnnxScorer:
    # From memory the second round would cost nothing.
    return OnnxScorer.open(models.find("en-small"), remembered=0)


def voxpop() -> FastAPI:
    absent: Any = None
    return create_api(Service(store=absent, scorer=scorer(), topics=Matcher([]), notice=None, status=dict))


def plain(weights: Path | None) -> FastAPI:
    """What a tutorial shows: one function, one pipeline."""
    api, (_, classify) = FastAPI(), obvious(weights, 1)

    @api.post("/score")
    def score(texts: dict[str, Any]) -> Any:
        return classify(texts["texts"])

    return api


@contextmanager
def serving(name: str, weights: Path | None) -> Iterator[str]:
    """A service in a process of its own, until the block ends; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, __file__, "--serve", name, str(port)]
    process = subprocess.Popen([*command, *(["--weights", str(weights)] if weights else [])])
    try:
        asyncio.run(answered(f"http://127.0.0.1:{port}/openapi.json"))
        yield f"http://127.0.0.1:{port}{PATHS[name]}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def answered(url: str) -> None:
    end = time.monotonic() + PATIENCE
    async with ClientSession() as session:
        while time.monotonic() < end:
            try:
                async with session.get(url):
                    return
            except ClientError:
                await asyncio.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


async def asked(url: str, bodies: Sequence[bytes], clients: int, seconds: float) -> tuple[int, list[float]]:
    """Requests answered within the time, and how long each took in milliseconds."""
    taken: list[float] = []
    queue = itertools.cycle(bodies)
    headers = {"content-type": "application/json"}

    async def client(session: ClientSession, end: float) -> None:
        while (begun := time.perf_counter()) < end:
            async with session.post(url, data=next(queue), headers=headers) as response:
                await response.read()
                response.raise_for_status()
            taken.append(1000 * (time.perf_counter() - begun))

    async with ClientSession() as session:
        end = time.perf_counter() + seconds
        await asyncio.gather(*(client(session, end) for _ in range(clients)))
    return len(taken), taken


def measured(url: str, posts: Sequence[Sequence[str]], clients: int, seconds: float) -> tuple[float, list[float]]:
    """Posts a second, and the milliseconds of each request."""
    bodies = [json.dumps({"texts": texts, "any_language": True}).encode() for texts in posts]
    begun = time.perf_counter()
    answers, taken = asyncio.run(asked(url, bodies, clients, seconds))
    return answers * len(posts[0]) / (time.perf_counter() - begun), taken


def alone(score: OnnxScorer, batches: Sequence[Sequence[str]], seconds: float) -> tuple[float, list[float]]:
    taken: list[float] = []
    begun = time.perf_counter()
    for batch in itertools.cycle(batches):
        before = time.perf_counter()
        score(pa.record_batch([pa.array(batch, pa.string())], names=["text"]))
        taken.append(1000 * (time.perf_counter() - before))
        if time.perf_counter() - begun > seconds:
            break
    return len(taken) * BATCH / (time.perf_counter() - begun), taken


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--weights", type=Path, default=RUN if RUN.exists() else None)
    options.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64])
    options.add_argument("--seconds", type=float, default=5.0, help="of each way in each round")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--serve", nargs=2, metavar=("NAME", "PORT"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        name, port = given.serve
        service = voxpop() if name == OURS else plain(given.weights)
        uvicorn.run(service, host="127.0.0.1", port=int(port), log_level="warning")
        return
    texts = recorded()
    singles = [[text] for text in texts]
    batches = [list(itertools.islice(itertools.cycle(texts), at, at + BATCH)) for at in range(0, len(texts), BATCH)]
    score = scorer()
    ways: dict[str, Callable[[], tuple[float, list[float]]]] = {
        f"the scorer alone, batches of {BATCH}": lambda: alone(score, batches, given.seconds)
    }
    with serving(OURS, given.weights) as ours, serving(PLAIN, given.weights) as theirs:
        for name, url in ((OURS, ours), (PLAIN, theirs)):
            for clients in given.clients:
                ways[f"{name}, 1 post, {clients} clients"] = lambda url=url, clients=clients: measured(  # type: ignore[misc]
                    url, singles, clients, given.seconds
                )
            ways[f"{name}, {BATCH} posts, 2 clients"] = lambda url=url: measured(url, batches, 2, given.seconds)  # type: ignore[misc]
        told(ways, given.rounds)


def told(ways: dict[str, Callable[[], tuple[float, list[float]]]], rounds: int) -> None:
    rates: dict[str, list[float]] = {name: [] for name in ways}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            rate, taken = way()
            rates[name].append(rate)
            times[name] += taken
    base = statistics.median(next(iter(rates.values())))
    print(f"{rounds} rounds, median (least to most); milliseconds a request")
    figures = {}
    for name, found in rates.items():
        middle, taken = statistics.median(found), sorted(times[name])
        p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
        print(
            f"{name:58} {middle:7.0f} posts/s ({min(found):.0f} to {max(found):.0f}) {middle / base:6.1%}  "
            f"p50 {p50:.1f}  p99 {p99:.1f}"
        )
        figures[name] = {"posts_per_second": round(middle), "p50_ms": round(p50, 2), "p99_ms": round(p99, 2)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
