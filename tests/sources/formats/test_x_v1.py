"""Statuses of the X API v1.1 and X's archive of an account, on invented records."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.sources.reading import FIXTURES, read
from voxpop.schema import Post

NOON = datetime(2023, 6, 1, 12, tzinfo=UTC)


def posts(name: str) -> dict[str, Post]:
    """Posts of a fixture by their own id; deletions by `-` and the id."""
    return {post.rev or post.post_id.replace("x:", "-"): post for post in read(FIXTURES / name).posts}


def test_a_status_gives_every_field() -> None:
    assert posts("x_statuses.jsonl")["4001"] == Post(
        post_id="x:4001",
        source="x",
        text="the new kettle sings &amp; I love it",
        rev="4001",
        author_id="501",
        author="mossy_kettle",
        url="https://x.com/i/web/status/4001",
        lang="en",
        created_at=NOON,
        profile_location="Leeds, UK",
    )


def test_a_point_has_longitude_first_and_a_place_its_country() -> None:
    found = posts("x_statuses.jsonl")["4006"]
    assert (found.gps_lat, found.gps_lon) == (41.13, -8.69)
    assert (found.place_name, found.place_country, found.profile_location) == ("Porto, Portugal", "PT", None)
    archived = posts("x_archive.js")["5007"]
    assert (archived.gps_lat, archived.gps_lon) == (41.13, -8.69)


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ("4002", "a long one that is cut in its first sentence, and whole here"),
        ("4007", "in the extended mode"),
        ("4008", "found by a search"),
    ],
)
def test_the_whole_text_is_taken_wherever_it_is(own: str, text: str) -> None:
    assert posts("x_statuses.jsonl")[own].text == text


def test_a_notice_of_a_deletion_deletes() -> None:
    found = posts("x_statuses.jsonl")["-4001"]
    assert (found.op, found.text) == ("delete", None)
    assert found.created_at == datetime(2023, 6, 1, 12, 1, tzinfo=UTC)


def test_what_cannot_be_read_is_rejected_alone() -> None:
    assert [(bad.position, bad.reason) for bad in read(FIXTURES / "x_statuses.jsonl").rejected] == [
        (10, "no id: a post without one cannot be told from others"),
        (11, "'Thu Jun 41 12:00:00 +0000 2023' is not a date that can be read; ISO 8601 and Unix time can be"),
    ]


def test_an_archive_has_reposts_by_their_text_and_edits_by_their_first_version() -> None:
    found = posts("x_archive.js")
    assert [found[own].kind for own in ("5001", "5002", "5003")] == ["original", "repost", "reply"]
    assert (found["5005"].post_id, found["5005"].op) == ("x:5004", "update")
    assert (found["5001"].author, found["5001"].created_at) == (None, NOON)


def test_what_an_archive_says_was_deleted_is_a_deletion() -> None:
    found = posts("x_archive.js")["-5006"]
    assert (found.op, found.text, found.created_at) == ("delete", None, datetime(2023, 6, 1, 13, tzinfo=UTC))
