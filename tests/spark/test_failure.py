"""What Spark says becomes one sentence with the fix."""

from __future__ import annotations

import pytest

from voxpop.spark.failure import KNOWN, log_path, sentence

pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")

AS_SPARK_SAYS_IT = {
    "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.12 than that in driver: 3.11, PySpark cannot "
    "run with different minor versions.": "the executors run Python 3.12 and this is Python 3.11; name a Python 3.11",
    'java.io.IOException: Cannot run program "/opt/py": error=2, No such file or directory': "there is no /opt/py on",
    "ModuleNotFoundError: No module named 'voxpop'": "the executors' Python has no Voxpop; install the same version",
    "Master removed our application: FAILED": "the workers cannot start an executor; their logs say why",
    "All masters are unresponsive! Giving up.": "the master does not understand this Spark, ",
    "pyspark.errors.exceptions.base.PySparkRuntimeError: [JAVA_GATEWAY_EXITED] Java gateway": "Spark's Java ended",
    "java.lang.OutOfMemoryError: Java heap space": "an executor ran out of memory; give executors more",
    "py4j.protocol.Py4JNetworkError: Answer from Java side is empty": "Spark's Java is gone",
}


@pytest.mark.parametrize("said", AS_SPARK_SAYS_IT)
def test_a_known_trouble_is_named_with_its_fix(said: str) -> None:
    assert sentence(f"Job aborted due to stage failure\n\tat org.apache.spark\n{said}\n\tat java.lang").startswith(
        AS_SPARK_SAYS_IT[said]
    )


def test_each_known_trouble_has_a_test() -> None:
    assert len(KNOWN) == len(AS_SPARK_SAYS_IT)


def test_what_an_executor_refused_is_said_in_its_own_words() -> None:
    said = "Traceback (most recent call last):\n  File x\nvoxpop.errors.Terminal: no {x} here; mount it\n\n\tat o"
    assert sentence(said) == "no {x} here; mount it"


def test_anything_else_is_the_end_of_the_traceback_and_where_the_whole_is() -> None:
    said = "It failed\nTraceback (most recent call last):\n  x\nZeroDivisionError: division by zero\n\tat org"
    assert sentence(said) == f"Spark failed: ZeroDivisionError: division by zero; the whole is in {log_path()}"
