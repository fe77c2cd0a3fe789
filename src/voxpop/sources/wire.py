"""Jetstream's two wires: who speaks which, what each is asked, and what a frame says of its place.

v1 is `/subscribe`; v2 is `/xrpc/network.bsky.jetstream.subscribeEvents`, as its lexicon has it
(https://github.com/bluesky-social/jetstream).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from voxpop.sources.formats.dates import EPOCH
from voxpop.sources.formats.jetstream import COLLECTION

Wire = Literal["v1", "v2"]
Choice = Literal["auto", "v1", "v2"]

V1_HOSTS: Final = (
    "jetstream1.us-east.bsky.network",
    "jetstream2.us-east.bsky.network",
    "jetstream1.us-west.bsky.network",
    "jetstream2.us-west.bsky.network",
)
V2_HOSTS: Final = ("jetstream.us-east.bsky.network", "jetstream.us-west.bsky.network")
"""They speak v1 as well."""
METHOD: Final = "network.bsky.jetstream.subscribeEvents"
LEAST_TIME: Final = 10**15
"""A cursor of v2 that is no smaller is microseconds since 1970; a smaller one is a `seq`."""
_LAST_TIME: Final = 253_402_300_800_000_000
_FILTERS: Final = {
    "v1": f"/subscribe?wantedCollections={COLLECTION}",
    # Identities say nothing of posts; v1 sends them whether they are wanted or not.
    "v2": f"/xrpc/{METHOD}?collections={COLLECTION}&kinds=commit&kinds=account&kinds=sync",
}
_LONGEST: Final = 200


def preferred(choice: Choice, address: str) -> Wire:
    """The wire to try first on a host.

    >>> preferred("auto", "wss://jetstream.us-west.bsky.network"), preferred("auto", "ws://127.0.0.1:6008")
    ('v2', 'v1')
    """
    if choice != "auto":
        return choice
    return "v2" if address.partition("://")[2] in V2_HOSTS else "v1"


@dataclass(frozen=True)
class Wanted:
    """What a connection is asked for, besides posts.

    Attributes:
        cursor: a time in microseconds, or on v2 a `seq`; None for what comes from now on.
        dictionary: id of the dictionary that frames are to be compressed with.
        frame_bytes: larger events are left out by the other side.
    """

    cursor: int | None = None
    dictionary: int | None = None
    frame_bytes: int | None = None


def request(wire: Wire, wanted: Wanted) -> str:
    """Path and query.

    >>> request("v1", Wanted(cursor=5))
    '/subscribe?wantedCollections=app.bsky.feed.post&cursor=5'
    """
    compress = f"zstdDictionary={wanted.dictionary}" if wire == "v2" else "compress=true"
    query = [_FILTERS[wire]]
    query += [f"cursor={wanted.cursor}"] if wanted.cursor is not None else []
    query += [compress] if wanted.dictionary is not None else []
    query += [f"maxMessageSizeBytes={wanted.frame_bytes}"] if wanted.frame_bytes is not None else []
    return "&".join(query)


class Mark(NamedTuple):
    """A frame's place: microseconds since 1970, and on v2 the instance's own number."""

    time: int
    seq: int | None = None


class _Payload(msgspec.Struct):
    time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    seq: int | None = None


class _Frame(msgspec.Struct):
    type: str = msgspec.field(name="$type", default="")
    time_us: int | None = None
    payload: _Payload | None = None
    error: str = ""
    message: str = ""


_decode = msgspec.json.Decoder(_Frame).decode


def read(frame: bytes) -> tuple[Mark | None, str]:
    """A frame's place, where it has one that can be true, and what a frame of an error says, in one short line.

    >>> read(b'{"$type":"error","error":"ConsumerTooSlow"}')
    (None, 'ConsumerTooSlow')
    """
    try:
        found = _decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, ""
    if found.type == "error":
        return None, said(found.error, found.message)
    time, seq = found.time_us, None
    if found.payload and found.payload.time:
        time, seq = (found.payload.time - EPOCH) // timedelta(microseconds=1), found.payload.seq
    if time is None or not 0 < time < _LAST_TIME:
        return None, ""
    return Mark(time, seq if seq is not None and 0 < seq < LEAST_TIME else None), ""


def said(name: str, message: str) -> str:
    """The name of an error and its message, fit for a reason: one line, printable, not long."""
    words = ": ".join(filter(None, (name, message)))
    return "".join(letter if letter.isprintable() else " " for letter in words[:_LONGEST])
