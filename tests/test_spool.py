"""What waits in the spool lands once, whoever is killed when."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.posts import post
from voxpop import segment as segments
from voxpop.account import Account
from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.seams import Fetched, Rejected
from voxpop.spool import Spool, SpoolSource

ROOT = Path(__file__).parent.parent


def landed(root: Path) -> list[str]:
    log = Log(root)
    return [text for part in log.segments() for text in segments.read(log.landing / part.path)["text"].to_pylist()]


def drained(root: Path) -> Account:
    log = Log(root)
    with log.lock():
        return asyncio.run(Ingest(log, Rolling()).run([SpoolSource(root, once=True)]))


def filled(root: Path) -> list[str]:
    """Six files of one or two posts; the texts."""
    texts = [f"post {number}" for number in range(9)]
    for part in (texts[:2], texts[2:3], texts[3:5], texts[5:6], texts[6:8], texts[8:]):
        assert Spool(root).put(Fetched("", [post(text, post_id=f"test:{text}") for text in part]))
    return texts


def test_what_was_put_lands_as_it_was_and_is_accounted_for(tmp_path: Path) -> None:
    bad = Rejected("export.jsonl", 3, "{not json", "not JSON")
    first = post("words — «quoted» \x00", post_id="test:1", gps_lat=1.5)
    Spool(tmp_path).put(Fetched("", [first, post(None, post_id="test:2", op="delete")], [bad], {"like": 4}))
    account = drained(tmp_path)
    assert account == Account(read=3, landed=2, quarantined=1, ignored=Counter(like=4))
    assert landed(tmp_path) == [first.text, None]
    assert [record["line"] for record in Quarantine(tmp_path).records()] == ["{not json"]
    assert Spool(tmp_path).files() == []


def test_what_has_landed_before_is_a_duplicate_and_leaves_the_spool_all_the_same(tmp_path: Path) -> None:
    texts = filled(tmp_path)
    drained(tmp_path)
    filled(tmp_path)
    account = drained(tmp_path)
    assert (account.landed, account.duplicate) == (0, len(texts))
    assert landed(tmp_path) == texts and Spool(tmp_path).files() == []


def test_nothing_is_kept_of_nothing(tmp_path: Path) -> None:
    assert Spool(tmp_path).put(Fetched("cursor")) is None
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("torn", [b"", b"\xc1garbage", b"\x93\x90\x90"])
def test_a_file_that_cannot_be_read_is_said_and_holds_up_no_other(torn: bytes, tmp_path: Path) -> None:
    texts = filled(tmp_path)
    (tmp_path / "spool" / "00000000000000000001-x.batch").write_bytes(torn)
    (tmp_path / "spool" / ".half.tmp").write_bytes(torn)
    account = drained(tmp_path)
    assert (account.landed, account.quarantined) == (len(texts), 1)
    assert landed(tmp_path) == texts and Spool(tmp_path).files() == []


async def test_a_file_stays_until_its_posts_are_on_the_disk(tmp_path: Path) -> None:
    texts = filled(tmp_path)
    source = SpoolSource(tmp_path, once=True)
    given = [fetched.cursor async for fetched in source.read(None)]
    assert len(Spool(tmp_path).files()) == len(given) == 6
    source.landed("of another time")
    source.landed(given[2])
    assert [path.name for path in Spool(tmp_path).files()] == given[3:]
    again = [post.text async for fetched in SpoolSource(tmp_path, once=True).read(given[-1]) for post in fetched.posts]
    assert again == texts[5:]


async def test_a_file_that_landed_while_the_directory_was_looked_into_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    texts = filled(tmp_path)
    source = SpoolSource(tmp_path)
    reading = source.read(None)
    found = [await anext(reading) for _ in range(6)]
    stale = Spool(tmp_path).files()
    source.landed(found[-1].cursor)
    assert Spool(tmp_path).files() == []
    Spool(tmp_path).put(Fetched("", [post("the next", post_id="test:next")]))
    looks = iter([stale])
    files = Spool.files
    monkeypatch.setattr(Spool, "files", lambda spool: next(looks, None) or files(spool))
    following = await anext(reading)
    assert ([each.text for each in following.posts], following.rejected) == (["the next"], [])
    assert [each.text for one in found for each in one.posts] == texts


async def test_a_clock_that_was_set_back_lets_go_of_nothing_early(tmp_path: Path) -> None:
    source, spool = SpoolSource(tmp_path), Spool(tmp_path)
    late = spool.put(Fetched("", [post("late")]))
    assert late
    reading = source.read(None)
    first = await anext(reading)
    (tmp_path / "spool" / "00000000000000000001-x.batch").write_bytes(late.read_bytes())
    second = await anext(reading)
    assert second.cursor < first.cursor
    source.landed(first.cursor)
    assert [path.name for path in spool.files()] == [second.cursor]
    await reading.aclose()  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", ["before-write", "after-write", "after-rename", "touch"])
def test_a_kill_anywhere_loses_nothing_and_doubles_nothing(point: str, nth: int, tmp_path: Path) -> None:
    texts = filled(tmp_path)
    command = [sys.executable, "-m", "tests.killed", "spool", str(tmp_path)]
    killed = subprocess.run([*command, point, str(nth + 6 * (point == "touch"))], cwd=ROOT, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    subprocess.run([*command, "never", "0"], cwd=ROOT, check=True, timeout=120)
    assert landed(tmp_path) == texts
    assert Spool(tmp_path).files() == []
