"""Files that are cut, corrupt, or made to break a reader."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.reading import FIXTURES, lines, read
from voxpop.errors import Terminal


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
