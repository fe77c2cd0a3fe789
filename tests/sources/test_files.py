from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxpop.errors import Terminal
from voxpop.schema import Post
from voxpop.seams import Fetched, Rejected
from voxpop.sources.files import POSTS_A_TIME, FilesSource, recognise
from voxpop.sources.formats.context import FileOptions

FIXTURES = Path(__file__).parents[1] / "fixtures" / "files"
REAL = Path(__file__).parents[3] / "shared" / "data"

ACCOUNT: dict[str, tuple[str, int, int, dict[str, int]]] = {
    "bluesky.tsv": ("table", 2, 0, {}),
    "jetstream.jsonl": (
        "Bluesky Jetstream JSONL",
        7,
        1,
        {"app.bsky.feed.like": 1, "other collection": 1, "identity": 1, "account": 1},
    ),
    "plain.jsonl": ("table", 2, 0, {}),
    "plain.txt": ("plain text", 3, 0, {}),
    "snscrape.jsonl": ("snscrape or twscrape JSONL", 6, 3, {"reference": 1, "tombstone": 1, "user": 1}),
    "snscrape_modules.jsonl": ("snscrape or twscrape JSONL", 3, 0, {"telegram Channel": 1}),
    "snscrape_old.jsonl": ("snscrape or twscrape JSONL", 2, 0, {}),
    "table.csv": ("table", 4, 2, {}),
    "twscrape.jsonl": ("snscrape or twscrape JSONL", 2, 0, {}),
    "x_compliance.jsonl": ("X compliance JSONL", 2, 1, {}),
    "x_flat.csv": ("X API v2 CSV", 2, 1, {}),
    "x_flat.jsonl": ("X API v2 posts", 2, 0, {}),
    "x_pages.jsonl": (
        "X API v2 pages or stream",
        8,
        2,
        {"partial error": 1, "user": 2, "list": 1, "count": 1, "empty page": 1},
    ),
    "x_stream.jsonl": ("X API v2 pages or stream", 3, 1, {"stream error": 1}),
    "x_users.json": ("X users", 0, 0, {"user": 2}),
}


@dataclass
class Reading:
    posts: list[Post] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    fetched: list[Fetched] = field(default_factory=list)

    @property
    def records(self) -> int:
        return len(self.posts) + len(self.rejected) + self.ignored.total()


async def reading(source: FilesSource, cursor: str | None = None) -> Reading:
    found = Reading()
    async for fetched in source.read(cursor):
        found.posts += fetched.posts
        found.rejected += fetched.rejected
        found.ignored.update(fetched.ignored)
        found.fetched.append(fetched)
    return found


def read(*paths: Path, cursor: str | None = None, options: FileOptions | None = None) -> Reading:
    return asyncio.run(reading(FilesSource(paths, options), cursor))


def lines(path: Path, count: int, start: int = 0) -> Path:
    path.write_text("".join(f"post number {number}\n" for number in range(start, start + count)))
    return path


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


def test_a_cut_gzip_gives_every_whole_record_and_one_rejected(tmp_path: Path) -> None:
    whole = "".join(f"{hash((number, 'x')) % 10**17} text of post {number}\n" for number in range(20_000)).encode()
    path = tmp_path / "posts.gz"
    path.write_bytes(gzip.compress(whole)[:100_000])
    found = read(path)
    assert len(found.posts) > 1000
    assert [post.text for post in found.posts] == whole.decode().splitlines()[: len(found.posts)]
    assert len(found.rejected) == 1
    assert found.rejected[0].position == len(found.posts) + 1
    assert "ends early" in found.rejected[0].reason


def test_a_cut_json_array_gives_its_whole_elements(tmp_path: Path) -> None:
    path = tmp_path / "posts.json"
    path.write_text(json.dumps([{"text": f"post {number}", "id": number} for number in range(50)])[:-30])
    found = read(path)
    assert [post.text for post in found.posts] == [f"post {number}" for number in range(49)]
    assert len(found.rejected) == 1 and "breaks here" in found.rejected[0].reason


