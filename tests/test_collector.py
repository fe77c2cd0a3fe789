"""`voxpop collect`: it lands what it reads beside whoever scores, says that it lives, and stops clean."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.command import answer, voxpop
from tests.running import PATIENCE, until
from voxpop import health


def lines(first: int, last: int) -> str:
    """Posts as a plain export."""
    rows = [
        {"id": str(number), "text": f"gta6 is {number}", "created_at": "2026-11-19"} for number in range(first, last)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def landed(data: Path) -> list[str]:
    """The ids in the log, in its order."""
    files = sorted(data.glob("landing/*/*.parquet"))
    return [found for path in files for found in pq.read_table(path, columns=["post_id"])["post_id"].to_pylist()]


@contextmanager
def collecting(data: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A collector of its own until the block ends, which stops it as an orchestrator does."""
    command = [sys.executable, "-m", "voxpop", "collect", "--data", str(data), *map(str, arguments), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_lands_what_appears_and_on_sigterm_all_that_it_read(tmp_path: Path) -> None:
    data, exports = tmp_path / "data", tmp_path / "exports"
    exports.mkdir()
    (exports / "1.jsonl").write_text(lines(0, 40))
    with collecting(data, "--source", exports, "--watch") as process:
        until(lambda: len(landed(data)) == 40)
        (tmp_path / "more.jsonl").write_text(lines(40, 50))
        handed = answer("ingest", tmp_path / "more.jsonl", "--data", data)
        assert handed["handed_over"]
        (exports / "2.jsonl").write_text(lines(50, 60))
        until(lambda: len(landed(data)) == 60)
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    account = json.loads(out.splitlines()[-1])
    assert (account["read"], account["landed"], account["quarantined"]) == (60, 60, 0)
    assert len(set(landed(data))) == 60
    assert not (data / "store.duckdb").exists() and not (data / "scored").exists()


def test_killed_and_started_again_it_goes_on_where_the_log_ends(tmp_path: Path) -> None:
    data, exports = tmp_path / "data", tmp_path / "exports"
    exports.mkdir()
    (exports / "1.jsonl").write_text(lines(0, 30))
    with collecting(data, "--source", exports, "--watch") as process:
        until(lambda: len(landed(data)) == 30)
        process.kill()
    with (exports / "1.jsonl").open("a") as export:
        export.write(lines(30, 45))
    with collecting(data, "--source", exports, "--watch"):
        until(lambda: len(landed(data)) >= 45)
    assert len(landed(data)) == len(set(landed(data))) == 45


def test_without_a_source_there_is_nothing_to_do(tmp_path: Path) -> None:
    refused = voxpop("collect", "--data", tmp_path)
    assert refused.returncode == 1 and "--source" in refused.stderr


def test_its_health_is_how_long_ago_it_said_that_it_is_at_work(tmp_path: Path) -> None:
    assert not health.of_collector(tmp_path).is_well
    (tmp_path / "exports").mkdir()
    with collecting(tmp_path / "data", "--source", tmp_path / "exports", "--watch"):
        until(lambda: health.of_collector(tmp_path / "data").is_well)
    holder = tmp_path / "data" / "landing" / ".holder.json"
    long_ago = time.time() - 2 * health.STALE_SECONDS
    os.utime(holder, (long_ago, long_ago))
    found = health.of_collector(tmp_path / "data")
    assert not found.is_well and "60 s ago" in found.told


@pytest.mark.parametrize(("status", "is_well"), [(200, True), (503, False)])
def test_the_health_of_a_server_is_its_answer(status: int, is_well: bool) -> None:
    code = (
        "import http.server, sys\n"
        "class Answer(http.server.BaseHTTPRequestHandler):\n"
        f"    def do_GET(self): self.send_response({status}); self.end_headers(); self.wfile.write(b'store')\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), Answer)\n"
        "print(server.server_port, flush=True); server.handle_request()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True) as server:
        assert server.stdout
        port = server.stdout.readline().strip()
        ran = subprocess.run(
            [sys.executable, "-m", "voxpop.health"],
            env={**os.environ, "VOXPOP_PORT": port, "http_proxy": "http://127.0.0.1:9"},
            capture_output=True,
            text=True,
        )
    assert (ran.returncode == 0) == is_well and str(status) in ran.stdout
    nobody = health.of_server(f"http://127.0.0.1:{port}/readyz")
    assert not nobody.is_well and "does not answer" in nobody.told
