from __future__ import annotations

from pathlib import Path

from tests.posts import post
from voxpop.log import Log
from voxpop.preview import preview
from voxpop.schema import Post, to_batch
from voxpop.topics import Topic


def landed(tmp_path: Path, *segments: list[Post]) -> Log:
    log = Log(tmp_path)
    for posts in segments:
        log.append(to_batch(posts), log.tail(), {})
    return log


def topic(query: str) -> Topic:
    return Topic.read("test", "test", query)


def test_the_newest_posts_are_looked_at_and_the_newest_caught_ones_shown(tmp_path: Path) -> None:
    texts = [["a plum", "nothing"], ["two plums", "plum tree", "ripe plum"]]
    log = landed(tmp_path, *([post(text) for text in segment] for segment in texts))
    found = preview(log, topic("plum"), examples=2)
    assert (found.looked_at, found.caught) == (5, 3)
    assert [caught.text for caught in found.examples] == ["ripe plum", "plum tree"]
    assert preview(log, topic("plum"), 5, most=3).looked_at == 3


def test_a_post_counts_in_its_newest_version_and_not_once_deleted(tmp_path: Path) -> None:
    first = [post("a plum", post_id="t:1"), post("a plum", post_id="t:2"), post("a pear", post_id="t:3")]
    second = [post("a pear", post_id="t:1", op="update"), post(None, post_id="t:2", op="delete")]
    found = preview(landed(tmp_path, first, second), topic("plum OR pear"), 9)
    assert [(caught.post_id, caught.text) for caught in found.examples] == [("t:1", "a pear"), ("t:3", "a pear")]


def test_columns_are_read_as_they_will_be_scored(tmp_path: Path) -> None:
    log = landed(tmp_path, [post("x", lang="en-GB", profile_location="Berlin, Germany", author="Ana", kind="reply")])
    assert preview(log, topic("lang:en country:DE from:ana is:reply"), 1).caught == 1


def test_a_damaged_segment_does_not_hold_up_the_others(tmp_path: Path) -> None:
    log = landed(tmp_path, [post("a plum")], [post("a plum")])
    (log.landing / log.segments()[1].path).write_bytes(b"torn")
    assert preview(log, topic("plum"), 1).looked_at == 1


def test_an_empty_log_has_nothing_to_look_at(tmp_path: Path) -> None:
    assert preview(Log(tmp_path), topic("plum"), 1).looked_at == 0
