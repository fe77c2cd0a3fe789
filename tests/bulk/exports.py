"""Invented exports in many formats, some of them bad in places, and what an ingest made of them in comparable form."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.sources.reading import FIXTURES
from voxpop import segment as segments
from voxpop.account import Account
from voxpop.ingest import Ingest, Rolling
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.sources.files import FileOptions, FilesSource


def stream_line(number: int, text: str | None = None) -> str:
    """A line of X's stream; its author is one of 7."""
    post = {
        "id": str(2_000_000 + number),
        "text": f"post number {number}" if text is None else text,
        "author_id": str(number % 7),
        "created_at": f"2026-11-{1 + number * 7 % 28:02d}T05:{number % 60:02d}:00.000Z",
        "lang": "en",
        "edit_history_tweet_ids": [str(2_000_000 + number)],
    }
    return json.dumps({"data": post, "includes": {"users": [{"id": str(number % 7), "username": f"user{number % 7}"}]}})


def event_line(number: int, op: str, rev: str) -> str:
    """A Jetstream line about post `number`."""
    record = {"$type": "app.bsky.feed.post", "text": f"skeet {number} {rev}", "createdAt": "2026-11-19T05:00:00.000Z"}
    commit = {"rev": rev, "operation": op, "collection": "app.bsky.feed.post", "rkey": f"r{number}"}
    if op != "delete":
        commit |= {"record": record, "cid": "c"}  # type: ignore[dict-item]
    return json.dumps(
        {"did": "did:plc:ana", "time_us": 1_795_064_400_000_000 + number, "kind": "commit", "commit": commit}
    )


def write(directory: Path, posts: int = 400) -> list[Path]:
    """Every format: split and whole, compressed and not, with duplicates within and across files, and bad records."""
    directory.mkdir(parents=True)
    shutil.copytree(FIXTURES, directory / "fixtures")
    lines = [stream_line(number) for number in range(posts)]
    spoilt = [*lines[:50], "", "{broken", "\ufeff" + lines[50], *lines[20:], "  ", '{"data": {"id": ""}}', lines[3]]
    (directory / "a_stream.jsonl").write_text("\n".join(spoilt), encoding="utf-8")
    with gzip.open(directory / "b_again.jsonl.gz", "wt") as file:
        file.write("\n".join([*lines[posts // 2 :], *(stream_line(n) for n in range(posts, posts + 50)), "[]"]) + "\n")
    ops = [("create", "a1"), ("update", "a2"), ("update", "a2"), ("update", "a3"), ("delete", "a4"), ("delete", "a5")]
    (directory / "c_events.jsonl").write_text("".join(event_line(n, *op) + "\n" for n in range(60) for op in ops))
    with (directory / "d_table.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerows(
            [["text", "date", "user"], *([f"two\nlines {n % 30}", "2026-11-19", f"u{n % 3}"] for n in range(90))]
        )
        file.write('"not closed,2026-11-19,x\n')
    table = {"id": list(range(80)), "text": [f"row {n}" for n in range(80)], "created_at": ["2026-11-02"] * 80}
    pq.write_table(pa.table(table), directory / "e_rows.parquet")
    plain = [{"id": f"p{n}", "message": f"plain {n}", "timestamp": 1_795_064_400 + n} for n in range(120)]
    (directory / "f_with_ids.jsonl").write_text("".join(json.dumps(row) + "\n" for row in plain))
    del plain[70]["id"]
    (directory / "g_one_without.jsonl").write_text("".join(json.dumps({**row, "n": 1}) + "\n" for row in plain + plain))
    (directory / "h_lines.txt").write_text("".join(f"a line {n % 11}\n" for n in range(40)))
    users = [json.dumps({"id": str(n), "username": f"mixed{n}", "name": "M", "location": f"L{n}"}) for n in range(7)]
    posts_alone = [json.loads(stream_line(n))["data"] for n in range(1_000_000, 1_000_040)]
    alone = [json.dumps({"data": post}) for post in posts_alone]
    mixed = [*alone[:10], event_line(1000, "create", "a1"), *users, *alone[10:30]]
    (directory / "i_mixed.jsonl").write_text("\n".join(mixed) + "\n")
    (directory / "j_after.jsonl").write_text("\n".join([*alone[20:], "null"]) + "\n")
    (directory / "k_archive.zip").write_bytes(b"PK\x03\x04 and so on")
    return [directory]


def ingest_here(data: Path, paths: Sequence[Path], options: FileOptions | None = None) -> Account:
    """Ingest in this process: the standard."""
    log = Log(data)
    with log.lock():
        source = FilesSource(paths, options or FileOptions())
        return asyncio.run(Ingest(log, Rolling(64, 3600)).run([source], resume=False))


def rows(data: Path) -> Counter[tuple[Any, ...]]:
    """The rows of the log as a bag; where a time is when the file was read, None."""
    log = Log(data)
    found: Counter[tuple[Any, ...]] = Counter()
    for segment in log.segments():
        for row in segments.read(log.landing / segment.path).to_pylist():
            received = row.pop("received_at")
            found[tuple((row | {"created_at": None} if row["created_at"] == received else row).values())] += 1
    return found


def quarantined(data: Path) -> list[tuple[Any, ...]]:
    """The quarantine in its order, but for when."""
    names = ("origin", "position", "line", "reason")
    return [tuple(record[name] for name in names) for record in Quarantine(data).records()]
