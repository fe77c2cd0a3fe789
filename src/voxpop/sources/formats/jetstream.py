"""Bluesky's Jetstream: events of the v1 wire, and the frames of v2's `network.bsky.jetstream.subscribeEvents`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from voxpop.schema import Kind, Op, Post, posts_of
from voxpop.sources.formats.context import Context, Sample
from voxpop.sources.formats.dates import from_micros, parse_date

COLLECTION = "app.bsky.feed.post"
_KINDS = {"commit", "identity", "account", "sync", "info"}
_GONE = {"deleted", "takendown"}
_MOST_RENEWED = 10_000


class _Link(msgspec.Struct):
    uri: str


class _Reply(msgspec.Struct):
    parent: _Link


class _Embed(msgspec.Struct):
    record: Any = None


class Record(msgspec.Struct):
    """A record of the collection `COLLECTION`: what the author's client wrote."""

    text: str = ""
    langs: list[str] | None = None
    reply: _Reply | None = None
    embed: _Embed | None = None
    created: Any = msgspec.field(name="createdAt", default=None)


class _Commit(msgspec.Struct):
    operation: Literal["create", "update", "delete"]
    collection: str
    rkey: str
    rev: str | None = None
    record: msgspec.Raw = msgspec.Raw()


class _Account(msgspec.Struct):
    active: bool
    seq: int = 0
    status: str | None = None


class _Event(msgspec.Struct):
    did: str
    time_us: int
    kind: str
    commit: _Commit | None = None
    account: _Account | None = None


class _Payload(_Commit, kw_only=True):
    did: str
    time: str


class _AccountPayload(msgspec.Struct):
    did: str
    time: str
    account: _Account


class _SyncPayload(msgspec.Struct):
    did: str


class _Typed(msgspec.Struct):
    type: str = msgspec.field(name="$type", default="")


class _Frame(msgspec.Struct):
    payload: msgspec.Raw


_decode_event = msgspec.json.Decoder(_Event).decode
_decode_record = msgspec.json.Decoder(Record).decode
_decode_frame = msgspec.json.Decoder(_Frame).decode
_decode_typed = msgspec.json.Decoder(_Typed).decode
_decode_payload = msgspec.json.Decoder(_Payload).decode
_decode_account = msgspec.json.Decoder(_AccountPayload).decode
_decode_sync = msgspec.json.Decoder(_SyncPayload).decode


class Jetstream:
    """Jetstream JSONL, one event a line.

    `created_at` is when the event passed (`time_us`): the record's own `createdAt` is what the client says, and it can
    say anything. An account that is deleted or taken down takes its posts with it: one event about all of them. The
    trap: an account that is only deactivated or suspended keeps them, and such events are counted as no posts.
    """

    name = "Bluesky Jetstream JSONL"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """Events carry `did`, `time_us` and `kind`; frames of v2 a `payload`."""
        return any(is_event(record) for record in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """One post event, or an event of another kind, counted by its collection."""
        try:
            event = _decode_event(record)
        except msgspec.ValidationError:
            kind = _decode_typed(record).type
            if not kind:
                raise
            if kind == "error":
                context.ignore("stream error")
            else:
                _decode_v2(record, context)
            return
        if event.commit is not None:
            _commit(event.did, from_micros(event.time_us), event.commit, context)
        elif event.account is not None:
            _account(event.did, from_micros(event.time_us), event.account, context)
        else:
            context.ignore(event.kind if event.kind in _KINDS else "other event")


def is_event(record: dict[str, Any]) -> bool:
    """Whether a JSON object is a Jetstream event of either wire."""
    v1 = {"did", "time_us", "kind"} <= record.keys()
    return v1 or ("$type" in record and isinstance(record.get("payload"), dict))


def _decode_v2(line: bytes, context: Context) -> None:
    payload = bytes(memoryview(_decode_frame(line).payload))
    kind = _decode_typed(payload).type.rpartition("#")[2]
    if kind == "commit":
        commit = _decode_payload(payload)
        _commit(commit.did, parse_date(commit.time), commit, context)
    elif kind == "account":
        account = _decode_account(payload)
        _account(account.did, parse_date(account.time), account.account, context)
    else:
        if kind == "sync":
            _renew(_decode_sync(payload).did, context)
        context.ignore(kind if kind in _KINDS else "other event")


def _renew(did: str, context: Context) -> None:
    """Expect the posts of a replaced repository; the oldest expectation makes room for a new one."""
    context.renewed.pop(did, None)
    context.renewed[did] = None
    while len(context.renewed) > _MOST_RENEWED:
        del context.renewed[next(iter(context.renewed))]


def _dated(did: str, at: datetime, commit: _Commit, record: Record | None, context: Context) -> datetime:
    """When a post happened: as its event did, but in a replaced repository, whose posts all come under one `rev`."""
    if did not in context.renewed or record is None or commit.operation != "create":
        return at
    if context.renewed[did] is None:
        context.renewed[did] = commit.rev
    if context.renewed[did] != commit.rev:
        del context.renewed[did]
        return at
    try:
        return min(at, parse_date(record.created))
    except ValueError:
        return at


def _commit(did: str, at: datetime, commit: _Commit, context: Context) -> None:
    if commit.collection != COLLECTION:
        # Anyone can invent collections, so only Bluesky's own are counted by name.
        own = commit.collection.startswith("app.bsky.") and len(commit.collection) < 64
        context.ignore(commit.collection if own else "other collection")
        return
    record = None if commit.operation == "delete" else _decode_record(commit.record)
    kind, ref = relation(record) if record else ("original", None)
    uri = f"at://{did}/{COLLECTION}/{commit.rkey}"
    op: Op = commit.operation
    context.posts.append(
        Post(
            post_id="bluesky:" + uri,
            source="bluesky",
            text=record.text if record else None,
            op=op,
            rev=commit.rev,
            author_id=did,
            url=f"https://bsky.app/profile/{did}/post/{commit.rkey}",
            lang=record.langs[0] if record and record.langs else None,
            created_at=_dated(did, at, commit, record, context),
            kind=kind,
            ref_id=f"bluesky:{ref}" if ref else None,
        )
    )


def _account(did: str, at: datetime, account: _Account, context: Context) -> None:
    if account.active or account.status not in _GONE:
        context.ignore("account")
        return
    gone = Post(
        post_id=posts_of("bluesky", did),
        source="bluesky",
        text=None,
        op="delete",
        # Every host passes on the relay's number, where its own time differs from the others'.
        rev=str(account.seq),
        author_id=did,
        created_at=at,
    )
    context.posts.append(gone)


def relation(record: Record) -> tuple[Kind, str | None]:
    """What a post does, and the `at://` address of the post that it does it to."""
    if record.reply is not None:
        return "reply", record.reply.parent.uri
    found = record.embed.record if record.embed else None
    # A quote with pictures has its record one level down; feeds, lists and starter packs are embedded the same way.
    while isinstance(found, dict):
        uri = found.get("uri")
        if isinstance(uri, str):
            return ("quote", uri) if f"/{COLLECTION}/" in uri else ("original", None)
        found = found.get("record")
    return "original", None
