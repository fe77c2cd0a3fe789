"""A standalone Spark cluster on loopback, from the PySpark package: a master and workers that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psutil

from voxpop.spark import java

ROOT = Path(__file__).parents[2]
SPEC = find_spec("pyspark")
HOME = Path(SPEC.origin or "").parent if SPEC else Path()
DEPLOY = "org.apache.spark.deploy"
DEFAULTS = """\
spark.executor.memory 512m
spark.driver.memory 512m
spark.executor.cores 1
spark.speculation.interval 200ms
spark.speculation.minTaskRuntime 2s
"""
DAEMON = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "SPARK_DAEMON_MEMORY": "256m",
    "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
}
WAIT_SECONDS = 300.0


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that must happen."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen in {WAIT_SECONDS:.0f} s"
        time.sleep(0.1)


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and was not waited for does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@dataclass
class Cluster:
    """A master, its workers, and what they print, in a directory of its own."""

    place: Path
    port: int
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a driver needs: this checkout, and settings that make executors small."""
        (self.place / "conf").mkdir(exist_ok=True)
        (self.place / "conf" / "spark-defaults.conf").write_text(DEFAULTS)
        tree = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        own = {"PYTHONPATH": tree, "SPARK_CONF_DIR": str(self.place / "conf"), "SPARK_HOME": str(HOME)}
        return {**os.environ, **own}

    def start(self, name: str, *arguments: str) -> None:
        """Start `master`, or a worker under any other name."""
        kind = "master.Master" if name == "master" else "worker.Worker"
        log = (self.place / f"{name}.log").open("ab")
        self.parts[name] = subprocess.Popen(
            [HOME / "bin" / "spark-class", f"{DEPLOY}.{kind}", "--host", "127.0.0.1", *arguments],
            env={**self.environment, **DAEMON, "JAVA_HOME": str(java.find().home)},
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        log.close()

    def add_worker(self, name: str) -> None:
        """A worker with one core, once the master knows it."""
        known = self.said("master").count("Registering worker")
        self.start(name, "--webui-port", "0", "-c", "1", "-m", "1g", "-d", str(self.place / name), self.url)
        until(lambda: self.said("master").count("Registering worker") > known, f"{name} registers")

    def said(self, name: str) -> str:
        return (self.place / f"{name}.log").read_text(errors="replace")

    def family(self, name: str) -> list[psutil.Process]:
        """A part and all below it: a worker's executors and their Pythons."""
        process = psutil.Process(self.parts[name].pid)
        return [process, *process.children(recursive=True)]

    def kill(self, name: str) -> None:
        """Kill a part and all below it, as a machine that loses power."""
        for process in self.family(name):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self.parts.pop(name).wait()

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """A part and all below it stand still for as long as the block runs."""
        stopped = self.family(name)
        for process in stopped:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in stopped:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)


@contextmanager
def standalone(place: Path) -> Iterator[Cluster]:
    """A master and two workers of one core each; all are killed in the end."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        cluster = Cluster(place, taken.getsockname()[1])
    try:
        cluster.start("master", "--port", str(cluster.port), "--webui-port", "0")
        until(lambda: "I have been elected leader" in cluster.said("master"), "the master starts")
        for name in ("one", "two"):
            cluster.add_worker(name)
        yield cluster
    finally:
        for name in list(cluster.parts):
            cluster.kill(name)
