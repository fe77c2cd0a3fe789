"""Objects of the X API v2, as typed structs, in both of its spellings."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TypeVar

import msgspec

Id = int | str
REPOSTED = re.compile(r"RT @\w+")
"""How the text of a repost begins where nothing else says that it is one."""
T = TypeVar("T")


class User(msgspec.Struct):
    """A user object, in `includes.users`, inline as `author`, or in a file of users."""

    id: Id | None = None
    username: str | None = None
    location: str | None = None


class Place(msgspec.Struct):
    """A place object of `includes.places`; flattened posts have its fields inside `geo`."""

    id: str | None = None
    full_name: str | None = None
    name: str | None = None
    country: str | None = None
    country_code: str | None = None


class Point(msgspec.Struct):
    """GeoJSON: longitude first."""

    type: str = ""
    coordinates: list[float] | None = None


class Geo(Place):
    """Where a post says it is; `coordinates` only where the author shared the point itself."""

    place_id: str | None = None
    coordinates: Point | None = None


class Note(msgspec.Struct):
    """The whole text of a long post."""

    text: str | None = None


class Reference(msgspec.Struct):
    """An answered, quoted or reposted post; flattened posts have that post's fields inside."""

    type: str
    id: Id
    text: str | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None


class Item(msgspec.Struct):
    """Anything the API puts into `data` or `includes.tweets`: a post, or what is told apart by its other fields."""

    id: Id | None = None
    text: str | None = None
    created_at: str | None = None
    author_id: Id | None = None
    lang: str | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None
    geo: Geo | None = None
    referenced_tweets: list[Reference] | None = None
    referenced_posts: list[Reference] | None = None
    edit_history_tweet_ids: list[Id] | None = None
    edit_history_post_ids: list[Id] | None = None
    attachments: msgspec.Raw = msgspec.Raw()
    author: User | None = None
    username: str | None = None
    owner_id: Id | None = None
    member_count: int | None = None
    start: str | None = None
    end: str | None = None
    state: str | None = None


class Envelope(msgspec.Struct):
    """A page or a stream line: its parts, not decoded yet, so that a bad part spoils only itself."""

    data: msgspec.Raw = msgspec.Raw()
    includes: dict[str, msgspec.Raw] | None = None
    errors: list[msgspec.Raw] | None = None
    meta: msgspec.Raw = msgspec.Raw()


class Included:
    """What a page's `includes` says about users, places and other posts, by id."""

    def __init__(self, includes: dict[str, msgspec.Raw] | None) -> None:
        parts = includes or {}
        self.users = {str(user.id): user for user in _each(parts.get("users"), User)}
        self.places = {str(place.id): place for place in _each(parts.get("places"), Place)}
        posts = [*_each(parts.get("tweets"), Item), *_each(parts.get("posts"), Item)]
        self.posts = {str(post.id): post for post in posts}


def full_text(post: Item | Reference) -> str | None:
    """The text a reader sees: `text` of a long post is cut, its `note_tweet` is not."""
    note = post.note_tweet or post.note_post
    return note.text if note and note.text is not None else post.text


def _each(part: msgspec.Raw | None, kind: type[T]) -> list[T]:
    if part is None:
        return []
    try:
        return msgspec.json.decode(part, type=list[kind])  # type: ignore[valid-type]
    except msgspec.ValidationError:
        return _readable(part, kind)


def _readable(part: msgspec.Raw, kind: type[T]) -> list[T]:
    """The objects that can be read: an include only adds to a post, so a bad one costs what it would have added."""
    found = []
    try:
        raws = msgspec.json.decode(part, type=list[msgspec.Raw])
    except msgspec.ValidationError:
        return []
    for raw in raws:
        with suppress(msgspec.ValidationError):
            found.append(msgspec.json.decode(raw, type=kind))
    return found
