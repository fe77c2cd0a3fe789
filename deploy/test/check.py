"""Puts posts into the containers of compose.yaml and looks for them, and has them send a notice.

`python -m deploy.test.check single|few|cluster DIR`, where DIR holds `secrets/` and `inbox/`. `few` and `cluster` end
the main process of containers as a crash does and see each come back; `few` does so to a worker and the database alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deploy.test import notices, page, restoring
from deploy.test.bench import Bench
from deploy.test.parts import crash, is_well, spark
from deploy.test.waiting import until


def single(bench: Bench) -> None:
    """One container: posts in, seen by API and browser, and after everything was lost, back from a copy of the log."""
    _looked_at(bench)
    restoring.single(bench)


def few(bench: Bench) -> None:
    """All of the containers: the same, a notice that leaves, and a worker and the database that crash."""
    _looked_at(bench)
    notices.leave_by("scorer", "out")
    for part in ("spark-worker", "db"):
        _crashes(part, bench)


def cluster(bench: Bench) -> None:
    """Each kind of container crashes in turn, Spark's master too, and in the end everything is lost and restored."""
    few(bench)
    workers = _workers()
    _crashes("spark-master", bench)
    # Executors live on while there is no master. Only what is scored after it knows workers and driver again tells.
    until(
        lambda: _workers() == workers and len(spark()["activeapps"]) == 1, f"the master knows {workers} workers again"
    )
    bench.arrives(20)
    for part in ("collector", "api"):
        _crashes(part, bench)
    page.look(bench)
    restoring.cluster(bench, os.environ["SERVICES"].split())


def _looked_at(bench: Bench) -> None:
    until(lambda: bench.counted() >= 0, "the API answers")
    bench.is_shut()
    bench.arrives(50)
    page.look(bench)


def _crashes(part: str, bench: Bench) -> None:
    crash(part)
    bench.arrives(20)
    until(lambda: is_well(part), f"{part} is healthy again")


def _workers() -> int:
    said = spark()
    return int(said["aliveworkers"]) if said.get("status") == "ALIVE" else 0


if __name__ == "__main__":
    {"single": single, "few": few, "cluster": cluster}[sys.argv[1]](Bench(Path(sys.argv[2])))
