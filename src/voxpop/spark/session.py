"""A Spark session with the settings that Voxpop's jobs rely on."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from voxpop.errors import Terminal
from voxpop.spark import java
from voxpop.spark.failure import explained, log_path
from voxpop.spark.master import addresses, reach, refuse_another_version
from voxpop.web import LOOPBACK

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL: Final = "local[*]"
LOG_BYTES: Final = 10 << 20
SETTINGS: Final = {
    # Times are UTC everywhere in Voxpop; Spark would take the machine's zone.
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # A scorer is opened once per Python worker, so workers have to live on from task to task.
    "spark.python.worker.reuse": "true",
    "spark.executorEnv.OMP_NUM_THREADS": "1",
    # A job may run twice, so a task on a machine that has become slow can be tried on another.
    "spark.speculation": "true",
}


@dataclass(frozen=True)
class Cluster:
    """Where Spark runs: `local[N]` (this machine, N threads) or a master such as `spark://host:7077`.

    `conf` are Spark's own settings, which win over Voxpop's.
    """

    master: str = LOCAL
    conf: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_near(self) -> bool:
        """Whether the driver is to be reached from this machine alone."""
        hosts = [host for host, _ in addresses(self.master)]
        return self.is_local or bool(hosts and all(host in LOOPBACK for host in hosts))

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
        from pyspark import SparkConf, SparkContext
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise Terminal("Spark is not installed; install it with pip install 'voxpop[spark]'") from error
    towards = reach(cluster.master)
    refuse_another_version(cluster.master)
    os.environ["JAVA_HOME"] = str(java.find().home)
    # Else the workers are whatever `python3` means on the machine.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if cluster.is_near:
        # Else Spark listens where the host name points, which on a laptop may be a network.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    elif towards and "SPARK_LOCAL_IP" not in os.environ:
        # On a machine with several networks, as a container may be, the name stands for all of them: Spark would listen
        # at the first and tell the workers the name, which they know at theirs.
        os.environ.setdefault("SPARK_LOCAL_HOSTNAME", towards)
    conf = SparkConf().setMaster(cluster.master).setAppName("voxpop")
    conf.setAll(list({**SETTINGS, **cluster.conf}.items()))
    # Spark's own handler of Ctrl-C would cancel jobs before a pipeline can stop between two segments.
    handler = signal.getsignal(signal.SIGINT)
    with explained():
        context = SparkContext(conf=conf, gateway=_gateway(conf))
        spark = SparkSession(context)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
    return spark


def _gateway(conf: Any) -> Any:
    """Start Spark's Java, which says what it has to say in a log of its own; None where this process has one."""
    from pyspark import SparkContext
    from pyspark.java_gateway import launch_gateway

    if SparkContext._gateway:
        return None
    path = log_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        os.replace(path, path.with_suffix(".log.1"))
    with path.open("ab") as log:
        return launch_gateway(conf, {"stdout": log, "stderr": log})
