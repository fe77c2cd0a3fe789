"""What the fields of each format mean, on the invented records of `tests/fixtures/files`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from voxpop.schema import Post
from voxpop.sources.formats.line import decode_line

FIXTURES = Path(__file__).parents[2] / "fixtures" / "files"
TIME = datetime(2026, 11, 19, 5, tzinfo=UTC)


def posts(name: str) -> dict[str, Post]:
    """Posts of a fixture by what comes after `x:` and the like, then by revision for edits."""
    found = [post for line in (FIXTURES / name).read_bytes().splitlines() for post in decode_line(line).posts]
    return {post.rev or post.post_id.partition(":")[2]: post for post in found}


def test_snscrape_gives_every_field() -> None:
    assert posts("snscrape.jsonl")["1001"] == Post(
        post_id="x:1001",
        source="x",
        text="the new kettle sings &amp; I love it",
        rev="1001",
        author_id="501",
        author="mossy_kettle",
        url="https://twitter.com/mossy_kettle/status/1001",
        lang="en",
        created_at=datetime(2023, 6, 1, 12, tzinfo=UTC),
        profile_location="Leeds, UK",
    )


def test_snscrape_coordinates_are_a_point_only_without_a_place() -> None:
    found = posts("snscrape.jsonl")
    in_place, at_point = found["1002"], found["1003"]
    assert (in_place.gps_lat, in_place.gps_lon) == (None, None)
    assert (in_place.place_name, in_place.place_country) == ("Porto, Portugal", "PT")
    assert (at_point.gps_lat, at_point.gps_lon) == (41.13, -8.69)


@pytest.mark.parametrize(
    ("name", "own", "kind", "ref", "text"),
    [
        ("snscrape.jsonl", "1004", "repost", "x:901", "the whole loaf is gone, and nobody saw who took it"),
        ("snscrape.jsonl", "1005", "quote", "x:902", "look at this"),
        ("snscrape.jsonl", "1006", "reply", "x:903", "agreed"),
        ("x_statuses.jsonl", "4003", "repost", "x:901", "the whole loaf is gone, and nobody saw who took it"),
        ("x_statuses.jsonl", "4004", "reply", "x:903", "agreed"),
        ("x_statuses.jsonl", "4005", "quote", "x:902", "look at this"),
        ("x_pages.jsonl", "2003", "repost", "x:1900", "start of it, and the end of it"),
        ("x_pages.jsonl", "2004", "quote", "x:1900", "seen this?"),
        ("x_pages.jsonl", "2005", "reply", "x:1901", "both"),
        ("x_stream.jsonl", "2003", "repost", "x:1900", "start of it, and the end of it"),
        ("x_flat.jsonl", "2201", "repost", "x:1900", "start, and the end"),
        ("jetstream.jsonl", "3mq3", "reply", "bluesky:at://did:plc:invented2/app.bsky.feed.post/3k1", "yes"),
        ("jetstream.jsonl", "3mq4", "quote", "bluesky:at://did:plc:invented2/app.bsky.feed.post/3k1", "look"),
        ("jetstream.jsonl", "3mq11", "original", None, "list"),
    ],
)
def test_replies_reposts_and_quotes_refer(name: str, own: str, kind: str, ref: str | None, text: str) -> None:
    post = posts(name)[own]
    assert (post.kind, post.ref_id, post.text) == (kind, ref, text)


def test_old_snscrape_has_its_text_elsewhere() -> None:
    found = posts("snscrape_old.jsonl")
    assert (found["1101"].text, found["1102"].text) == ("from before rawContent", "minimal fields")
    assert found["1102"].author == "toast"


def test_snscrape_modules_become_sources() -> None:
    found = posts("snscrape_modules.jsonl")
    assert sorted(post.source for post in found.values()) == ["mastodon", "telegram", "weibo"]
    assert found["Na"].author == "lu"


def test_twscrape_edits_are_updates_of_the_first_version() -> None:
    found = posts("twscrape.jsonl")
    assert (found["1201"].post_id, found["1201"].op) == ("x:1201", "create")
    assert (found["1203"].post_id, found["1203"].op, found["1203"].text) == ("x:1201", "update", "tea first, fixed")


def test_x_edits_are_updates_of_the_first_version() -> None:
    edited = posts("x_pages.jsonl")["2007"]
    assert (edited.post_id, edited.op, edited.rev) == ("x:2006", "update", "2007")
    assert edited.url == "https://x.com/i/web/status/2007"


def test_a_truncated_long_post_is_read_whole() -> None:
    assert posts("x_pages.jsonl")["2002"].text == "a long post, whole"


def test_x_points_are_longitude_first_and_places_come_from_includes() -> None:
    post = posts("x_pages.jsonl")["2008"]
    assert (post.gps_lat, post.gps_lon) == (41.15, -8.61)
    assert (post.place_name, post.place_country) == ("Porto, Portugal", "PT")
    assert (post.author, post.profile_location) == ("marzipan_kev", "Leeds, UK")


def test_a_withheld_post_is_a_post() -> None:
    assert posts("x_pages.jsonl")["2009"].text == "withheld"


def test_a_bad_include_costs_only_what_it_would_have_added() -> None:
    page: dict[str, Any] = json.loads((FIXTURES / "x_pages.jsonl").read_text().splitlines()[0])
    page["includes"]["users"].append({"id": "73", "username": 5})
    page["includes"]["places"] = "none"
    done = decode_line(json.dumps(page).encode())
    assert len(done.posts) == 8
    assert done.posts[0].author == "marzipan_kev"
    assert all(post.place_name is None for post in done.posts)


def test_compliance_deletes_posts_and_never_users() -> None:
    lines = [line for line in (FIXTURES / "x_compliance.jsonl").read_bytes().splitlines() if line]
    redacted, deleted, user = (decode_line(line) for line in lines)
    assert (redacted.posts[0].op, redacted.posts[0].text) == ("delete", None)
    assert redacted.posts[0].created_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert deleted.posts[0].created_at == TIME.replace(microsecond=667_000)
    assert not user.posts and "a user's id" in user.rejected[0].reason


ACCOUNT = '{"did":"did:plc:ana","time_us":1795064400000009,"kind":"account","account":%s}'
ACCOUNT_V2 = (
    '{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#account","seq":9,'
    '"did":"did:plc:ana","time":"2026-11-19T05:00:00.000009Z",'
    '"account":{"active":false,"did":"did:plc:ana","seq":9,"status":"%s","time":"2026-11-19T04:59:59.900Z"}}}'
)


@pytest.mark.parametrize("status", ["deleted", "takendown"])
def test_an_account_that_is_gone_is_one_deletion_of_all_its_posts(status: str) -> None:
    v1 = decode_line((ACCOUNT % f'{{"active":false,"did":"did:plc:ana","seq":9,"status":"{status}"}}').encode())
    v2 = decode_line((ACCOUNT_V2 % status).encode())
    (gone,) = v1.posts
    assert (gone.post_id, gone.op, gone.rev, gone.author_id) == (
        "bluesky:author:did:plc:ana",
        "delete",
        "9",
        "did:plc:ana",
    )
    assert v1 == v2


@pytest.mark.parametrize("account", ['{"active":true}', '{"active":false,"status":"suspended"}', '{"active":false}'])
def test_an_account_that_may_come_back_keeps_its_posts(account: str) -> None:
    found = decode_line((ACCOUNT % account).encode())
    assert (found.posts, found.ignored) == ([], {"account": 1})


def test_jetstream_time_is_the_events_and_not_the_clients() -> None:
    found = posts("jetstream.jsonl")
    created, updated, deleted = found["3mq1"], found["3mq5"], found["3mq6"]
    assert created == Post(
        post_id="bluesky:at://did:plc:invented1/app.bsky.feed.post/a1",
        source="bluesky",
        text="gta day",
        rev="3mq1",
        author_id="did:plc:invented1",
        url="https://bsky.app/profile/did:plc:invented1/post/a1",
        lang="en",
        created_at=TIME.replace(microsecond=1),
    )
    assert (updated.post_id, updated.op, updated.text) == (created.post_id, "update", "gta day!")
    assert (deleted.op, deleted.text) == ("delete", None)


def test_the_second_wire_is_read_too() -> None:
    post = posts("jetstream.jsonl")["3mr"]
    assert (post.text, post.created_at) == ("second wire", TIME.replace(microsecond=123_456))


def test_a_line_of_nothing_known_is_rejected_with_its_place() -> None:
    (rejected,) = decode_line(b'{"alpha": 1}', "stream", 7).rejected
    assert (rejected.origin, rejected.position, rejected.line) == ("stream", 7, '{"alpha": 1}')
    assert "no format" in rejected.reason
    assert "nested too deep" in decode_line(b'{"data":' + b"[" * 100_000).rejected[0].reason
    assert r"\xff" in decode_line(b'{"text": "\xff"}').rejected[0].line


def test_a_keep_alive_is_nothing() -> None:
    done = decode_line(b"\r\n")
    assert not (done.posts or done.rejected or done.ignored)
