"""A Spark session with the settings that Voxpop's jobs rely on."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from voxpop.errors import Terminal
from voxpop.spark import java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL: Final = "local[*]"
REACH_SECONDS: Final = 5.0
SETTINGS: Final = {
    # Times are UTC everywhere in Voxpop; Spark would take the machine's zone.
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # A scorer is opened once per Python worker, so workers have to live on from task to task.
    "spark.python.worker.reuse": "true",
    "spark.executorEnv.OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Cluster:
    """Where Spark runs: `local[N]` (this machine, N threads) or a master such as `spark://host:7077`.

    `conf` are Spark's own settings, which win over Voxpop's.
    """

    master: str = LOCAL
    conf: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether executors are threads of the driver's own machine."""
        return self.master.startswith("local")


@contextmanager
def opened(cluster: Cluster) -> Iterator[SparkSession]:
    """A session for as long as the block runs; stops it in the end, and what it still computes with it.

    Raises:
        Terminal: PySpark or Java is missing or does not fit, or no master answers; says what to do.
    """
    spark = _start(cluster)
    try:
        yield spark
    finally:
        spark.stop()


def _start(cluster: Cluster) -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise Terminal("Spark is not installed; install it with pip install 'voxpop[spark]'") from error
    _reach(cluster.master)
    os.environ["JAVA_HOME"] = str(java.find().home)
    # Else the workers are whatever `python3` means on the machine.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if cluster.is_local:
        # Else Spark listens where the host name points, which on a laptop may be a network.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master(cluster.master).appName("voxpop")
    for key, value in {**SETTINGS, **cluster.conf}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _reach(master: str) -> None:
    """Refuse a standalone master that does not answer; Spark itself would try for a minute and then say little."""
    if not master.startswith("spark://"):
        return
    addresses = re.findall(r"([^/,:\[\]]+|\[[^\]]+\]):(\d+)", master.removeprefix("spark://"))
    for host, port in addresses:
        try:
            socket.create_connection((host.strip("[]"), int(port)), REACH_SECONDS).close()
        except OSError:
            continue
        return
    raise Terminal(f"no Spark master answers at {master}; start one there, or leave --master out to use this machine")
