from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from voxpop.errors import Poison, Terminal
from voxpop.sources.opening import Stream, expand

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"line %d of a long and boring file\n" % number for number in range(40_000))


def checked_zstd(data: bytes) -> bytes:
    """As the `zstd` command does it: with a checksum, without which damage cannot be seen."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": checked_zstd,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


def expanded(path: Path) -> tuple[bytes, Poison | None]:
    found = b""
    with Stream(path) as stream:
        try:
            for block in stream.blocks():
                found += block
        except Poison as damage:
            return found, damage
    assert stream.consumed == stream.size
    return found, None


def test_a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "posts.gz"
    path.write_bytes(TEXT)
    assert expanded(path) == (TEXT, None)


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_compression_is_seen_in_the_bytes_and_members_are_joined(tmp_path: Path, name: str) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(COMPRESSIONS[name](TEXT) + COMPRESSIONS[name](b"more") + b"\0" * 512)
    assert expanded(path) == (TEXT + b"more", None)


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_a_cut_file_gives_what_is_readable_and_then_says_so(tmp_path: Path, name: str) -> None:
    # Data that does not compress, so that half of the file holds about half of it.
    noise = os.urandom(3_000_000)
    path = tmp_path / "posts"
    path.write_bytes(COMPRESSIONS[name](noise)[:2_000_000])
    found, damage = expanded(path)
    assert noise.startswith(found) and len(found) > 500_000
    assert damage is not None and "ends early" in str(damage)


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_a_corrupt_file_gives_what_was_before_and_then_says_so(tmp_path: Path, name: str) -> None:
    data = bytearray(COMPRESSIONS[name](TEXT))
    data[len(data) // 2 : len(data) // 2 + 16] = bytes(16)
    path = tmp_path / "posts"
    path.write_bytes(data)
    found, damage = expanded(path)
    assert damage is not None and ("corrupt" in str(damage) or "early" in str(damage))
    assert len(found) <= len(TEXT) + (1 << 18)


def test_a_sample_is_read_again_with_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "posts"
    path.write_bytes(gzip.compress(TEXT))
    with Stream(path) as stream:
        assert TEXT.startswith(stream.sample(lambda seen: len(seen) > 10))
        assert stream.compression == "gzip"
        assert b"".join(stream.blocks()) == TEXT


def test_directories_are_expanded_sorted_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "deep/c.csv", ".hidden.csv", ".git/d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = expand([tmp_path, tmp_path / "a.csv"])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a.csv", "b.csv", "deep/c.csv"]


def test_missing_files_and_empty_selections_are_told(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="there is no file"):
        expand([tmp_path / "gone.csv"])
    with pytest.raises(Terminal, match="no file to read"):
        expand([tmp_path])
    with pytest.raises(Terminal, match="cannot read"):
        Stream(tmp_path / "gone.csv")


def test_standard_input_is_read_to_its_end() -> None:
    program = (
        "from pathlib import Path\nfrom voxpop.sources.opening import Stream\n"
        "print(len(b''.join(Stream(Path('-')).blocks())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=gzip.compress(TEXT), capture_output=True, check=True, timeout=60
    )
    assert int(done.stdout) == len(TEXT)
