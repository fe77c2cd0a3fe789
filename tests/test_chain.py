"""The processes of compose.yaml's cluster, each restarted when it ends, killed one by one while posts flow."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.postgres_server import own
from tests.running import PATIENCE, until
from tests.test_collector import landed, lines

pytestmark = pytest.mark.slow


@dataclass
class Kept:
    """A process that is started again whenever it ends, as `restart: unless-stopped` does."""

    arguments: list[object]
    said: Path
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Keep it until `end`."""
        command = [sys.executable, "-m", "voxpop", *map(str, self.arguments)]
        with self.said.open("ab") as said:
            while not self._over.wait(0.5):
                self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
                self.starts += 1
                while self.process.poll() is None:
                    if self._over.wait(0.1):
                        self.process.terminate()
                        self.process.wait(PATIENCE)

    def kill(self) -> None:
        """As a power cut would; somebody else starts it again."""
        assert self.process
        self.process.kill()

    def end(self) -> None:
        """Stop it for good."""
        self._over.set()


@contextmanager
def kept(said: Path, *arguments: object) -> Iterator[Kept]:
    """A process that is kept until the block ends; `said` is what it wrote to standard error."""
    said.touch()
    process = Kept(list(arguments), said)
    keeper = threading.Thread(target=process.run)
    keeper.start()
    try:
        yield process
    finally:
        process.end()
        keeper.join(PATIENCE)


@contextmanager
def writing(export: Path) -> Iterator[list[int]]:
    """Posts that go on arriving, at the end of a file; the list has how many there are."""
    count, over = [0], threading.Event()

    def write() -> None:
        while not over.wait(0.5):
            with export.open("a") as file:
                file.write(lines(count[0], count[0] + 5))
            count[0] += 5

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield count
    finally:
        over.set()
        writer.join()


def eventually(true: Callable[[], bool]) -> None:
    """Wait longer than others do: here several processes start on one machine, some of them again and again."""
    until(true, 4 * PATIENCE)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def counted(port: int) -> int:
    """How many posts the API counts; -1 while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/status", timeout=30) as response:
            return int(json.load(response)["posts"])
    except (OSError, ValueError):
        return -1


def test_nothing_is_lost_and_each_comes_back_by_itself(tmp_path: Path) -> None:
    data, exports = tmp_path / "data", tmp_path / "exports"
    exports.mkdir()
    port = free_port()
    with ExitStack() as stack:
        database = stack.enter_context(own())
        common = ["--data", data, "--model", "lexicon", "--store", database.url]
        collector = stack.enter_context(
            kept(tmp_path / "collector", "collect", "--data", data, "--source", exports, "--watch")
        )
        scorer = stack.enter_context(kept(tmp_path / "scorer", "serve", *common, "--port", 0))
        # As compose.yaml has it: readers come when there are tables, else they end and are started again until then.
        eventually(lambda: "dashboard" in scorer.said.read_text())
        api = stack.enter_context(kept(tmp_path / "api", "serve", "--read-only", *common, "--port", port))
        with writing(exports / "posts.jsonl") as written:
            eventually(lambda: counted(port) > 0)
            for one in (collector, scorer, api):
                kill_and_wait(one, port)
            database.stop()
            before = len(landed(data))
            eventually(lambda: len(landed(data)) > before)
            assert counted(port) == -1
            database.start()
            eventually(lambda: counted(port) > before)
        # It knows of no database, so it was started twice: at first, and when it was killed.
        assert collector.starts == 2
        eventually(lambda: counted(port) >= written[0])
        ids = landed(data)
        assert counted(port) == len(ids) == len(set(ids)) == written[0]


def kill_and_wait(one: Kept, port: int) -> None:
    """Kill a process and wait until it is back and posts that came since are counted."""
    starts, shown = one.starts, counted(port)
    one.kill()
    eventually(lambda: one.starts > starts)
    eventually(lambda: counted(port) > shown)
