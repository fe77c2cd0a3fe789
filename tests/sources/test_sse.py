from __future__ import annotations

from pathlib import Path

import pytest

from voxpop.sources.formats.context import Context
from voxpop.sources.formats.mastodon import Mastodon
from voxpop.sources.sse import EVENT_CAP, Event, Events, TooBig

REAL = sorted((Path(__file__).parents[3] / "shared" / "data" / "fixtures" / "mastodon").glob("*.sse"))
STREAM = (
    "\ufeff:)\n:thump\n\nevent: update\ndata: one\ndata:  two\n\nid: 7\nretry: 3\nodd\n\n"
    "data\n\nevent: a:b\ndata:{}\n\nevent: no data\n\nevent: cut\ndata: half"
).encode()
FOUND = [Event("update", b"one\n two"), Event("message", b""), Event("a:b", b"{}")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("stride", [1, 2, 3, 7, 1000])
def test_events_are_the_same_wherever_the_network_cuts(end: bytes, stride: int) -> None:
    events, stream = Events(), STREAM.replace(b"\n", end)
    found = [event for at in range(0, len(stream), stride) for event in events.feed(stream[at : at + stride])]
    assert found == FOUND


def test_an_event_without_an_end_is_not_kept_for_ever() -> None:
    events = Events()
    with pytest.raises(TooBig):
        for _ in range(EVENT_CAP // 1_000_000 + 2):
            events.feed(b"data: " + b"x" * 1_000_000 + b"\n")


@pytest.mark.skipif(not REAL, reason="the real streams are not beside the repository")
def test_real_streams_are_read_whole() -> None:
    counts = {}
    for path in REAL:
        context = Context()
        for event in Events().feed(path.read_bytes()):
            Mastodon("real.example").event(event, context)
        assert context.rejected == []
        counts[path.stem] = len(context.posts) + context.ignored.total()
    assert sum(counts.values()) > 3
