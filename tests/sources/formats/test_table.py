from __future__ import annotations

from typing import Any

import pytest

from voxpop.errors import Terminal
from voxpop.schema import Post
from voxpop.sources.formats.columns import choose, guess
from voxpop.sources.formats.context import Context, FileOptions, decode_record
from voxpop.sources.formats.table import Table, XTable


def decoded(*rows: dict[str, Any], source: str = "file") -> Context:
    columns = choose(dict.fromkeys(key for row in rows for key in row), {}, "rows")
    context = Context(options=FileOptions(source=source), columns=columns)
    for row in rows:
        decode_record(Table(), row, context)
    return context


def post(row: dict[str, Any]) -> Post:
    (found,) = decoded(row).posts
    return found


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (["Date Created", "Tweet"], {"text": "Tweet", "created_at": "Date Created"}),
        (["", "TweetAt", "OriginalTweet"], {"text": "OriginalTweet", "created_at": "TweetAt"}),
        (["datetime", "user", "text"], {"text": "text", "created_at": "datetime", "author": "user"}),
        (["text", "full_text", "id", "id_str", "user.username", "user.id_str"],
         {"text": "full_text", "id": "id_str", "author": "user.username", "author_id": "user.id_str"}),
        (["commentId", "textOriginal", "authorDisplayName", "publishedAt"],
         {"text": "textOriginal", "created_at": "publishedAt", "id": "commentId", "author": "authorDisplayName"}),
        (["uri", "author", "createdAt", "indexedAt", "text"],
         {"text": "text", "created_at": "createdAt", "id": "uri", "author": "author"}),
    ],
)  # fmt: skip
def test_well_known_columns_are_guessed(header: list[str], chosen: dict[str, str]) -> None:
    assert guess(header) == chosen


def test_a_mapped_column_is_not_guessed_for_another_field() -> None:
    assert choose(["text", "body", "date"], {"author": "text"}, "rows") == {
        "text": "body",
        "created_at": "date",
        "author": "text",
    }
    with pytest.raises(Terminal, match="--map text=COLUMN"):
        choose(["alpha"], {}, "rows")


def test_equal_posts_stay_apart_and_get_the_same_ids_again() -> None:
    row = {"text": "gm", "date": "2026-11-19"}
    first = [found.post_id for found in decoded(row, row, row).posts]
    assert len(set(first)) == 3
    assert first[1].endswith("-2") and first[2].endswith("-3")
    assert first == [found.post_id for found in decoded(row, row, row).posts]


def test_an_at_uri_is_a_bluesky_post() -> None:
    found = post({"text": "hi", "uri": "at://did:plc:invented/app.bsky.feed.post/3k1"})
    assert (found.source, found.post_id) == ("bluesky", "bluesky:at://did:plc:invented/app.bsky.feed.post/3k1")
    assert found.url == "https://bsky.app/profile/did:plc:invented/post/3k1"


@pytest.mark.parametrize("rounded", ["1.52E+18", "1e18", float("nan"), 1.5e18, None, "", True])
def test_an_id_that_was_rounded_is_no_id(rounded: object) -> None:
    assert post({"text": "hi", "id": rounded}).post_id == post({"text": "hi"}).post_id


@pytest.mark.parametrize(
    ("row", "country", "name"),
    [
        ({"country": "pt"}, "PT", None),
        ({"country": "UK"}, "GB", None),
        ({"country": "Portugal"}, "PT", "Portugal"),
        ({"country": "Korea, Republic of"}, "KR", "Korea, Republic of"),
        ({"country": "Georgia"}, "GE", "Georgia"),
        ({"country": "unknown"}, None, "unknown"),
        ({"country": "1a"}, None, "1a"),
        ({"country": ""}, None, None),
    ],
)
def test_a_country_is_a_code_or_a_name(row: dict[str, str], country: str | None, name: str | None) -> None:
    found = post({"text": "hi", **row})
    assert (found.place_country, found.place_name) == (country, name)


@pytest.mark.parametrize(
    ("lat", "lon", "point"),
    [("41.1", "-8.6", (41.1, -8.6)), (0.0, 0.5, (0.0, 0.5)), ("", "", (None, None)), (91, 0, (None, None))],
)
def test_a_point_is_one_on_earth(lat: object, lon: object, point: tuple[float | None, float | None]) -> None:
    found = post({"text": "hi", "lat": lat, "lon": lon})
    assert (found.gps_lat, found.gps_lon) == point


def test_a_post_without_a_readable_date_or_text_is_rejected_with_the_reason() -> None:
    context = decoded({"text": "hi", "date": "soon"}, {"text": 7, "date": 1_795_064_400}, {"text": None, "date": ""})
    assert not context.posts
    assert [record.reason.split(";")[0] for record in context.rejected] == [
        "'soon' is not a date that can be read",
        "the text is not a string but int",
        "'' is not a date that can be read",
    ]


def test_only_addresses_become_urls_and_handles_lose_their_at() -> None:
    found = post({"text": "hi", "url": "[]", "user": "@jo"})
    assert (found.url, found.author) == (None, "jo")


def test_twarc_csv_has_its_own_columns() -> None:
    context = Context()
    row = {
        "id": "2401",
        "text": "whole",
        "author_id": "71",
        "created_at": "2026-11-19T05:00:00.000Z",
        "author.username": "jo",
        "author.location": "Leeds",
        "referenced_tweets.replied_to.id": "2400",
        "edit_history_tweet_ids": "['2399', '2401']",
        "source": "Some App",
    }
    decode_record(XTable(), row, context)
    (found,) = context.posts
    assert (found.source, found.post_id, found.op, found.rev) == ("x", "x:2399", "update", "2401")
    assert (found.author, found.profile_location, found.kind, found.ref_id) == ("jo", "Leeds", "reply", "x:2400")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("RT @moss: the kettle sings", "repost"), ("RT if you agree", "original"), ("so RT @moss: no", "original")],
)
def test_a_repost_is_known_by_how_its_text_begins(text: str, kind: str) -> None:
    assert post({"text": text}).kind == kind


@pytest.mark.parametrize(
    "printed",
    [
        "moss",
        "@moss",
        "{'_type': 'snscrape.modules.twitter.User', 'username': 'moss', 'id': 7, 'followersCount': 12}",
        "User(username='moss', id=7, displayname=\"Moss's\")",
        '{"id": 7, "screen_name": "moss"}',
        "https://twitter.com/moss",
        "https://town.example/@moss/",
    ],
)
def test_a_user_in_a_cell_is_a_name(printed: str) -> None:
    assert post({"text": "hi", "user": printed}).author == "moss"


def test_what_only_looks_like_a_user_in_a_cell_stays_as_it_is() -> None:
    for name in ("{moss}", "https://moss.example/a/b", "Moss (the kettle)"):
        assert post({"text": "hi", "user": name}).author == name
