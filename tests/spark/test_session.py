"""A session starts with Voxpop's settings, and what cannot start is said in a sentence."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

import pytest

from voxpop.errors import Terminal
from voxpop.spark.session import Cluster, opened

pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")


@pytest.mark.slow
def test_a_session_thinks_in_utc_and_runs_this_python(spark: Any) -> None:
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    versions = spark.sparkContext.parallelize([0], 1).map(lambda _: (sys.executable, os.environ.get("OMP_NUM_THREADS")))
    assert versions.collect()[0][0] == sys.executable


def test_a_master_that_does_not_answer_is_refused_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Terminal, match=f"no Spark master answers at spark://127.0.0.1:{port}; start one"):
        with opened(Cluster(f"spark://127.0.0.1:{port}")):
            pass
