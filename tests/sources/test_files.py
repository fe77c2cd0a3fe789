from __future__ import annotations

import asyncio
import gzip
import itertools
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.sources.reading import FIXTURES, lines, read, reading
from voxpop.errors import Terminal
from voxpop.sources.files import POSTS_A_TIME, FilesSource, recognise

ACCOUNT: dict[str, tuple[str, int, int, dict[str, int]]] = {
    "bluesky.tsv": ("table", 2, 0, {}),
    "bluesky_posts.jsonl": ("Bluesky API posts", 6, 1, {"empty page": 1}),
    "jetstream.jsonl": (
        "Bluesky Jetstream JSONL",
        8,
        1,
        {"app.bsky.feed.like": 1, "other collection": 1, "identity": 1},
    ),
    "mastodon_statuses.json": ("Mastodon statuses", 6, 1, {"author opted out": 1, "not public": 1}),
    "plain.jsonl": ("table", 2, 0, {}),
    "plain.txt": ("plain text", 3, 0, {}),
    "snscrape.jsonl": ("snscrape or twscrape JSONL", 6, 3, {"reference": 1, "tombstone": 1, "user": 1}),
    "snscrape_modules.jsonl": ("snscrape or twscrape JSONL", 3, 0, {"telegram Channel": 1}),
    "snscrape_old.jsonl": ("snscrape or twscrape JSONL", 2, 0, {}),
    "table.csv": ("table", 4, 2, {}),
    "twscrape.jsonl": ("snscrape or twscrape JSONL", 2, 0, {}),
    "x_archive.js": ("X API v1.1 or archive", 6, 0, {}),
    "x_compliance.jsonl": ("X compliance JSONL", 2, 1, {}),
    "x_flat.csv": ("X API v2 CSV", 2, 1, {}),
    "x_flat.jsonl": ("X API v2 posts", 2, 0, {}),
    "x_pages.jsonl": (
        "X API v2 pages or stream",
        8,
        2,
        {"partial error": 1, "user": 2, "list": 1, "count": 1, "empty page": 1},
    ),
    "x_statuses.jsonl": ("X API v1.1 or archive", 9, 2, {"stream limit": 1}),
    "x_stream.jsonl": ("X API v2 pages or stream", 3, 1, {"stream error": 1}),
    "x_users.json": ("X users", 0, 0, {"user": 2}),
}


def test_every_fixture_has_an_account() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == ACCOUNT.keys()


@pytest.mark.parametrize("name", ACCOUNT)
def test_every_record_is_a_post_or_rejected_or_counted(name: str) -> None:
    format, posts, rejected, ignored = ACCOUNT[name]
    found = read(FIXTURES / name)
    assert recognise(FIXTURES / name) == format
    assert (len(found.posts), len(found.rejected), dict(found.ignored)) == (posts, rejected, ignored)
    assert found.fetched[-1].done == 1.0
    assert all(record.reason and record.position for record in found.rejected)


@pytest.mark.parametrize("name", ACCOUNT)
def test_reading_again_gives_the_same(name: str) -> None:
    assert read(FIXTURES / name).posts == read(FIXTURES / name).posts


def test_the_name_and_the_compression_of_a_file_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    path.write_bytes(gzip.compress((FIXTURES / "snscrape.jsonl").read_bytes()))
    assert read(path).posts == read(FIXTURES / "snscrape.jsonl").posts


def test_several_files_are_read_in_order_and_done_rises(tmp_path: Path) -> None:
    for number in range(3):
        lines(tmp_path / f"{number}.txt", 1500, 1500 * number)
    found = read(tmp_path)
    assert [post.text for post in found.posts] == [f"post number {number}" for number in range(4500)]
    done = [fetched.done for fetched in found.fetched]
    assert done == sorted(done, key=lambda value: value or 0) and done[-1] == 1.0
    assert max(len(fetched.posts) for fetched in found.fetched) == POSTS_A_TIME


def test_resuming_from_any_cursor_gives_exactly_the_rest(tmp_path: Path) -> None:
    lines(tmp_path / "a.txt", 2500)
    (tmp_path / "b.csv").write_text("text,date\n" + "same,2026-11-19\n" * 2500)
    whole = read(tmp_path)
    assert len(whole.fetched) > 5
    before = 0
    for fetched in whole.fetched:
        before += len(fetched.posts)
        assert read(tmp_path, cursor=fetched.cursor).posts == whole.posts[before:]


@pytest.mark.parametrize("name", ACCOUNT)
def test_resuming_at_the_end_gives_nothing(name: str) -> None:
    end = read(FIXTURES / name).fetched[-1].cursor
    found = read(FIXTURES / name, cursor=end)
    assert found.records == 0


