"""Compressed frames: where dictionaries come from, that they are what they say, and how much a frame may hold."""

from __future__ import annotations

import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.sources.jetstream_server import Jetstream, Wire, events, serving
from tests.sources.listening import enough, expected, landed, listen, source
from voxpop.errors import Terminal
from voxpop.quarantine import Quarantine
from voxpop.sources.dictionary import V1_ID, Dictionaries, Dictionary
from voxpop.sources.jetstream import EXPANDED_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def trained(number: int, wire: Wire = "v2") -> bytes:
    """A dictionary of invented frames under an id."""
    data = zstd.train_dict(events(wire=wire) * 20, 4096).dict_content
    return data[:4] + number.to_bytes(4, "little") + data[8:]


def compressing(server: Jetstream, data: bytes) -> Jetstream:
    """Have a server send compressed frames alone."""
    dictionary = zstd.ZstdDict(data)
    server.binary, server.encode = True, lambda frame: zstd.compress(frame, zstd_dict=dictionary)
    return server


async def test_v2_is_read_with_the_dictionary_of_the_host_which_is_kept(tmp_path: Path) -> None:
    frames, kept = events(wire="v2"), tmp_path / "dictionaries"
    data = trained(77)
    server = compressing(Jetstream(frames, wire="v2", dictionary=data), data)
    async with serving(server):
        for run in ("one", "two"):
            listened = source(server.address, wire="v2", compress=True, kept=kept)
            await listen(tmp_path / run, listened, enough(frames))
            assert landed(tmp_path / run) == expected(frames)
    assert server.downloads == [{}]
    assert [request["zstdDictionary"] for request in server.requests] == ["77", "77"]
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == {"77.zdict": data}


async def test_a_dictionary_that_was_retired_is_fetched_anew(tmp_path: Path) -> None:
    frames, kept = events(wire="v2"), tmp_path / "dictionaries"
    kept.mkdir()
    (kept / "76.zdict").write_bytes(trained(76))
    data = trained(77)
    server = compressing(Jetstream(frames, wire="v2", dictionary=data), data)
    async with serving(server):
        await listen(tmp_path, source(server.address, wire="v2", compress=True, kept=kept), enough(frames))
    assert [request["zstdDictionary"] for request in server.requests] == ["76", "77"]
    assert landed(tmp_path) == expected(frames)


async def test_v1_is_read_with_the_dictionary_that_was_given(tmp_path: Path) -> None:
    frames, data = events(), trained(5, "v1")
    async with serving(compressing(Jetstream(frames), data)) as server:
        await listen(tmp_path, source(server.address, dictionary=data), enough(frames))
    assert landed(tmp_path) == expected(frames)
    assert server.requests[0]["compress"] == "true" and server.downloads == []


async def test_v1_is_read_with_a_dictionary_that_a_host_offers_under_its_id(tmp_path: Path) -> None:
    frames, data = events(), trained(V1_ID, "v1")
    async with serving(compressing(Jetstream(frames, dictionary=data), data)) as server:
        await listen(tmp_path, source(server.address, compress=True), enough(frames))
    assert server.downloads == [{"id": str(V1_ID)}]
    assert landed(tmp_path) == expected(frames)


class Offering(Jetstream):
    """Answers with what it has, whatever it was asked for."""

    async def download(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.dictionary) if self.dictionary is not None else web.Response(status=404)


HEAD = b"\x37\xa4\x30\xec" + V1_ID.to_bytes(4, "little")


@pytest.mark.parametrize("offered", [None, b"", HEAD, HEAD + b"torn" * 9, b"no dictionary" * 9, trained(0), trained(9)])
async def test_without_a_dictionary_frames_come_as_they_are_and_the_fix_is_said(
    offered: bytes | None, tmp_path: Path
) -> None:
    frames = events()
    async with serving(Offering(frames, dictionary=offered)) as server:
        listened = source(server.address, compress=True, kept=tmp_path / "kept")
        await listen(tmp_path, listened, enough(frames))
    assert "legacy_subscribe.zdict" in (listened.status()["problem"] or "")
    assert "compress" not in server.requests[0]
    assert landed(tmp_path) == expected(frames)
    assert not (tmp_path / "kept").exists()


async def test_a_dictionary_without_an_end_is_not_waited_for() -> None:
    class Endless(Jetstream):
        async def download(self, request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            while request.transport and not request.transport.is_closing():
                await response.write(b"\0" * 65536)
            return response

    async with serving(Endless([], wire="v2")) as server, aiohttp.ClientSession() as session:
        found = Dictionaries(None, True, None)
        assert await found.of(session, server.address, "v2") is None
        assert "larger than" in (found.problem or "")


async def test_a_frame_that_would_fill_the_memory_is_set_aside(tmp_path: Path) -> None:
    frames, data = events(wire="v2"), trained(77)
    bomb = b'{"$type":"message","payload":"' + b"x" * (1 << 28) + b'"}'
    server = Jetstream([*frames[:4], bomb, *frames[4:]], wire="v2", dictionary=data, binary=True)
    packed = {bomb: zstd.compress(bomb, zstd_dict=zstd.ZstdDict(data))}
    server.encode = lambda frame: packed.get(frame) or zstd.compress(frame, zstd_dict=zstd.ZstdDict(data))
    assert len(packed[bomb]) < 65536
    async with serving(server):
        account = await listen(tmp_path, source(server.address, wire="v2", compress=True), enough(frames))
    assert landed(tmp_path) == expected(frames)
    (record,) = Quarantine(tmp_path).records()
    assert account.quarantined == 1 and f"more than {EXPANDED_BYTES} bytes" in record["reason"]


@pytest.mark.parametrize("cut", [0, 5, 9, 20])
def test_a_frame_that_is_torn_changed_or_followed_by_something_is_an_error(cut: int) -> None:
    data = trained(77)
    frame = zstd.compress(b"words " * 50, zstd_dict=zstd.ZstdDict(data))
    dictionary = Dictionary.read(data)
    assert dictionary.expand(frame, 1000) == b"words " * 50
    assert dictionary.expand(b"{}", 1000) == b"{}"
    with pytest.raises(ValueError, match="frame"):
        dictionary.expand(frame + frame if cut == 0 else frame[:cut], 1000)
    with pytest.raises(ValueError, match="cannot be expanded"):
        Dictionary.read(trained(78)).expand(frame, 1000)


def test_what_is_no_dictionary_is_refused_at_the_start() -> None:
    with pytest.raises(Terminal, match="leave it out"):
        Dictionaries(b"no", True, None)
