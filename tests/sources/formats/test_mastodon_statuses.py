"""Statuses of Mastodon's API out of a file, on invented records."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.sources.reading import FIXTURES, read
from voxpop.schema import Post
from voxpop.sources.formats.context import Context
from voxpop.sources.formats.mastodon import Mastodon

FILE = FIXTURES / "mastodon_statuses.json"
TIME = datetime(2026, 11, 19, 5, tzinfo=UTC)


def posts() -> dict[str, Post]:
    return {post.post_id.rpartition("/")[2]: post for post in read(FILE).posts}


def test_a_status_gives_every_field_and_no_markup() -> None:
    assert posts()["6001"] == Post(
        post_id="mastodon:town.example/6001",
        source="mastodon",
        text="I love #tea & toast",
        author_id="town.example/61",
        author="moss",
        url="https://town.example/@moss/6001",
        lang="en",
        created_at=TIME,
    )


def test_what_was_written_on_the_instance_is_as_heard_live_there() -> None:
    heard = Context()
    Mastodon("town.example").page(FILE.read_bytes(), heard)
    live = {post.post_id: post for post in heard.posts}
    found = posts()
    for native in ("6001", "6002", "6005"):
        assert found[native] == live[f"mastodon:town.example/{native}"]


def test_what_came_from_elsewhere_has_the_id_of_its_own_instance() -> None:
    found = posts()
    assert (found["77"].post_id, found["77"].author_id) == ("mastodon:far.example/77", "far.example/fern@far.example")
    assert (found["77"].kind, found["77"].ref_id) == ("reply", None)
    assert found["0a-1b"].post_id == "mastodon:p.example/objects/0a-1b"


def test_a_boost_has_the_text_and_the_address_of_what_it_boosts() -> None:
    boost = posts()["6004"]
    assert (boost.kind, boost.ref_id, boost.text) == ("repost", "mastodon:far.example/78", "whole loaf")


def test_a_status_without_an_address_is_rejected_alone() -> None:
    assert [bad.reason for bad in read(FILE).rejected] == ["its uri names no instance"]
