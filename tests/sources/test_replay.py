from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from voxpop import demo
from voxpop.errors import Terminal
from voxpop.seams import Fetched
from voxpop.sources.replay import Replay, ReplaySource
from voxpop.testing import check_source, read_all

BEGIN = datetime(2026, 11, 19, 5, 0, tzinfo=UTC)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Four posts, a minute apart; two lie before `BEGIN`."""
    path = tmp_path / "posts.jsonl"
    times = [BEGIN + timedelta(minutes=minute) for minute in (1, -2, 0, -1)]
    rows = [{"id": f"{at:%H%M}", "text": f"at {at:%H:%M}", "created_at": at.isoformat()} for at in times]
    path.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows))
    return path


def texts(fetched: Sequence[Fetched]) -> list[str | None]:
    return [post.text for part in fetched for post in part.posts]


def test_posts_come_in_the_order_they_were_written(recording: Path) -> None:
    fetched = read_all(ReplaySource([recording], Replay(speed=3600)))
    assert texts(fetched) == ["at 04:58", "at 04:59", "at 05:00", "at 05:01"]


def test_what_lies_before_the_beginning_is_history_at_its_recorded_distance(recording: Path) -> None:
    history, *_ = read_all(ReplaySource([recording], Replay(speed=3600, begin=BEGIN)))
    ages = [datetime.now(UTC) - (post.created_at or BEGIN) for post in history.posts]
    assert [round(age / timedelta(minutes=1)) for age in ages] == [2, 1]


def test_the_laws_of_a_source_hold(recording: Path) -> None:
    check_source(lambda: ReplaySource([recording], Replay(speed=3600, begin=BEGIN)))


def test_a_loop_delivers_new_posts_each_time_around(recording: Path) -> None:
    async def first(count: int) -> list[str]:
        found: list[str] = []
        async for fetched in ReplaySource([recording], Replay(speed=3600, loop=True)).read(None):
            found += [post.post_id for post in fetched.posts]
            if len(found) >= count:
                return found[:count]
        return found

    ids = asyncio.run(first(8))
    assert len(set(ids)) == 8
    assert [post_id + "~1" for post_id in ids[:4]] == ids[4:]


def test_files_without_a_time_cannot_be_replayed(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("hello\nworld\n")
    with pytest.raises(Terminal, match="no post with a time"):
        read_all(ReplaySource([tmp_path / "words.txt"]))


def test_the_demo_recording_is_read_whole() -> None:
    fetched = read_all(ReplaySource(demo.recording(), Replay(speed=1, begin=BEGIN + timedelta(hours=1))))
    posts = [post for part in fetched for post in part.posts]
    assert not [record for part in fetched for record in part.rejected]
    assert {post.op for post in posts} == {"create", "update", "delete"}
    assert {post.kind for post in posts} == {"original", "reply", "repost", "quote"}
    assert {post.source for post in posts} == {"bluesky", "x"}


def test_the_demo_recording_has_600_distinct_posts_in_many_languages() -> None:
    fetched = read_all(ReplaySource(demo.recording(), Replay(speed=1, begin=BEGIN + timedelta(hours=1))))
    posts = [post for part in fetched for post in part.posts]
    assert len({post.text for post in posts if post.text}) >= 600
    assert len({post.lang for post in posts if post.lang}) >= 10
    assert sum(bool(post.profile_location) for post in posts) >= 150