def test_a_pretty_printed_page_is_one_document(tmp_path: Path) -> None:
    page = json.loads((FIXTURES / "x_pages.jsonl").read_text().splitlines()[0])
    path = tmp_path / "page.json"
    path.write_text(json.dumps(page, indent=2))
    assert len(read(path).posts) == 8
    path.write_text(json.dumps(page, indent=2) + "\n" + json.dumps(page, indent=2))
    assert len(read(path).posts) == 16


def test_a_line_that_is_too_long_is_rejected_shortened_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(b"first\n" + b"x" * (17 << 20) + b"\nlast\n")
    found = read(path)
    assert [post.text for post in found.posts] == ["first", "last"]
    assert len(found.rejected[0].line) < 300_000 and "shortened" in found.rejected[0].line
    assert found.rejected[0].position == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", "ZIP"),
        ("text\nhello".encode("utf-16"), "UTF-16"),
        (b"\x7fELF\0\0\0", "not text"),
        (b"PAR1 but no more", "Parquet"),
        (b"alpha,beta\n1,2\n3,4\n", "'alpha', 'beta': use --map text=COLUMN"),
        (b'"0","12","someone","text, here"\n"4","13","other","more"\n', "without names of columns"),
        (b'{"alpha": 1}\n', "'alpha': use --map text=COLUMN"),
    ],
)
def test_what_cannot_be_understood_is_told_before_reading(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "posts"
    path.write_bytes(content)
    with pytest.raises(Terminal, match=message):
        read(lines(tmp_path / "good.txt", 1), path)


def test_a_mapping_names_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("alpha;beta;gamma\nhello;19.11.2026 05:00;7\n")
    options = FileOptions({"text": "alpha", "created_at": "beta", "id": "gamma"}, source="forum")
    (post,) = read(path, options=options).posts
    assert (post.post_id, post.text, str(post.created_at)) == ("forum:7", "hello", "2026-11-19 05:00:00+00:00")
    with pytest.raises(Terminal, match="no column 'delta'"):
        read(path, options=FileOptions({"text": "delta"}))
    with pytest.raises(Terminal, match="no field 'body'"):
        FilesSource([path], FileOptions({"body": "alpha"}))


def test_a_mapping_reaches_into_objects(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text('{"post": {"body": "hello"}, "who": {"name": "jo"}}\n')
    (post,) = read(path, options=FileOptions({"text": "post.body", "author": "who.name"})).posts
    assert (post.text, post.author) == ("hello", "jo")


def test_parquet_is_a_table(tmp_path: Path) -> None:
    times = pa.array([1_795_064_400_000_000_123, None], pa.timestamp("ns"))
    table = pa.table({"text": ["one", "two"], "created_at": times, "id": [1, 2]})
    pq.write_table(table, tmp_path / "posts")
    found = read(tmp_path / "posts")
    assert [(post.post_id, str(post.created_at)) for post in found.posts] == [("file:1", "2026-11-19 05:00:00+00:00")]
    assert len(found.rejected) == 1


def test_a_quotation_mark_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text('text,date\n"hi,2026-11-19\n' + "ho,2026-11-19\n" * 20_000)
    found = read(path)
    assert (len(found.posts), len(found.rejected)) == (20_000, 1)
    assert found.rejected[0].line == '"hi,2026-11-19'


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
    assert Counter(post.source for post in found.posts) == {"x": 9, "bluesky": 7}
    assert found.records == sum(read(FIXTURES / name).records for name in names)


@pytest.mark.parametrize("first", ["Well, I said, no", "[video] nice one", "{lol} hi", "Hello, text", "so: a|b"])
def test_prose_is_no_table(tmp_path: Path, first: str) -> None:
    path = tmp_path / "posts"
    path.write_text(first + "\nYes, but, hm\nOh\n")
    assert [post.text for post in read(path).posts] == [first, "Yes, but, hm", "Oh"]


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


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(
    "_type id text date url content rawContent user data includes errors meta did time_us kind commit payload action "
    "created_at author_id geo referenced_tweets edit_history_tweet_ids note_tweet username public_metrics place "
    "coordinates inReplyToTweetId editControl $type".split()
)


def mutated(name: str) -> st.SearchStrategy[bytes]:
    """Records of a fixture with some of their values replaced by anything."""
    rows = [json.loads(line) for line in (FIXTURES / name).read_text().splitlines()[:5] if line.strip()]
    changed = st.builds(lambda row, other: {**row, **other}, st.sampled_from(rows), st.dictionaries(names, values))
    return st.lists(changed, max_size=5).map(lambda found: "\n".join(map(json.dumps, [rows[0], *found])).encode())


contents = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.dictionaries(names, values, max_size=6), max_size=5).map(lambda rows: json.dumps(rows).encode()),
    st.lists(st.text(',\t;"\n\r aé1', max_size=30), max_size=8).map(
        lambda rows: ("text,date\n" + "\n".join(rows)).encode()
    ),
    *(
        mutated(name)
        for name in ("snscrape.jsonl", "x_pages.jsonl", "x_flat.jsonl", "jetstream.jsonl", "x_compliance.jsonl")
    ),
    st.binary(max_size=100).map(lambda noise: gzip.compress((FIXTURES / "table.csv").read_bytes())[:80] + noise),
)


