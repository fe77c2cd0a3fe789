"""What a tree of processes holds in memory while it works: samples, their peak, and a picture of them."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from matplotlib.figure import Figure

SECONDS = 0.5
GIB = 2**30
KINDS = ("driver", "JVM", "Python workers")


@dataclass
class Memory:
    """Resident bytes by kind over seconds, and when each stage began.

    A page that two processes share counts for each, so the sum says more than there is: Python's workers are forks.
    """

    began: float = field(default_factory=time.monotonic)
    samples: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    stages: list[tuple[float, str]] = field(default_factory=list)
    root: int | None = None
    """Process id of the command that is watched now; others of this script, such as an idle Java, do not count."""

    def stage(self, name: str) -> None:
        """Note that a stage begins now."""
        self.stages.append((time.monotonic() - self.began, name))

    def peak(self, since: float = 0.0) -> float:
        """The most that was held at once since a second of the run, in GiB."""
        return max((sum(held.values()) for at, held in self.samples if at >= since), default=0) / GIB

    def sample(self) -> None:
        """Look once at the command and everything below it."""
        held: Counter[str] = Counter()
        with suppress(psutil.Error):
            command = psutil.Process(self.root) if self.root else None
            for process in [command, *command.children(recursive=True)] if command else []:
                with suppress(psutil.Error):
                    held[_kind(process)] += process.memory_info().rss
        self.samples.append((time.monotonic() - self.began, dict(held)))


def _kind(child: psutil.Process) -> str:
    if child.name().startswith("java"):
        return "JVM"
    return "driver" if "voxpop" in child.cmdline() else "Python workers"


@contextmanager
def watched() -> Iterator[Memory]:
    """Sample for as long as the block runs."""
    memory, stop = Memory(), threading.Event()

    def watch() -> None:
        while not stop.wait(SECONDS):
            memory.sample()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        stop.set()
        thread.join()


def plot(memory: Memory, path: Path, title: str) -> None:
    """Draw the samples, stacked by kind, with a line where each stage begins."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    at = [second for second, _ in memory.samples]
    stacks: Sequence[list[float]] = [[held.get(kind, 0) / GIB for _, held in memory.samples] for kind in KINDS]
    axes.stackplot(at, *stacks, labels=KINDS, colors=("#4c78a8", "#f2a65a", "#9ecae9"))
    for second, name in memory.stages:
        axes.axvline(second, color="#555555", linewidth=0.8)
        axes.text(second, 1, f" {name}", fontsize=8, va="bottom", transform=axes.get_xaxis_transform())
    axes.set(xlabel="seconds", ylabel="GiB resident", xlim=(0, max(at, default=1)), ylim=(0, None))
    axes.set_title(title, fontsize=9, pad=18)
    axes.legend(loc="upper right", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
