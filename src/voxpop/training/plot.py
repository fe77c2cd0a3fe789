"""The course of a training run as one picture: loss, learning rate, and macro recall on the development texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

PANELS = {"loss": "training loss", "learning_rate": "learning rate", "eval_macro_recall": "dev macro recall"}


def plot(histories: Mapping[int, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Write a PNG of each seed's log entries, by step."""
    figure = Figure(figsize=(8, 7), layout="constrained")
    colours = matplotlib.color_sequences["tab10"]
    for axes, (key, title) in zip(figure.subplots(len(PANELS), 1, sharex=True), PANELS.items(), strict=True):
        for at, (seed, entries) in enumerate(histories.items()):
            points = [(entry["step"], entry[key]) for entry in entries if key in entry]
            marker = "o" if key == "eval_macro_recall" else None
            axes.plot(*zip(*points, strict=True), color=colours[at % 10], marker=marker, label=f"seed {seed}")
        axes.set_ylabel(title)
        axes.grid(alpha=0.3)
    axes.set_xlabel("step")
    axes.legend()
    figure.savefig(path, dpi=120)
