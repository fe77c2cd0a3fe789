"""Posts as Bluesky's app view answers them, in searches, lists and feeds (app.bsky.feed.defs#postView)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from voxpop.schema import Post
from voxpop.sources.formats.context import Context, Sample, decode_each
from voxpop.sources.formats.dates import parse_date
from voxpop.sources.formats.jetstream import COLLECTION, Record, relation

_UNKNOWN = "handle.invalid"
"""What stands for a handle that no longer leads to its account."""


class _Author(msgspec.Struct):
    did: str
    handle: str | None = None


class _View(msgspec.Struct):
    uri: str
    author: _Author
    record: Record
    indexed: str = msgspec.field(name="indexedAt")


class _Item(msgspec.Struct):
    post: msgspec.Raw


class _Page(msgspec.Struct):
    """Whatever posts come in: a page of a search or a feed, one item of a feed."""

    posts: list[msgspec.Raw] | None = None
    feed: list[_Item] | None = None
    post: msgspec.Raw = msgspec.Raw()


_decode_page = msgspec.json.Decoder(_Page).decode
_decode_view = msgspec.json.Decoder(_View).decode


class BlueskyPosts:
    """Posts of Bluesky's API, one an object, or in pages of `searchPosts`, `getPosts` and `getAuthorFeed`.

    Their ids are those of Jetstream, so what was heard live is not read twice. The trap: `createdAt` is what the client
    says and `indexedAt` may be long after; a post is dated by the earlier one, as Bluesky sorts
    (https://docs.bsky.app/docs/advanced-guides/timestamps). Who reposted an item of a feed is not read.
    """

    name = "Bluesky API posts"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """A post with `uri`, `author`, `record` and `indexedAt`, by itself or in a page."""
        return any(_shows(record) for record in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """Every post of a record; a bad one of a page is rejected alone."""
        page = _decode_page(record)
        items = page.posts if page.posts is not None else [item.post for item in page.feed or ()]
        if page.posts is None and page.feed is None:
            _decode_into(page.post if memoryview(page.post) else record, context)
        elif not items:
            context.ignore("empty page")
        decode_each(items, lambda raw: _decode_into(raw, context), context)


def _shows(record: dict[str, Any]) -> bool:
    inside = record.get("posts", record.get("feed"))
    if isinstance(inside, list) and set(record) <= {"posts", "feed", "cursor", "hitsTotal"}:
        return not inside or isinstance(inside[0], dict) and _shows(inside[0])
    view = record.get("post", record)
    return isinstance(view, dict) and {"uri", "author", "record", "indexedAt"} <= view.keys()


def _decode_into(raw: bytes | msgspec.Raw, context: Context) -> None:
    view = _decode_view(raw)
    did, middle, rkey = view.uri.removeprefix("at://").partition(f"/{COLLECTION}/")
    if not (view.uri.startswith("at://") and middle and rkey):
        raise ValueError("its uri is not that of a post")
    kind, ref = relation(view.record)
    handle = view.author.handle
    context.posts.append(
        Post(
            post_id="bluesky:" + view.uri,
            source="bluesky",
            text=view.record.text,
            author_id=view.author.did,
            author=handle if handle != _UNKNOWN else None,
            url=f"https://bsky.app/profile/{did}/post/{rkey}",
            lang=view.record.langs[0] if view.record.langs else None,
            created_at=_sorted_at(view),
            kind=kind,
            ref_id=f"bluesky:{ref}" if ref else None,
        )
    )


def _sorted_at(view: _View) -> datetime:
    indexed = parse_date(view.indexed)
    try:
        return min(indexed, parse_date(view.record.created))
    except ValueError:
        return indexed
