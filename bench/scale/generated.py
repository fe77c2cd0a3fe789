"""Many posts from few: real texts cut in two and joined anew, as Jetstream events in JSONL files.

Of a hundred events, 93 are new posts, 4 are events that came before (a duplicate, as an overlap of two exports has
them), 2 are edits and 1 is a deletion. A number gives the same files every time.
"""

import csv
import gzip
import importlib.resources
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec
from tqdm import tqdm

EPOCH = 1_795_046_400_000_000
"""2026-11-19 00:00 UTC, in microseconds."""
LINES_A_FILE = 500_000
FIELDS = ("text", "Tweet", "tweet", "content", "Tweet Content", "Text")
POSTS_A_SECOND = 1_000


def texts(streams: Path) -> list[str]:
    """The distinct texts of export files; those of the bundled recording where there are none."""
    found: dict[str, None] = {}
    csv.field_size_limit(sys.maxsize)
    for path in sorted(streams.glob("*.csv.gz")) if streams.is_dir() else ():
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as lines:
            rows = csv.DictReader(lines)
            column = next((name for name in FIELDS if name in (rows.fieldnames or ())), None)
            if column:
                found |= dict.fromkeys(row[column] for row in rows if row[column])
    for path in sorted(streams.glob("*.jsonl.gz")) if streams.is_dir() else ():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        found |= dict.fromkeys(record.get("rawContent") or record.get("content") or "" for record in records)
    found.pop("", None)
    return list(found) or recorded()


def recorded() -> list[str]:
    """The texts of the bundled recording."""
    folder = Path(str(importlib.resources.files("voxpop"))) / "recording"
    lines = (folder / "bluesky.jsonl").read_text(encoding="utf-8").splitlines()
    records = [(json.loads(line).get("commit") or {}).get("record") or {} for line in lines]
    return list({record["text"]: None for record in records if record.get("text")})


class Recombined:
    """An endless supply of texts: the first half of one and the second of another, mostly distinct."""

    def __init__(self, known: list[str], seed: int) -> None:
        halves = [(words[: len(words) // 2], words[len(words) // 2 :]) for words in map(str.split, known)]
        self._heads = [" ".join(head) for head, _ in halves if head]
        self._tails = [" ".join(tail) for _, tail in halves if tail]
        self._random = Random(seed)

    def text(self) -> str:
        """Draw one."""
        return f"{self._random.choice(self._heads)} {self._random.choice(self._tails)}"


def events(recombined: Recombined, count: int, seed: int) -> Iterator[bytes]:
    """So many lines of Jetstream."""
    random, kept = Random(seed), list[bytes]()
    for at in range(count):
        chance = random.random()
        if chance < 0.04 and kept:
            yield random.choice(kept)
            continue
        known = random.randrange(at) if at and chance < 0.07 else at
        operation = "create" if known == at else "delete" if chance < 0.05 else "update"
        line = _event(known, at, operation, recombined.text())
        if len(kept) < 10_000:
            kept.append(line)
        else:
            kept[at % 10_000] = line
        yield line


def _event(known: int, at: int, operation: str, text: str) -> bytes:
    """An event about the post number `known`, at the time of number `at`."""
    micros = EPOCH + at * (1_000_000 // POSTS_A_SECOND)
    created = datetime.fromtimestamp(micros / 1_000_000, UTC).isoformat()
    commit: dict[str, object] = {"rev": f"3l{at:011d}", "operation": operation, "rkey": f"p{known:011d}"}
    commit["collection"] = "app.bsky.feed.post"
    if operation != "delete":
        commit["record"] = {"$type": "app.bsky.feed.post", "text": text, "langs": ["en"], "createdAt": created}
    did = f"did:plc:{known % 65_537:024d}"
    return msgspec.json.encode({"did": did, "time_us": micros, "kind": "commit", "commit": commit})


def written(folder: Path, count: int, streams: Path, seed: int = 7) -> list[Path]:
    """Write `count` events to files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    recombined, paths = Recombined(texts(streams), seed), list[Path]()
    lines = events(recombined, count, seed)
    with tqdm(total=count, desc="generating", unit="post", disable=None) as bar:
        for begin in range(0, count, LINES_A_FILE):
            size = min(LINES_A_FILE, count - begin)
            path = folder / f"{begin:012d}-{size}.jsonl"
            with path.open("wb") as out:
                out.writelines(next(lines) + b"\n" for _ in range(size))
            paths.append(path)
            bar.update(size)
    return paths
