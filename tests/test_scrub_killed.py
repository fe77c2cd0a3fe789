"""A scrub that is killed at any file it touches, and the command."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stores.scored import event
from tests.test_scrub import ANA, erased, landed
from voxpop import segment as segments
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.schema import posts_of
from voxpop.scrub import scrub
from voxpop.seams import Rejected

ROOT = Path(__file__).parent.parent


def content(root: Path) -> dict[str, Any]:
    return {path.relative_to(root).as_posix(): segments.read(path).to_pylist() for path in root.rglob("[0-9]*.parquet")}


def reported(root: Path) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for path in root.glob("scrubs/*.jsonl"):
        for line in map(json.loads, path.read_text().splitlines()):
            found.setdefault(line["post_id"], set()).update(line["segments"])
    return {post_id: sorted(paths) for post_id, paths in found.items()}


@pytest.fixture(scope="module")
def deleted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A log with deletions, and the same after a scrub that nobody killed."""
    root, done = tmp_path_factory.mktemp("deleted"), tmp_path_factory.mktemp("done") / "data"
    rows = [event("test:1"), event("test:2", author_id=ANA), event("test:3"), erased("test:1")]
    landed(root, [*rows, erased(posts_of("test", ANA), 2, author_id=ANA)], 1)
    Quarantine(root).add([Rejected("a", 1, '{"did":"did:plc:anastasia"}', "torn")])
    shutil.copytree(root, done)
    scrub(Log(done))
    yield root, done


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "nth"),
    [
        *((point, nth) for point in ("before-write", "after-write", "after-rename") for nth in (1, 4)),
        *(("touch", nth) for nth in (2, 3, 6, 20, 21, 22, 23, 24)),
    ],
)
def test_a_kill_anywhere_is_made_good_by_the_next_scrub(
    point: str, nth: int, deleted: tuple[Path, Path], tmp_path: Path
) -> None:
    root, data = deleted[0], tmp_path / "data"
    shutil.copytree(root, data)
    command = [sys.executable, "-m", "tests.killed", "scrub", str(data), point, str(nth)]
    code = subprocess.run(command, cwd=ROOT, check=False, timeout=120).returncode
    assert code == -signal.SIGKILL
    assert set(content(data)) == set(content(root))
    scrub(Log(data))
    assert content(data) == content(deleted[1])
    assert reported(data) == reported(deleted[1])
    assert not list(data.glob("scrubs/*.planned"))


def test_the_command_says_what_it_removed(tmp_path: Path) -> None:
    landed(tmp_path, [event("test:1"), erased("test:1")])
    command = [sys.executable, "-m", "voxpop", "scrub", "--data", str(tmp_path)]
    planned = subprocess.run([*command, "--dry-run"], capture_output=True, text=True, check=True)
    assert "1 posts to be removed from 2 segments" in planned.stdout
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["posts"] == 1
    wrong = subprocess.run([*command, "--since", "soon"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1 and "not a date" in wrong.stderr
