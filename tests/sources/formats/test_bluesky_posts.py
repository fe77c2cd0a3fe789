"""Posts of Bluesky's API, on invented records."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.sources.reading import FIXTURES, read
from voxpop.schema import Post

FILE = FIXTURES / "bluesky_posts.jsonl"
OTHER = "bluesky:at://did:plc:invented2/app.bsky.feed.post/3k1"


def posts() -> dict[str, Post]:
    return {post.post_id.rpartition("/")[2]: post for post in read(FILE).posts}


def test_a_post_gives_every_field() -> None:
    assert posts()["3a1"] == Post(
        post_id="bluesky:at://did:plc:invented1/app.bsky.feed.post/3a1",
        source="bluesky",
        text="the new kettle sings",
        author_id="did:plc:invented1",
        author="moss.example",
        url="https://bsky.app/profile/did:plc:invented1/post/3a1",
        lang="en",
        created_at=datetime(2026, 11, 19, 5, tzinfo=UTC),
    )


def test_answers_and_quotes_name_the_other_post() -> None:
    found = posts()
    assert [(found[key].kind, found[key].ref_id) for key in ("3a2", "3a3")] == [("reply", OTHER), ("quote", OTHER)]


def test_a_post_is_dated_by_the_earlier_of_its_two_times() -> None:
    found = posts()
    assert found["3a4"].created_at == datetime(2026, 11, 19, 5, tzinfo=UTC)
    assert found["3a5"].created_at == found["3a6"].created_at == datetime(2026, 11, 19, 5, 0, 1, tzinfo=UTC)


def test_a_handle_that_leads_nowhere_is_none() -> None:
    assert posts()["3a6"].author is None


def test_what_is_no_post_is_rejected() -> None:
    assert [bad.reason for bad in read(FILE).rejected] == ["its uri is not that of a post"]
