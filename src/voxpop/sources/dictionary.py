"""Jetstream's zstd dictionaries: given, fetched from a host, kept; and frames expanded with one, within bounds."""

from __future__ import annotations

import os
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from voxpop.errors import Terminal
from voxpop.sources.wire import Wire
from voxpop.sources.xrpc import Unavailable, download, http

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

V1_ID: Final = 1_612_007_021
"""The one dictionary of the v1 wire; v2 has one of its own, which changes."""
MOST_BYTES: Final = 4 << 20
_PATH: Final = "/xrpc/network.bsky.jetstream.getZstdDictionary"
_MAGIC: Final = b"\x37\xa4\x30\xec"
_FRAME: Final = b"\x28\xb5\x2f\xfd"
_WINDOW_LOG: Final = 24


@dataclass(frozen=True)
class Dictionary:
    """A structured dictionary (RFC 8878, 5) and the id that its own header has."""

    id: int
    zstd: zstd.ZstdDict

    @classmethod
    def read(cls, data: bytes) -> Dictionary:
        """Raises `ValueError` where this is no dictionary with an id."""
        number = int.from_bytes(data[4:8], "little")
        if not data.startswith(_MAGIC) or number == 0:
            raise ValueError("it has no header of a zstd dictionary with an id")
        try:
            found = cls(number, zstd.ZstdDict(data))
            # Its tables are read only when something is expanded with it.
            found.expand(_FRAME + b"\x20\x00\x01\x00\x00", 1)
            return found
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from error

    def expand(self, frame: bytes, most: int) -> bytes:
        """What a compressed frame holds; one that is not compressed stays as it is.

        Never holds more than `most` bytes and a window of 16 MB, whatever the frame says of itself.

        Raises:
            ValueError: it cannot be expanded, or would be larger.
        """
        if not frame.startswith(_FRAME):
            return frame
        options = {int(zstd.DecompressionParameter.window_log_max): _WINDOW_LOG}
        try:
            decompressor = zstd.ZstdDecompressor(zstd_dict=self.zstd, options=options)
            plain = decompressor.decompress(frame, most)
        except zstd.ZstdError as error:
            raise ValueError(f"the frame cannot be expanded: {error}") from error
        if not decompressor.eof:
            raise ValueError(f"the frame expands to more than {most} bytes, or ends early")
        if decompressor.unused_data:
            raise ValueError("something follows the compressed frame")
        return plain


class Dictionaries:
    """What frames of each wire are compressed with, as far as it can be had; nothing, where it is not wanted.

    v1's is the one that was given, or the one with `V1_ID`. v2's is what the host names as its current one. What is
    fetched is kept below `kept` under its id, and an id always means the same bytes. Without a dictionary a
    connection is not compressed, and `problem` says what to do.
    """

    def __init__(self, given: bytes | None, wanted: bool, kept: Path | None) -> None:
        """Read what was given.

        Raises:
            Terminal: it is no dictionary.
        """
        self.problem: str | None = None
        self._wanted = wanted or given is not None
        self._kept = kept
        self._found: dict[tuple[Wire, str], Dictionary] = {}
        self._absent: set[tuple[Wire, str]] = set()
        self._retired: set[int] = set()
        try:
            self._given = None if given is None else Dictionary.read(given)
        except ValueError as error:
            raise Terminal(f"the dictionary is no zstd dictionary ({error}); leave it out") from error

    async def of(self, session: aiohttp.ClientSession, host: str, wire: Wire) -> Dictionary | None:
        """The dictionary for a connection to a host; None where frames must come uncompressed."""
        if not self._wanted or (wire, host) in self._absent:
            return None
        if wire == "v1" and self._given:
            return self._given
        found = self._found.get((wire, host)) or self._cached(wire) or await self._fetched(session, host, wire)
        if found:
            self._found[wire, host] = found
            self.problem = None
        return found

    def retire(self, host: str) -> None:
        """The host no longer has the dictionary that it was asked for on v2."""
        if found := self._found.pop(("v2", host), None):
            self._retired.add(found.id)

    def _cached(self, wire: Wire) -> Dictionary | None:
        paths = self._kept.glob("*.zdict") if self._kept else []
        for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True):
            try:
                found = Dictionary.read(path.read_bytes())
            except (OSError, ValueError):
                continue
            if path.stem == str(found.id) and (found.id == V1_ID) == (wire == "v1") and found.id not in self._retired:
                return found
        return None

    async def _fetched(self, session: aiohttp.ClientSession, host: str, wire: Wire) -> Dictionary | None:
        query = f"?id={V1_ID}" if wire == "v1" else ""
        try:
            data = await download(session, http(host) + _PATH + query, MOST_BYTES)
            found = Dictionary.read(data)
            if wire == "v1" and found.id != V1_ID:
                raise ValueError(f"its id is {found.id}, not {V1_ID}")
        except (Unavailable, ValueError) as error:
            if isinstance(error, Unavailable) and error.status == 404:
                self._absent.add((wire, host))
            fix = "name a copy of Jetstream's legacy_subscribe.zdict in dictionary" if wire == "v1" else "wait"
            self.problem = f"{host} gives no dictionary ({error}), so its frames come uncompressed; {fix}"
            return None
        self._keep(found.id, data)
        return found

    def _keep(self, number: int, data: bytes) -> None:
        if self._kept is None:
            return
        self._kept.mkdir(parents=True, exist_ok=True)
        temporary = self._kept / f".{number}.{uuid.uuid4().hex}.tmp"
        try:
            temporary.write_bytes(data)
            os.replace(temporary, self._kept / f"{number}.zdict")
        finally:
            temporary.unlink(missing_ok=True)
