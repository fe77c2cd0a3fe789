"""A Voxpop that runs, and other processes that bring it something."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.command import answer, voxpop
from tests.running import running, until
from tests.sources.x_server import TOKEN, X, created, serving
from voxpop import segment as segments
from voxpop.log import Log
from voxpop.spool import Spool

pytestmark = pytest.mark.slow
WORDS = "a quince nobody may read"


def native(number: int) -> str:
    """An id of X."""
    return f"17000000000000000{number:02}"


def line(number: int) -> str:
    """A post of X."""
    data = {"id": native(number), "text": f"{WORDS} {number}", "author_id": "5", "created_at": created(native(number))}
    return json.dumps({"data": data}) + "\n"


def deletion(number: int) -> str:
    """X's word that it is gone."""
    gone = {"id": native(number), "action": "delete", "created_at": created(native(number)), "reason": "deleted"}
    return json.dumps(gone) + "\n"


def rows(data: Path) -> list[dict[str, Any]]:
    """Every row that landed."""
    log = Log(data)
    tables = [segments.read(log.landing / part.path) for part in log.segments()]
    return pa.concat_tables(tables).to_pylist() if tables else []


def gone(data: Path) -> list[str]:
    """The posts that landed as deletions."""
    return [row["post_id"][-2:] for row in rows(data) if row["op"] == "delete"]


async def test_deletions_reach_a_voxpop_that_runs_and_outlive_one_that_is_killed(tmp_path: Path) -> None:
    data, exports, settings = tmp_path / "data", tmp_path / "exports", tmp_path / "voxpop.toml"
    exports.mkdir()
    (tmp_path / "token").write_text(TOKEN + "\n")
    (exports / "posts.jsonl").write_text("".join(map(line, range(6))))
    (tmp_path / "gone.jsonl").write_text(deletion(2) + deletion(3))
    common = ["--config", settings, "--data", data]
    async with serving(X(deleted=(native(1),))) as server:
        table = f'base = "{server.address}"\nbearer_file = "{tmp_path / "token"}"\n'
        settings.write_text(f'model = "lexicon"\n[[sources]]\nkind = "x"\n{table}')
        with running("run", "--source", exports, "--watch", *common) as served:
            await asyncio.to_thread(until, lambda: len(rows(data)) == 6)
            asked = await asyncio.to_thread(answer, "x", "compliance", *common)
            assert (asked["asked"], asked["read"], asked["handed_over"], gone(data)) == (6, 1, True, ["01"])
            again = await asyncio.to_thread(answer, "x", "compliance", *common)
            assert (again["asked"], again["read"]) == (5, 0)
            for _ in range(2):
                read = await asyncio.to_thread(answer, "ingest", tmp_path / "gone.jsonl", *common)
                assert (read["read"], read["handed_over"], sorted(gone(data))) == (2, True, ["01", "02", "03"])
            accounts = [json.loads(path.read_text()) for path in (data / "accounts").iterdir()]
            assert [(one["read"], one["landed"], one["duplicate"]) for one in accounts] == [(11, 9, 2)]
            served.kill()
        (tmp_path / "gone.jsonl").write_text(deletion(4))
        alone = await asyncio.to_thread(answer, "ingest", tmp_path / "gone.jsonl", *common)
    assert (alone["landed"], alone["handed_over"]) == (1, False)
    assert Spool(data).files() == []
    assert sorted(gone(data)) == ["01", "02", "03", "04"]


def test_a_writer_that_does_not_look_into_the_spool_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "gone.jsonl").write_text(deletion(2))
    with Log(tmp_path / "data").lock():
        refused = voxpop("ingest", tmp_path / "gone.jsonl", "--data", tmp_path / "data")
    assert refused.returncode != 0 and "stop it, or give another --data" in refused.stderr
    assert Spool(tmp_path / "data").files() == []


def test_a_deletion_that_comes_while_the_server_runs_takes_the_text_out_of_the_log(tmp_path: Path) -> None:
    data, exports, settings = tmp_path / "data", tmp_path / "exports", tmp_path / "voxpop.toml"
    exports.mkdir()
    settings.write_text('model = "lexicon"\nscrub_hours = 0.0003\n')
    (exports / "posts.jsonl").write_text("".join(map(line, range(3))))

    def holding() -> list[Path]:
        bases = [data / "landing", data / "scored"]
        paths = [path for base in bases for path in base.rglob("[0-9]*.parquet")]
        return [path for path in paths if f"{WORDS} 1" in segments.read(path)["text"].to_pylist()]

    with running("run", "--source", exports, "--watch", "--config", settings, "--data", data):
        until(lambda: len(holding()) == 2)
        before = {path.relative_to(data).as_posix() for path in holding()}
        (exports / "gone.jsonl").write_text(deletion(1))
        until(lambda: not holding())
        until(lambda: bool(reports(data)))
    (report,) = reports(data)
    assert report["post_id"] == f"x:{native(1)}"
    # The deletion's own segment may be named as well, for the address that it came with.
    assert before <= set(report["segments"])
    assert [row["text"] for row in rows(data)] == [f"{WORDS} 0", None, f"{WORDS} 2", None]


def reports(data: Path) -> list[dict[str, Any]]:
    """What scrubs say they removed."""
    return [json.loads(line) for path in data.glob("scrubs/*.jsonl") for line in path.read_text().splitlines()]
