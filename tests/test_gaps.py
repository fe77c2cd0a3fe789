from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from tests.posts import MORNING, post
from voxpop.gaps import Gap, GapLedger, folded
from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.schema import Post
from voxpop.seams import Fetched


def minute(number: float) -> Any:
    return MORNING + timedelta(minutes=number)


def gap(noticed: float = 5, start: float = 0, state: str = "lost", **fields: Any) -> Gap:
    given = {"source": "bluesky", "noticed": minute(noticed), "start": minute(start), "reason": "closed", **fields}
    return msgspec.convert({**given, "state": state}, Gap)


def test_the_last_word_on_a_gap_counts() -> None:
    lost = gap()
    found = msgspec.structs.replace(lost, state="recovered", end=minute(5))
    assert folded([lost, found]) == [found]
    assert folded([lost]) == [lost] and lost.is_open


def test_a_gap_left_open_by_a_kill_ends_where_the_next_begins() -> None:
    lost, lagging, later = gap(1, 0), gap(3, 2, "lagging"), gap(9, 7)
    known = folded([lost, lagging, later])
    assert [(each.state, each.end) for each in known] == [("lost", minute(2)), ("recovered", minute(7)), ("lost", None)]


def test_a_gap_whose_end_was_never_landed_is_the_next_ones() -> None:
    assert folded([gap(1, 5), gap(9, 5)]) == [gap(9, 5)]


def test_sources_do_not_end_each_others_gaps() -> None:
    other = gap(2, 1, source="x")
    assert folded([gap(1, 0), other]) == [gap(1, 0), other]


def test_the_ledger_survives_a_torn_line(tmp_path: Path) -> None:
    GapLedger(tmp_path).note(gap(1, 0, "missed", end=minute(1), events=40))
    with (tmp_path / "gaps.jsonl").open("ab") as sink:
        sink.write(b'{"source":"bluesky","noti')
    ledger = GapLedger(tmp_path)
    ledger.note(gap(9, 7))
    assert ledger.gaps() == [gap(1, 0, "missed", end=minute(1), events=40), gap(9, 7)]


def test_a_reader_sees_what_another_process_adds(tmp_path: Path) -> None:
    reader, writer = GapLedger(tmp_path), GapLedger(tmp_path)
    assert reader.gaps() == []
    writer.note(gap())
    assert reader.gaps() == [gap()]


class Told:
    """A source that says what it is given."""

    name = "told"

    def __init__(self, *fetched: Fetched) -> None:
        self._fetched = fetched

    async def read(self, cursor: str | None) -> Any:
        for fetched in self._fetched:
            yield fetched
        await asyncio.sleep(60)


def told(data: Path, *fetched: Fetched, rolls: bool) -> list[str]:
    """The states in the ledger after reading, with or without a segment closed since."""

    async def reading() -> list[str]:
        log = Log(data)
        ingest = Ingest(log, Rolling(seconds=0.01 if rolls else 60))
        task = asyncio.create_task(ingest.run([Told(*fetched)]))
        while ingest.account.read < sum(len(each.posts) for each in fetched) or (rolls and not log.segments()):
            await asyncio.sleep(0.01)
        states: list[str] = [each.state for each in GapLedger(data).gaps()]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return states

    return asyncio.run(reading())


RECOVERED = gap(5, 0, "recovered", end=minute(5))
POSTS: list[Post] = [post("one"), post("two")]


def test_a_recovery_is_said_only_once_its_posts_have_landed(tmp_path: Path) -> None:
    events = Fetched("1", gaps=[gap(5, 0)]), Fetched("2", POSTS, gaps=[RECOVERED])
    assert told(tmp_path / "a", *events, rolls=False) == ["lost"]
    assert [each.state for each in GapLedger(tmp_path / "a").gaps()] == ["recovered"]
    assert told(tmp_path / "b", *events, rolls=True) == ["recovered"]


def test_a_loss_is_said_at_once(tmp_path: Path) -> None:
    assert told(tmp_path, Fetched("1", POSTS, gaps=[gap(5, 0, "missed", end=minute(2))]), rolls=False) == ["missed"]
