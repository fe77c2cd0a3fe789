"""Server-sent events: bytes in, whole events out (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

from typing import NamedTuple

EVENT_CAP = 16 << 20


class Event(NamedTuple):
    """One event: its name (`message` where it has none) and its data, several lines joined."""

    name: str
    data: bytes


class TooBig(Exception):
    """An event is larger than `EVENT_CAP`: what follows cannot be told from it."""


class Events:
    r"""Cuts a stream into events, wherever the network cuts it; LF, CRLF and CR end a line.

    Comments (heartbeats) and fields that are not known give nothing. What is not ended by a blank line is no event:
    the rest of a broken connection is dropped, as the standard has it.

    >>> events = Events()
    >>> events.feed(b":thump\nevent: delete\r\nda"), events.feed(b"ta: 7\r\n\r\n")
    ([], [Event(name='delete', data=b'7')])
    """

    def __init__(self) -> None:
        self._rest = b""
        self._size = 0
        self._name = ""
        self._data: list[bytes] = []
        self._is_first = True

    def feed(self, block: bytes) -> list[Event]:
        """The events that are whole with this block.

        Raises:
            TooBig: one grew past the cap.
        """
        text = self._rest + block
        # A CR at the end may be half of a CRLF.
        held = b"\r" if text.endswith(b"\r") else b""
        *lines, rest = text.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = rest + held
        found = [event for line in lines if (event := self._line(line)) is not None]
        if self._size + len(self._rest) > EVENT_CAP:
            raise TooBig(f"an event is larger than {EVENT_CAP >> 20} MB")
        return found

    def _line(self, line: bytes) -> Event | None:
        if self._is_first:
            line, self._is_first = line.removeprefix(b"\xef\xbb\xbf"), False
        if not line:
            return self._end()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field == b"data":
            self._data.append(value)
            self._size += len(value)
        return None

    def _end(self) -> Event | None:
        event = Event(self._name or "message", b"\n".join(self._data)) if self._data else None
        self._name, self._data, self._size = "", [], 0
        return event
