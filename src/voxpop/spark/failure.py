"""What Spark says when something fails, as one sentence with the fix; the rest is in Spark's own log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from voxpop.errors import Terminal, VoxpopError
from voxpop.spark.java import CACHE

OURS: Final = re.compile(r"voxpop\.errors\.(?:Terminal|Transient|Poison): (.+)")
RAISED: Final = re.compile(r"^(?:[\w.]+\.)?\w+(?:Error|Exception|Interrupt|Exit)\b.*$", re.MULTILINE)
"""The last line of a Python traceback."""
LONGEST: Final = 300
KNOWN: Final = (
    (
        r"different version:? '?(?P<there>\d+\.\d+)'? than that in driver:? '?(?P<here>\d+\.\d+)",
        "the executors run Python {there} and this is Python {here}; name a Python {here} that is on every machine in "
        "the environment as PYSPARK_PYTHON",
    ),
    (
        r"Cannot run program \"(?P<python>[^\"]+)\"",
        "there is no {python} on the executors; name a Python that is on every machine in the environment as "
        "PYSPARK_PYTHON",
    ),
    (
        r"No module named 'voxpop",
        "the executors' Python has no Voxpop; install the same version there, or send it along, as docs/spark.md says",
    ),
    (
        r"Master removed our application|Application has been killed",
        "the workers cannot start an executor; their logs say why: most often they lack Java or have another version "
        "of Spark than this one, {version}",
    ),
    (
        r"All masters are unresponsive|serialVersionUID|InvalidClassException|stopped SparkContext",
        "the master does not understand this Spark, {version}; install the master's version here: "
        "pip install pyspark==VERSION",
    ),
    (
        r"JAVA_GATEWAY_EXITED",
        "Spark's Java ended as it started; look at JAVA_HOME and at SPARK_CONF_DIR's spark-defaults.conf",
    ),
    (
        r"OutOfMemoryError|exit code 137|Command exited with code 52",
        "an executor ran out of memory; give executors more with spark.executor.memory in spark-defaults.conf",
    ),
    (
        r"Answer from Java side is empty|Py4JNetworkError|Connection refused",
        "Spark's Java is gone, most often killed for want of memory; start again, it goes on where it was",
    ),
)
"""What Spark says, as a pattern, and what is to be said instead."""


def log_path() -> Path:
    """Where Spark's Java writes its own log: the whole of what is one sentence here."""
    return CACHE.expanduser() / "spark.log"


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error of Spark's into one sentence; others pass.

    Raises:
        Terminal: Spark failed. Its cause is Spark's error, whole.
    """
    try:
        yield
    except VoxpopError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("py4j", "pyspark"):
            raise
        _keep(str(error))
        raise Terminal(sentence(str(error))) from error


def is_ours(error: BaseException | None) -> bool:
    """Whether it is Voxpop that refused, on an executor or here, so that trying again cannot help."""
    return error is None or OURS.search(str(error)) is not None


def sentence(said: str) -> str:
    r"""The one sentence in what Spark said: ours from an executor, a known trouble, or the last line of a traceback.

    >>> sentence("Traceback...\nvoxpop.errors.Terminal: there is no model 'x'; name another\n\tat org.apache...")
    "there is no model 'x'; name another"
    """
    if ours := OURS.search(said):
        return ours.group(1)
    for pattern, told in KNOWN:
        if found := re.search(pattern, said):
            return told.format(version=_version(), **found.groupdict())
    lines = RAISED.findall(said) or [line for line in said.splitlines() if line.strip()] or ["nothing was said"]
    return f"Spark failed: {lines[0].strip()[:LONGEST]}; the whole is in {log_path()}"


def _keep(said: str) -> None:
    with log_path().open("a", encoding="utf-8") as log:
        log.write(said + "\n")


def _version() -> str:
    from pyspark import __version__

    return str(__version__)
