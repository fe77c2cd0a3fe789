"""The X API v1.1's JSON, which most archives of before 2023 hold, and X's own archive of an account (`tweets.js`).

https://developer.x.com/en/docs/tweets/filter-realtime/guides/streaming-message-types says what a stream has beside
statuses.
"""

from __future__ import annotations

from typing import Any

import msgspec

from voxpop.schema import Kind, Post
from voxpop.sources.formats.context import Context, Sample, decode_each, on_earth
from voxpop.sources.formats.dates import parse_date
from voxpop.sources.formats.x_wire import REPOSTED, Id, Place

_NOTICES = {"limit", "scrub_geo", "status_withheld", "user_withheld", "disconnect", "warning", "friends", "event"}
_MARKS = {"user", "entities", "retweet_count", "favorite_count", "in_reply_to_status_id_str", "truncated"}


class _User(msgspec.Struct):
    id_str: str | None = None
    screen_name: str | None = None
    location: str | None = None


class _Point(msgspec.Struct):
    """GeoJSON: longitude first."""

    type: str = ""
    coordinates: list[float | str] | None = None


class _Whole(msgspec.Struct):
    """The whole text of a status that a stream gives cut."""

    full_text: str | None = None


class _Initial(msgspec.Struct):
    ids: list[Id] | None = msgspec.field(name="editTweetIds", default=None)


class _Edit(msgspec.Struct):
    first: Id | None = msgspec.field(name="initialTweetId", default=None)


class _Edits(msgspec.Struct):
    """In an archive: of the first version `initial`, of a later one `edit`."""

    initial: _Initial | None = None
    edit: _Edit | None = None


class _Status(msgspec.Struct):
    id_str: str | None = None
    id: Id | None = None
    created_at: str | None = None
    text: str | None = None
    full_text: str | None = None
    whole: _Whole | None = msgspec.field(name="extended_tweet", default=None)
    user: _User | None = None
    lang: str | None = None
    coordinates: _Point | None = None
    place: Place | None = None
    reposted: _Status | None = msgspec.field(name="retweeted_status", default=None)
    answered: str | None = msgspec.field(name="in_reply_to_status_id_str", default=None)
    quoted: str | None = msgspec.field(name="quoted_status_id_str", default=None)
    edits: _Edits | None = msgspec.field(name="edit_info", default=None)
    deleted_at: str | None = None


class _Deleted(msgspec.Struct):
    status: _Status
    timestamp_ms: str | None = None


class _Record(msgspec.Struct):
    """What a line can be besides a status: a page of a search, an archive's wrapping, a notice of a deletion."""

    statuses: list[msgspec.Raw] | None = None
    tweet: msgspec.Raw = msgspec.Raw()
    delete: _Deleted | None = None
    id_str: msgspec.Raw = msgspec.Raw()


_decode_record = msgspec.json.Decoder(_Record).decode
_decode_status = msgspec.json.Decoder(_Status).decode
_decode_any = msgspec.json.Decoder(dict[str, Any]).decode


class XStatuses:
    """Statuses of the X API v1.1 one a line, stream lines, pages of a search, and `tweets.js` of X's archive.

    The trap: an archive cuts long posts and reposts, and has no word of its author; `deleted-tweets.js` are deletions.
    """

    name = "X API v1.1 or archive"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """A status by its old names, in whatever it is wrapped, or a notice of a deletion."""
        return any(_shows(record) for record in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """Every status of a record; a bad one of a page is rejected alone."""
        found = _decode_record(record)
        if found.statuses is not None:
            decode_each(found.statuses, lambda raw: context.posts.append(_post(_decode_status(raw))), context)
            if not found.statuses:
                context.ignore("empty page")
        elif found.delete is not None:
            when = found.delete.timestamp_ms
            context.posts.append(_deletion(found.delete.status, int(when) if when else None))
        elif memoryview(found.tweet):
            context.posts.append(_post(_decode_status(found.tweet)))
        elif not memoryview(found.id_str) and (notices := _NOTICES & _decode_any(record).keys()):
            context.ignore(f"stream {min(notices)}")
        else:
            context.posts.append(_post(_decode_status(record)))


def _shows(record: dict[str, Any]) -> bool:
    if isinstance(record.get("statuses"), list) and "search_metadata" in record:
        return True
    if isinstance(notice := record.get("delete"), dict):
        return isinstance(notice.get("status"), dict)
    if isinstance(inner := record.get("tweet"), dict):
        return {"id_str", "full_text"} <= inner.keys()
    return {"id_str", "created_at"} <= record.keys() and bool(
        {"text", "full_text"} & record.keys() and _MARKS & record.keys()
    )


def _post(status: _Status) -> Post:
    if status.deleted_at:
        return _deletion(status, status.deleted_at)
    own = _native(status)
    first = _first(status, own)
    kind, ref, text = _relation(status)
    user, place = status.user or _User(), status.place or Place()
    lat, lon = _gps(status.coordinates)
    return Post(
        post_id="x:" + first,
        source="x",
        text=text,
        op="create" if first == own else "update",
        rev=own,
        author_id=user.id_str or None,
        author=user.screen_name or None,
        url=f"https://x.com/i/web/status/{own}",
        lang=status.lang,
        created_at=parse_date(status.created_at),
        kind=kind,
        ref_id=f"x:{ref}" if ref else None,
        gps_lat=lat,
        gps_lon=lon,
        place_name=place.full_name or place.name or place.country or None,
        place_country=place.country_code.upper() if place.country_code else None,
        profile_location=user.location or None,
    )


def _deletion(status: _Status, when: str | int | None) -> Post:
    own = _native(status)
    url = f"https://x.com/i/web/status/{own}"
    at = None if when is None else parse_date(when)
    return Post(post_id="x:" + own, source="x", text=None, op="delete", url=url, created_at=at)


def _native(status: _Status) -> str:
    native = status.id_str or status.id
    if not native:
        raise ValueError("no id: a post without one cannot be told from others")
    return str(native)


def _first(status: _Status, own: str) -> str:
    edits = status.edits or _Edits()
    history = edits.initial.ids if edits.initial else None
    return str((edits.edit.first if edits.edit else None) or (history[0] if history else own))


def _text(status: _Status) -> str:
    whole = status.whole.full_text if status.whole else None
    return next((text for text in (whole, status.full_text, status.text) if text is not None), "")


def _relation(status: _Status) -> tuple[Kind, Id | None, str]:
    text = _text(status)
    if status.reposted is not None:
        # A repost's own text is "RT @x: " and the first 140 characters.
        return "repost", status.reposted.id_str or status.reposted.id, _text(status.reposted) or text
    if status.answered:
        return "reply", status.answered, text
    if status.quoted:
        return "quote", status.quoted, text
    # An archive has reposts by their text alone.
    return ("repost" if status.user is None and REPOSTED.match(text) else "original"), None, text


def _gps(point: _Point | None) -> tuple[float | None, float | None]:
    if point is None or point.type != "Point" or not point.coordinates or len(point.coordinates) < 2:
        return None, None
    lon, lat, *_ = map(float, point.coordinates)
    return on_earth(lat, lon)
