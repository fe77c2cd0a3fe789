"""Mastodon's statuses, from its streams and timelines (docs.joinmastodon.org: entities/Status, methods/streaming)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from voxpop.schema import Kind, Post
from voxpop.sources.formats.context import UNREADABLE, Context, Sample, reason
from voxpop.sources.formats.dates import parse_date
from voxpop.sources.formats.html import plain
from voxpop.sources.sse import Event

NOT_INDEXABLE = "author opted out"
"""What posts are counted as whose author does not want to be found; nothing else is kept of them."""
_SEEN_BY_ALL = {"public", "unlisted"}
_IGNORED = {"filters_changed", "notification", "conversation", "announcement", "announcement.reaction"}
_IGNORED |= {"announcement.delete", "encrypted_message", "notifications_merged"}


class _Account(msgspec.Struct):
    id: str
    acct: str = ""
    indexable: bool | None = None
    noindex: bool | None = None

    @property
    def opted_out(self) -> bool:
        return self.indexable is False or self.noindex is True


class Status(msgspec.Struct):
    """What is read of entities/Status."""

    id: str
    created_at: str
    account: _Account
    content: str | None = ""
    spoiler_text: str | None = ""
    visibility: str = "public"
    language: str | None = None
    url: str | None = None
    uri: str | None = None
    edited_at: str | None = None
    in_reply_to_id: str | None = None
    reblog: Status | None = None
    quote: Any = None


_decode_status = msgspec.json.Decoder(Status).decode
_decode_page = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Mastodon:
    """Decodes what one instance says; `host` is part of every id, since ids of two instances can be equal.

    A post whose author is not `indexable`, or is `noindex`, is counted as `NOT_INDEXABLE` and left. The trap: Mastodon
    sets `indexable` to false unless its user chose otherwise, so these are most.
    """

    def __init__(self, host: str) -> None:
        self.host = host

    def event(self, event: Event, context: Context) -> int | None:
        """One event of a stream; answers the id of a new status, where there is one that is a number."""
        try:
            if event.name in ("update", "status.update"):
                return self._status(event.data, context)
            if event.name == "delete":
                self._delete(event.data.decode().strip(), context)
            else:
                context.ignore(event.name if event.name in _IGNORED else "other event")
        except UNREADABLE as error:
            context.reject(event.data, reason(error))
        return None

    def page(self, body: bytes, context: Context) -> list[int]:
        """A page of a timeline; answers the ids on it.

        Raises:
            ValueError: it is no JSON array.
        """
        found = []
        for raw in _decode_page(body):
            context.position += 1
            try:
                found.append(self._status(bytes(memoryview(raw)), context))
            except UNREADABLE as error:
                context.reject(raw, reason(error))
        return [number for number in found if number is not None]

    def _status(self, data: bytes, context: Context) -> int | None:
        status = _decode_status(data)
        number = int(status.id) if status.id.isascii() and status.id.isdigit() and len(status.id) < 20 else None
        shown = status.reblog or status
        if hidden := _hidden(status, shown):
            context.ignore(hidden)
        else:
            context.posts.append(self.post(status, shown))
        return number

    def post(self, status: Status, shown: Status) -> Post:
        """The post of a status; `shown` is what a reader sees of it, that which it boosts or itself."""
        kind, ref = _relation(status)
        edited = parse_date(status.edited_at) if status.edited_at else None
        return Post(
            post_id=self._id(status.id),
            source="mastodon",
            text="\n\n".join(part for part in (shown.spoiler_text, plain(shown.content or "")) if part),
            op="update" if edited else "create",
            # Sixteen digits, so that revisions sort as text.
            rev=str(round(edited.timestamp() * 1e6)) if edited else None,
            author_id=f"{self.host}/{status.account.id}",
            author=status.account.acct or None,
            url=status.url or status.uri,
            lang=shown.language,
            created_at=parse_date(status.created_at),
            kind=kind,
            ref_id=self._id(ref) if ref else None,
        )

    def _delete(self, native: str, context: Context) -> None:
        if not native or len(native) > 64 or not native.isprintable():
            raise ValueError("this deletes no id")
        context.posts.append(
            Post(post_id=self._id(native), source="mastodon", text=None, op="delete", created_at=datetime.now(UTC))
        )

    def _id(self, native: str) -> str:
        return f"mastodon:{self.host}/{native}"


class MastodonStatuses:
    """Statuses of Mastodon's API, one a JSON object, as a program that asks an instance writes them.

    The same is left out as of a live instance. A file does not say which instance was asked, so an id is that of the
    instance that a status was written on, from its `uri`: what was heard live on that instance is not read twice. The
    trap: answers are known as such of statuses alone that were written on the instance that was asked.
    """

    name = "Mastodon statuses"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """A status by the names that no other format has together."""
        return any(_shows(record) for record in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """One status."""
        status = _decode_status(record)
        shown = status.reblog or status
        if hidden := _hidden(status, shown):
            context.ignore(hidden)
            return
        host, native = _origin(status)
        is_local = "@" not in status.account.acct
        _, ref = _relation(status)
        if status.reblog is not None:
            ref = "/".join(_origin(status.reblog))
        elif ref:
            ref = f"{host}/{ref}" if is_local else None
        account = status.account.id if is_local else status.account.acct
        post = Mastodon(host).post(replace(status, id=native), shown)
        context.posts.append(replace(post, author_id=f"{host}/{account}", ref_id=f"mastodon:{ref}" if ref else None))


def _shows(record: dict[str, Any]) -> bool:
    account = record.get("account")
    return {"id", "uri", "created_at", "content", "visibility"} <= record.keys() and (
        isinstance(account, dict) and "acct" in account
    )


def _hidden(status: Status, shown: Status) -> str | None:
    if not {status.visibility, shown.visibility} <= _SEEN_BY_ALL:
        return "not public"
    return NOT_INDEXABLE if status.account.opted_out or shown.account.opted_out else None


def _origin(status: Status) -> tuple[str, str]:
    """The instance that a status was written on, and its id there."""
    address = urlsplit(status.uri or "")
    if not address.hostname or not address.path.strip("/"):
        raise ValueError("its uri names no instance")
    native = address.path.rpartition("/statuses/")[2]
    return address.netloc.lower(), native.removesuffix("/activity").strip("/")


def _relation(status: Status) -> tuple[Kind, str | None]:
    if status.reblog is not None:
        return "repost", status.reblog.id
    if status.in_reply_to_id:
        return "reply", status.in_reply_to_id
    # What stands in for a quote that is revoked or pending, and what other servers put here, names no status.
    quoted = status.quote.get("quoted_status") if isinstance(status.quote, dict) else None
    if isinstance(quoted, dict) and isinstance(quoted.get("id"), str):
        return "quote", quoted["id"]
    return "original", None


def time_of(number: int) -> int:
    """Microseconds since 1970 of a status id: its upper bits are milliseconds (lib/mastodon/snowflake.rb).

    >>> time_of(117024248092393661)
    1785648316839000
    """
    return (number >> 16) * 1000


def id_at(micros: int) -> int:
    """The lowest id of that time; the inverse of `time_of`."""
    return max(0, micros // 1000) << 16
