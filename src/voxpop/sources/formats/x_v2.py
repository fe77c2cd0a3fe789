"""The X API v2's JSON: pages, stream lines, and posts one a line (`twarc2 flatten`)."""

from __future__ import annotations

from typing import Any

import msgspec

from voxpop.schema import Kind, Post
from voxpop.sources.formats.context import Author, Context, Sample, decode_each, on_earth
from voxpop.sources.formats.dates import parse_date
from voxpop.sources.formats.x_wire import Envelope, Geo, Id, Included, Item, Place, User, full_text

_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_item = msgspec.json.Decoder(Item).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_KINDS: dict[str, Kind] = {"retweeted": "repost", "reposted": "repost", "replied_to": "reply", "quoted": "quote"}
_NOTHING = Included(None)


class XPages:
    """Pages `{"data": […], "includes": …}` and stream lines `{"data": {…}, "matching_rules": …}`.

    A page is one record of the file however many posts it has; `includes` only completes them. Users, lists, counts
    and spaces in `data`, and the API's partial errors, are counted.
    """

    name = "X API v2 pages or stream"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """An object with `data`, or with `errors` or `meta` in its place."""
        return any(is_page(record) for record in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """Every post of a page; a bad one is rejected alone."""
        page = _decode_envelope(record)
        items = _items(page.data)
        included = Included(page.includes)
        decode_each(items, lambda raw: _decode_into(raw, included, context), context)
        if page.errors:
            context.ignore("partial error" if items else "stream error", len(page.errors))
        elif not items:
            if not memoryview(page.meta):
                raise ValueError("neither data nor errors in it: not a page of the X API v2")
            context.ignore("empty page")


class XPosts:
    """Posts one a line, as `twarc2 flatten` writes them: `author`, `geo` and references are inline."""

    name = "X API v2 posts"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """An id and a text, with fields only this API has."""
        return any(is_post(record) for record in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """One post."""
        _decode_into(record, _NOTHING, context)


def is_page(record: dict[str, Any]) -> bool:
    """Whether a JSON object is a page or a stream line."""
    if isinstance(record.get("data"), dict | list):
        items = record["data"] if isinstance(record["data"], list) else [record["data"]]
        return all(isinstance(item, dict) for item in items)
    return "data" not in record and (
        isinstance(record.get("errors"), list) or "result_count" in str(record.get("meta"))
    )


def is_post(record: dict[str, Any]) -> bool:
    """Whether a JSON object is a post of this API by itself."""
    marks = {"edit_history_tweet_ids", "public_metrics", "referenced_tweets", "conversation_id", "author", "__twarc"}
    return {"id", "text"} <= record.keys() and "author_id" in record and bool(marks & record.keys())


def _items(data: msgspec.Raw) -> list[Any]:
    start = bytes(memoryview(data)[:1])
    if start == b"{":
        return [data]
    if start == b"[":
        return _decode_items(data)
    if start in (b"", b"n"):
        return []
    raise ValueError("data is neither an object nor a list: not a page of the X API v2")


def _decode_into(raw: bytes | msgspec.Raw, included: Included, context: Context) -> None:
    item = _decode_item(raw)
    if kind := _not_a_post(item):
        context.ignore(kind)
    else:
        context.posts.append(_post(item, included, context))


def _not_a_post(item: Item) -> str | None:
    if item.text is not None or item.author_id is not None or memoryview(item.attachments):
        return None
    if item.username is not None:
        return "user"
    if item.owner_id is not None or item.member_count is not None:
        return "list"
    if item.start is not None and item.end is not None:
        return "count"
    return "space" if item.state is not None else None


def _post(item: Item, included: Included, context: Context) -> Post:
    if not item.id:
        raise ValueError("no id: a post without one cannot be told from others")
    own = str(item.id)
    history = item.edit_history_tweet_ids or item.edit_history_post_ids
    first = str(history[0]) if history else own
    kind, ref, text = _relation(item, included)
    author = _author(item, included, context)
    lat, lon = _gps(item.geo)
    place = _place(item.geo, included)
    return Post(
        post_id="x:" + first,
        source="x",
        text=text,
        op="create" if first == own else "update",
        rev=own,
        author_id=str(item.author_id) if item.author_id else None,
        author=author.handle,
        url=f"https://x.com/i/web/status/{own}",
        lang=item.lang,
        created_at=parse_date(item.created_at) if item.created_at else snowflake_time(own),
        kind=kind,
        ref_id=f"x:{ref}" if ref else None,
        gps_lat=lat,
        gps_lon=lon,
        place_name=place.full_name or place.name or place.country or None,
        place_country=place.country_code.upper() if place.country_code else None,
        profile_location=author.location,
    )


def snowflake_time(native: str) -> Any:
    """When X made this id, to the millisecond; None for ids from before 2010-11-04 and for what is no id."""
    if not native.isascii() or not native.isdigit() or not 2**32 < int(native) < 2**63:
        return None
    return parse_date((int(native) >> 22) + 1_288_834_974_657)


def _relation(item: Item, included: Included) -> tuple[Kind, Id | None, str]:
    text = full_text(item) or ""
    by_kind = {_KINDS.get(ref.type): ref for ref in item.referenced_tweets or item.referenced_posts or ()}
    if ref := by_kind.get("repost"):
        # A repost's own text is "RT @x: " and the first 140 characters.
        whole = included.posts.get(str(ref.id))
        return "repost", ref.id, (full_text(whole) if whole else full_text(ref)) or text
    if ref := by_kind.get("reply"):
        return "reply", ref.id, text
    if ref := by_kind.get("quote"):
        return "quote", ref.id, text
    return "original", None, text


def _author(item: Item, included: Included, context: Context) -> Author:
    user = item.author or included.users.get(str(item.author_id)) or User()
    known = context.authors.get(str(item.author_id)) or Author(None, None)
    return Author(user.username or known.handle, user.location or known.location)


def _gps(geo: Geo | None) -> tuple[float | None, float | None]:
    if geo is None or geo.coordinates is None or geo.coordinates.type != "Point":
        return None, None
    lon, lat, *_ = geo.coordinates.coordinates or (None, None)
    return on_earth(lat, lon)


def _place(geo: Geo | None, included: Included) -> Place:
    if geo is None:
        return Place()
    return included.places.get(str(geo.place_id)) or geo
