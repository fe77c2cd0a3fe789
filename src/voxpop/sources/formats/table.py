"""Tables: rows of CSV, TSV or Parquet and objects of plain JSONL, read by their columns."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

import msgspec

from voxpop.place import find
from voxpop.schema import Kind, Post
from voxpop.sources.formats.columns import cell, guess
from voxpop.sources.formats.context import Author, Context, Sample, on_earth
from voxpop.sources.formats.dates import parse_date
from voxpop.sources.formats.jetstream import COLLECTION
from voxpop.sources.formats.x_wire import REPOSTED

_ROUNDED = re.compile(r"\d(\.\d*)?[eE]\+?\d+")
_REFERENCES: dict[str, Kind] = {"retweeted": "repost", "replied_to": "reply", "quoted": "quote"}
_INSIDE = re.compile(
    r"(?:\{|\w+\().*?\b(?:username|screen_name)['\"]?\s*[:=]\s*['\"]([^'\"]+)|https?://[\w.]+/@?(\w+)/?$"
)
"""A user as a program printed one into a cell, or by the address of a profile."""
_UNOFFICIAL = {"UK": "GB", "EL": "GR"}
"""Codes that people and the European Union write, and those of ISO 3166-1."""
_X_MARKS = {"retweet_count", "repost_count", "possibly_sensitive", "conversation_id", "edit_history_tweet_ids"}
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode

Row = dict[str, Any]


class Table:
    """A table with any columns, as `FileOptions.mapping` or well-known names say.

    A row without an id gets one from its content. An `at://` id is a Bluesky post's. The trap: spreadsheets round
    long ids (`1.5E+18`); such an id is no id.
    """

    name = "table"
    remembers = True

    def matches(self, sample: Sample) -> bool:
        """Anything with columns."""
        return bool(sample.header or sample.records)

    def decode(self, record: Row | bytes, context: Context) -> None:
        """One row."""
        row = _decode_object(record) if isinstance(record, bytes) else record
        fields = {ours: cell(row, theirs) for ours, theirs in context.columns.items()}
        text = _text(fields.get("text"))
        created_at = _created_at(fields, context)
        author = _name(fields.get("author"))
        native = _id(fields.get("id")) or context.identity(created_at, author, text)
        source = "bluesky" if native.startswith("at://") else context.options.source
        lat, lon = _gps(fields)
        country = _string(fields.get("country"))
        code = _country(country)
        context.posts.append(
            Post(
                post_id=f"{source}:{native}",
                source=source,
                text=text,
                author_id=_id(fields.get("author_id")),
                author=author,
                url=_url(fields.get("url")) or _bluesky_url(native),
                lang=_string(fields.get("lang")),
                created_at=created_at,
                kind=_kind(text),
                gps_lat=lat,
                gps_lon=lon,
                place_name=None if country and code and len(country) == 2 else country,
                place_country=code,
                profile_location=_string(fields.get("location")),
            )
        )


class XTable:
    """CSV of X API v2 fields: flat, or as `twarc2 csv` writes it.

    The trap: the column `source` names the app a post was written with.
    """

    name = "X API v2 CSV"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """The API's own names for a post's id, author, time and text, and one more of its names."""
        header = set(sample.header)
        return {"id", "author_id", "created_at", "text"} <= header and bool(_X_MARKS & header)

    def decode(self, record: Row, context: Context) -> None:
        """One row."""
        native = _id(record.get("id"))
        if native is None:
            raise ValueError("no id, or one a spreadsheet has rounded: export the ids as text")
        author_id = _id(record.get("author_id"))
        known = context.authors.get(author_id or "") or Author(None, None)
        kind, ref = _relation(record)
        first = _first(record, native)
        context.posts.append(
            Post(
                post_id="x:" + first,
                source="x",
                text=_text(record.get("text")),
                op="create" if first == native else "update",
                rev=native,
                author_id=author_id,
                author=_string(record.get("author.username")) or known.handle,
                url=f"https://x.com/i/web/status/{native}",
                lang=_string(record.get("lang")),
                created_at=parse_date(record.get("created_at")),
                kind=kind,
                ref_id=f"x:{ref}" if ref else None,
                place_name=_string(record.get("geo.full_name")),
                place_country=(_string(record.get("geo.country_code")) or "").upper() or None,
                profile_location=_string(record.get("author.location")) or known.location,
            )
        )


def can_be_table(columns: tuple[str, ...]) -> bool:
    """Whether names of columns say that this is a header with a text in it."""
    return "text" in guess(columns)


def _text(value: Any) -> str:
    if not isinstance(value, str | None):
        raise ValueError(f"the text is not a string but {type(value).__name__}")
    return value or ""


def _string(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    return value.strip() or None if isinstance(value, str) else None


def _name(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("username") or value.get("handle") or value.get("screen_name") or value.get("name")
    name = _string(str(value) if isinstance(value, int) else value)
    if name and (found := _INSIDE.match(name)):
        name = found[1] or found[2]
    return name.removeprefix("@") or None if name else None


def _id(value: Any) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 2**53 else None
    if not isinstance(value, str | int):
        return None
    native = str(value).strip()
    return None if not native or _ROUNDED.fullmatch(native) else native


def _url(value: Any) -> str | None:
    url = _string(value)
    return url if url and url.startswith(("https://", "http://")) else None


def _bluesky_url(native: str) -> str | None:
    did, middle, rkey = native.removeprefix("at://").partition(f"/{COLLECTION}/")
    return f"https://bsky.app/profile/{did}/post/{rkey}" if middle and native.startswith("at://") else None


def _created_at(fields: Row, context: Context) -> datetime | None:
    if "created_at" not in context.columns:
        return None
    moment, clock = fields.get("created_at"), fields.get("clock")
    if clock:
        moment = f"{moment.date() if isinstance(moment, datetime) else moment} {clock}"
    return parse_date(moment, context.order, context.options.timezone)


def _country(written: str | None) -> str | None:
    """The code of a country, which tables give as such or by its name."""
    if written and len(written) == 2 and written.isascii() and written.isalpha():
        return _UNOFFICIAL.get(written.upper(), written.upper())
    # Among countries it is no state.
    return "GE" if written == "Georgia" else find(written).country


def _gps(fields: Row) -> tuple[float | None, float | None]:
    try:
        # An empty cell is no number, and neither is None.
        return on_earth(_degrees(fields.get("lat", "")), _degrees(fields.get("lon", "")))
    except (TypeError, ValueError, OverflowError):
        return None, None


def _degrees(written: Any) -> float:
    # Where numbers have a comma, columns are apart by semicolons.
    return float(written.replace(",", ".") if isinstance(written, str) else written)


def _relation(record: Row) -> tuple[Kind, str | None]:
    for theirs, kind in _REFERENCES.items():
        if ref := _id(record.get(f"referenced_tweets.{theirs}.id")):
            return kind, ref
    return _kind(_text(record.get("text"))), None


def _kind(text: str) -> Kind:
    return "repost" if REPOSTED.match(text) else "original"


def _first(record: Row, native: str) -> str:
    found = re.search(r"\d+", _string(record.get("edit_history_tweet_ids")) or "")
    return found.group() if found else native
