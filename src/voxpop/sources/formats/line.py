"""One line at a time: for live streams and recordings, which have no beginning to recognise."""

from __future__ import annotations

from typing import Any

import msgspec

from voxpop.sources.formats.bluesky import BlueskyPosts
from voxpop.sources.formats.context import Context, Decoded, Format, Sample, decode_record
from voxpop.sources.formats.jetstream import Jetstream
from voxpop.sources.formats.mastodon import MastodonStatuses
from voxpop.sources.formats.snscrape import Snscrape
from voxpop.sources.formats.x_other import XCompliance, XUsers
from voxpop.sources.formats.x_v1 import XStatuses
from voxpop.sources.formats.x_v2 import XPages, XPosts

JSON_FORMATS: tuple[Format, ...] = (
    Snscrape(),
    Jetstream(),
    XPages(),
    XCompliance(),
    XPosts(),
    XUsers(),
    XStatuses(),
    BlueskyPosts(),
    MastodonStatuses(),
)
"""Formats a JSON object shows by itself, in the order they are tried."""


class _Probe(msgspec.Struct):
    time_us: msgspec.Raw = msgspec.Raw()
    did: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()


_probe = msgspec.json.Decoder(_Probe).decode
_decode_any = msgspec.json.Decoder(dict[str, Any]).decode
_JETSTREAM, _PAGES = JSON_FORMATS[1], JSON_FORMATS[2]


class AnyLine:
    """JSON lines of mixed or unknown formats: each is recognised by itself."""

    name = "JSON lines of several formats"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """Nothing: this is what is left."""
        return False

    def decode(self, record: bytes, context: Context) -> None:
        """One record of any of `JSON_FORMATS`."""
        _format_of(record).decode(record, context)


def decode_line(line: bytes, origin: str = "line", position: int = 1) -> Decoded:
    """Decode one line of a Jetstream or X API v2 stream, or of any other JSON format that shows itself.

    Never raises: what cannot be read is in `rejected`, with `origin` and `position`. A blank line (a keep-alive) gives
    nothing. `received_at` is left to the caller.

    >>> done = decode_line(b'{"data": {"id": "7", "text": "Hello", "created_at": "2026-11-19T05:00:00.000Z"}}')
    >>> done.posts[0].post_id, done.posts[0].text
    ('x:7', 'Hello')
    >>> decode_line(b"{", "stream", 3).rejected[0].position
    3
    """
    context = Context(origin=origin, position=position)
    if line.strip():
        decode_record(_ANY, line, context)
    return context.take()


def _format_of(record: bytes) -> Format:
    probe = _probe(record)
    if memoryview(probe.time_us) and memoryview(probe.did):
        return _JETSTREAM
    if memoryview(probe.data):
        return _PAGES
    sample = Sample([_decode_any(record)])
    for format in JSON_FORMATS:
        if format.matches(sample):
            return format
    raise ValueError("no format that is known by itself; name the columns of a file with --map text=COLUMN")


_ANY = AnyLine()
