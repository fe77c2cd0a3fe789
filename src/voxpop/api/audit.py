"""The audit log: who changed what, when, and from where; append-only lines in the data directory."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from voxpop.api.caller import Caller, current

FILE: Final = "audit.jsonl"


class Entry(msgspec.Struct, frozen=True):
    """One act.

    Attributes:
        who: a key's name, "local" for this machine without one, or `user@command line`.
        what: such as "topic added", "key revoked", "login failed".
        target: the topic or key it was about; "" for none.
        address: where the request came from; "" on the command line.
    """

    at: datetime
    who: str
    what: str
    target: str = ""
    address: str = ""


class Audit:
    """The audit log of one data directory; its owner alone can read it. Any process and thread may add to it.

    A line is written in one call to a file opened for appending, so lines of two processes do not mix. Nothing here
    changes or removes one.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE

    def note(self, what: str, target: str = "", caller: Caller | None = None) -> None:
        """Add an act of the current caller, or another; of the command line's user outside of requests."""
        who = caller or current()
        name = f"{_user()}@command line" if who.by == "nobody" and not who.address else who.name or "nobody"
        line = msgspec.json.encode(Entry(datetime.now(UTC), name, what, target, who.address)) + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def entries(self, newest: int) -> list[Entry]:
        """The newest acts, oldest first; a line that a power cut left in half is not one."""
        return list(self._read())[-newest:] if newest else []

    def _read(self) -> Iterator[Entry]:
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for line in lines:
                try:
                    yield msgspec.json.decode(line, type=Entry)
                except msgspec.DecodeError:
                    continue


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
