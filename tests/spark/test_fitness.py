"""The doctor looks at PySpark, Java and the master."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.command import voxpop
from voxpop.spark import fitness
from voxpop.spark.master import version_of

pytest.importorskip("pyspark", reason="install PySpark with pip install 'voxpop[spark]'")


class Told(BaseHTTPRequestHandler):
    """What a standalone master's REST server answers about a submission that it does not know."""

    def do_GET(self) -> None:
        body = json.dumps({"action": "SubmissionStatusResponse", "serverSparkVersion": "3.5.1", "success": False})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_another_version_of_the_master_is_told_with_the_fix(port: int) -> None:
    master = f"spark://127.0.0.1:{port}"
    assert version_of(master, port) == "3.5.1"
    found = {one.name: one for one in fitness.findings(master, port)}
    assert f"{master} runs Spark 3.5.1, this is " in found["master"].found
    assert found["master"].fix == "pip install pyspark==3.5.1"
    assert found["java"].found.startswith("Java ")
    assert not found["pyspark"].fix


def test_the_doctor_says_that_no_master_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        master = f"spark://127.0.0.1:{taken.getsockname()[1]}"
    told = voxpop("doctor", "--data", tmp_path, "--master", master)
    assert told.returncode == 1
    assert f"fail  spark master: no Spark master answers at {master} -> start one there" in told.stdout
    assert "ok    engine: spark" in told.stdout


def test_without_a_cluster_nothing_of_spark_is_looked_at(tmp_path: Path) -> None:
    told = voxpop("doctor", "--data", tmp_path)
    assert "ok    engine: embedded" in told.stdout
    assert "spark master" not in told.stdout