@settings(max_examples=300, deadline=None)
@given(content=contents)
def test_nothing_in_a_file_is_raised_out_of_reading(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "posts"
    path.write_bytes(content)
    try:
        found = read(path)
    except Terminal as error:
        assert str(error)
        return
    assert all(record.reason for record in found.rejected)
    for post in found.posts:
        assert post.post_id.startswith(post.source + ":")
        assert post.created_at is None or post.created_at.tzinfo is not None
        assert isinstance(post.text, str) or post.op == "delete"
        # Any text that leaves here can be written to Arrow.
        json.dumps(post.text).encode()
        (post.text or "").encode()


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40), max_size=40))
def test_every_line_of_text_is_one_post(tmp_path_factory: pytest.TempPathFactory, rows: Sequence[str]) -> None:
    path = tmp_path_factory.mktemp("any") / "posts"
    path.write_text("a first line that is no header\n" + "\n".join(rows), encoding="utf-8")
    found = read(path)
    assert found.records == 1 + sum(bool(row.strip()) for row in rows)
    assert len({post.post_id for post in found.posts}) == len(found.posts)


REAL_ACCOUNT = {
    "streams/iphone14_x_api_v2.csv.gz": (10_000, 0, {}),
    "streams/iphone14_x_api_v2_users.json.gz": (0, 0, {"user": 4332}),
    "streams/fifa2022.csv.gz": (10_000, 0, {}),
    "streams/covid_2021_2022.csv.gz": (20_000, 0, {}),
    "streams/pixel6.csv.gz": (2202, 0, {}),
    "streams/bluesky_tags.csv.gz": (8140, 0, {}),
    "streams/snscrape_bitcoin_2022.jsonl.gz": (500, 0, {}),
    "streams/snscrape_pt_2021.jsonl.gz": (538, 0, {}),
    "streams/twscrape_2023.jsonl.gz": (150, 0, {}),
    "fixtures/x_api_v2/2sets.jsonl.gz": (200, 0, {"partial error": 1}),
    "fixtures/x_api_v2/counts.jsonl.gz": (0, 0, {"count": 169}),
    "fixtures/x_api_v2/edited.jsonl.gz": (1, 0, {}),
    "fixtures/x_api_v2/flat.jsonl.gz": (100, 0, {}),
    "fixtures/x_api_v2/lists.jsonl.gz": (0, 0, {"list": 6}),
    "fixtures/x_api_v2/streaming_output_with_error.jsonl.gz": (7, 1, {}),
    "fixtures/x_api_v2/tweets_compliance.jsonl.gz": (2, 0, {}),
    "fixtures/x_api_v2/users.jsonl.gz": (0, 0, {"user": 96, "partial error": 8}),
    "fixtures/x_api_v2/users_compliance.jsonl.gz": (0, 2, {}),
    "fixtures/x_api_v2/withheld.jsonl.gz": (215, 0, {"partial error": 5}),
}


@pytest.mark.parametrize("name", REAL_ACCOUNT)
def test_real_exports_are_accounted_for(name: str) -> None:
    if not (REAL / name).exists():
        pytest.skip(f"the real file {name} is not beside this repository")
    found = read(REAL / name)
    assert (len(found.posts), len(found.rejected), dict(found.ignored)) == REAL_ACCOUNT[name]