def test_resuming_gives_what_was_appended(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.txt", 400)
    end = read(path).fetched[-1].cursor
    path.write_text(path.read_text() + "one more\n")
    assert [post.text for post in read(path, cursor=end).posts] == ["one more"]


def test_resuming_after_a_file_that_cannot_be_read_gives_exactly_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "b.bin").write_bytes(b"\0" * 64)
    (tmp_path / "c.txt").write_text("three\n")
    whole = read(tmp_path).fetched
    assert [(len(value.posts), len(value.rejected)) for value in whole] == [(2, 0), (0, 1), (1, 0)]
    assert [value.done for value in whole] == sorted(value.done or 0.0 for value in whole)
    for at, value in enumerate(whole):
        rest = read(tmp_path, cursor=value.cursor)
        assert rest.posts == [post for later in whole[at + 1 :] for post in later.posts]
        assert rest.rejected == [rejected for later in whole[at + 1 :] for rejected in later.rejected]


def test_a_cursor_of_other_files_reads_from_the_start(tmp_path: Path) -> None:
    first, second = lines(tmp_path / "a.txt", 3), lines(tmp_path / "b.txt", 4, 100)
    end = read(first).fetched[-1].cursor
    assert len(read(second, cursor=end).posts) == 4
    assert len(read(second, first, cursor=end).posts) == 7
    assert len(read(first, second, cursor=end).posts) == 4
    with pytest.raises(Terminal, match="not one of this source"):
        read(first, cursor="nonsense")


def test_users_are_read_first_and_name_the_authors(tmp_path: Path) -> None:
    found = read(FIXTURES / "x_flat.csv", FIXTURES / "x_users.json")
    assert [(post.author, post.profile_location) for post in found.posts] == [
        ("marzipan_kev", "Leeds, UK"),
        ("toast", None),
    ]
    assert found.ignored == {"user": 2}
    after_users = found.fetched[0].cursor
    assert read(FIXTURES / "x_flat.csv", FIXTURES / "x_users.json", cursor=after_users).posts == found.posts


def test_a_row_in_another_encoding_is_rejected_escaped(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes("text,date\ncafé,2026-11-19\nok,2026-11-19\n".encode("latin-1"))
    found = read(path)
    assert [post.text for post in found.posts] == ["ok"]
    assert found.rejected[0].line == r"caf\xe9,2026-11-19" and "iconv" in found.rejected[0].reason


@pytest.mark.parametrize("content", ["", "\n \n", "[]", "text,date\n"])
def test_a_file_with_nothing_in_it_is_read_to_its_end(tmp_path: Path, content: str) -> None:
    path = tmp_path / "posts"
    path.write_text(content)
    found = read(path)
    assert found.records == 0 and found.fetched[-1].done == 1.0


def test_several_formats_in_one_file_are_told_apart_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    names = ("jetstream.jsonl", "x_stream.jsonl", "snscrape.jsonl")
    rows = [(FIXTURES / name).read_text().splitlines() for name in names]
    path.write_text("\n".join(row for group in itertools.zip_longest(*rows, fillvalue="") for row in group))
    found = read(path)
    assert Counter(post.source for post in found.posts) == {"x": 9, "bluesky": 8}
    assert found.records == sum(read(FIXTURES / name).records for name in names)


def test_a_file_of_an_archive_that_holds_no_posts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "follower.js"
    path.write_text('window.YTD.follower.part0 = [{"follower": {"accountId": "1"}}]')
    with pytest.raises(Terminal, match="no column .* has a known name for the text"):
        read(path)


def test_the_line_ends_of_old_macs_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(b"text,created_at\rhello,2026-11-19\r")
    with pytest.raises(Terminal, match=r"convert it with tr '\\r' '\\n'"):
        read(path)
    path.write_bytes(b'[{"text": "one",\r "id": 1}]\r')
    assert [post.text for post in read(path).posts] == ["one"]


def test_standard_input_is_a_file() -> None:
    program = (
        "import asyncio\nfrom voxpop.sources.files import FilesSource\n"
        "async def go():\n"
        "    print([(len(f.posts), f.done) async for f in FilesSource(['-']).read(None)])\n"
        "asyncio.run(go())"
    )
    content = gzip.compress((FIXTURES / "snscrape.jsonl").read_bytes())
    done = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().strip() == "[(6, None)]"


async def test_a_pipe_is_read_without_blocking_the_event_loop(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Opening a pipe blocks until the other end is open, which only a loop that runs can do.
    task = asyncio.create_task(reading(FilesSource([pipe])))
    await asyncio.sleep(0.05)
    writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    os.write(writer, (FIXTURES / "snscrape.jsonl").read_bytes())
    os.close(writer)
    found = await asyncio.wait_for(task, 30)
    assert found.posts == (await reading(FilesSource([FIXTURES / "snscrape.jsonl"]))).posts
    assert found.fetched[-1].done is None
