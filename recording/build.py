"""Turns the invented posts beside this file into the recording that ships: Jetstream v1 and X API v2 wire formats.

    python recording/build.py            writes src/voxpop/recording/*.jsonl
    python recording/build.py --check    exits 1 when they are not what it would write

Everything is derived from the posts and a fixed seed, so the same posts make the same bytes.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TARGET = HERE.parent / "src" / "voxpop" / "recording"
LAUNCH = datetime(2026, 11, 19, 5, 0, tzinfo=UTC)
PHASES = {"before": (-45.0, 0.0), "launch": (0.0, 4.0), "turn": (4.0, 9.0), "after": (9.0, 16.0)}
TWITTER_EPOCH_MS = 1288834974657
TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"

Json = dict[str, Any]


@dataclass
class Written:
    """A post as it was written, with the time and the identifiers the wire formats need."""

    line: Json
    at: datetime
    serial: int
    ref: Written | None = None
    edits: list[Written] = field(default_factory=list)

    @property
    def digest(self) -> bytes:
        """Stable bytes of this post to make identifiers from."""
        return hashlib.sha256(f"{self.line['k']}".encode()).digest()

    @property
    def time_us(self) -> int:
        """Event time in microseconds since 1970."""
        return int(self.at.timestamp() * 1_000_000) + self.serial % 1000

    @property
    def snowflake(self) -> str:
        """An X post id whose upper bits are the time, as X makes them."""
        return str(((int(self.at.timestamp() * 1000) - TWITTER_EPOCH_MS) << 22) | (self.serial & 0x3FFFFF))

    @property
    def tid(self) -> str:
        """An AT Protocol timestamp identifier: 53 bits of microseconds, 10 of clock, base 32, 13 characters."""
        number = (self.time_us << 10) | (self.serial & 0x3FF)
        return "".join(TID_ALPHABET[(number >> shift) & 31] for shift in range(60, -1, -5))

    @property
    def did(self) -> str:
        """The author's DID."""
        name = base64.b32encode(hashlib.sha256(self.line["author"].encode()).digest()).decode().lower()
        return f"did:plc:{name[:24]}"

    @property
    def user_id(self) -> str:
        """The author's X user id."""
        return str(int.from_bytes(hashlib.sha256(self.line["author"].encode()).digest()[:8], "big") >> 4)

    @property
    def original(self) -> Written:
        """The post itself, or for an edit or a deletion the post it is about."""
        return self.ref.original if self.ref and self.line["kind"] in ("edit", "delete") else self


def timeline() -> list[Written]:
    """Every post in time order; inside a phase each topic keeps the order it was written in."""
    dice = random.Random(20261119)
    posts: dict[str, Written] = {}
    for path in sorted(HERE.glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for phase, (start, end) in PHASES.items():
            chosen = [line for line in lines if line["phase"] == phase]
            # The closer to the launch, the denser the anticipation; the burst fades within each later phase.
            power = 0.6 if phase == "before" else 1.2
            moments = sorted(start + (end - start) * dice.random() ** power for _ in chosen)
            for line, minute in zip(chosen, moments, strict=True):
                at = LAUNCH + timedelta(seconds=round(minute * 60, 3))
                posts[line["k"]] = Written(line, at, len(posts), posts.get(line["ref"] or ""))
    for post in posts.values():
        if post.line["kind"] == "edit" and post.ref:
            post.ref.original.edits.append(post)
    return sorted(posts.values(), key=lambda post: post.at)


def cid(post: Written) -> str:
    """A content identifier of the right shape."""
    return "bafyrei" + base64.b32encode(post.digest + post.digest).decode().lower()[:52]


def uri(post: Written) -> str:
    """The AT URI of a post on Bluesky."""
    return f"at://{post.did}/app.bsky.feed.post/{post.original.tid}"


def strong_ref(post: Written) -> Json:
    """A reference to a post, by address and content."""
    return {"cid": cid(post), "uri": uri(post)}


def jetstream(post: Written) -> Json:
    """One Jetstream v1 event."""
    kind = post.line["kind"]
    collection = "app.bsky.feed.repost" if kind == "repost" else "app.bsky.feed.post"
    operation = {"edit": "update", "delete": "delete"}.get(kind, "create")
    commit: Json = {"rev": post.tid, "operation": operation, "collection": collection, "rkey": post.original.tid}
    if operation != "delete":
        commit |= {"record": bluesky_record(post), "cid": cid(post)}
    return {"did": post.did, "time_us": post.time_us, "kind": "commit", "commit": commit}


def bluesky_record(post: Written) -> Json:
    """The record of a post or repost, as a Bluesky client writes it."""
    created = {"createdAt": post.original.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    kind, ref = post.line["kind"], post.ref
    if kind == "repost" and ref:
        return {"$type": "app.bsky.feed.repost", **created, "subject": strong_ref(ref)}
    record = {"$type": "app.bsky.feed.post", **created, "langs": [post.line["lang"]], "text": post.line["text"]}
    if kind == "reply" and ref:
        record["reply"] = {"parent": strong_ref(ref), "root": strong_ref(ref)}
    if kind == "quote" and ref:
        record["embed"] = {"$type": "app.bsky.embed.record", "record": strong_ref(ref)}
    return record


def stamp(at: datetime) -> str:
    """A time as X writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def x_deletion(post: Written) -> Json:
    """One line of an X batch compliance result."""
    gone = post.original
    times = {"created_at": stamp(gone.at), "redacted_at": stamp(post.at)}
    return {"id": gone.snowflake, "action": "delete", **times, "reason": "deleted"}


def x_event(post: Written) -> Json:
    """One line of X's filtered stream."""
    includes: Json = {"users": [x_user(post)]}
    if post.ref and post.line["kind"] in ("reply", "quote", "repost"):
        includes["tweets"] = [x_tweet(post.ref)]
        if post.ref.user_id != post.user_id:
            includes["users"].append(x_user(post.ref))
    return {"data": x_tweet(post), "includes": includes, "matching_rules": [{"id": "1", "tag": "recording"}]}


def x_user(post: Written) -> Json:
    """The author, as `expansions=author_id` includes it."""
    user = {"id": post.user_id, "username": post.line["author"], "name": post.line["name"]}
    return {**user, "location": post.line["loc"]} if post.line["loc"] else user


def x_tweet(post: Written) -> Json:
    """A post with the fields Voxpop asks X for."""
    kind, ref, original = post.line["kind"], post.ref, post.original
    text = post.line["text"]
    if kind == "repost" and ref:
        whole = f"RT @{ref.line['author']}: {ref.line['text']}"
        text = whole if len(whole) <= 140 else whole[:139] + "…"
    chain = [version.snowflake for version in (original, *original.edits) if version.at <= post.at]
    tweet: Json = {
        "id": post.snowflake,
        "text": text,
        "author_id": post.user_id,
        "created_at": stamp(post.at),
        "lang": post.line["lang"],
        "edit_history_tweet_ids": chain,
        "conversation_id": (ref or post).snowflake if kind == "reply" else post.snowflake,
        "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": post.digest[0] % 40, "quote_count": 0},
    }
    references = {"reply": "replied_to", "quote": "quoted", "repost": "retweeted"}
    if ref and kind in references:
        tweet["referenced_tweets"] = [{"type": references[kind], "id": ref.snowflake}]
        tweet["in_reply_to_user_id"] = ref.user_id
    return tweet


def recordings() -> dict[Path, str]:
    """The files to ship and their text."""
    texts: dict[Path, str] = {}
    for post in timeline():
        path, event = wire(post)
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"
        texts[path] = texts.get(path, "") + line
    return texts


def wire(post: Written) -> tuple[Path, Json]:
    """The file a post goes to, and its event: X tells of deletions apart from posts."""
    if post.line["net"] == "bluesky":
        return TARGET / "bluesky.jsonl", jetstream(post)
    if post.line["kind"] == "delete":
        return TARGET / "x_compliance.jsonl", x_deletion(post)
    return TARGET / "x.jsonl", x_event(post)


def main() -> int:
    """Write or check the recording; answers the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether the recording is current")
    check = parser.parse_args().check
    stale = [path for path, text in recordings().items() if not path.exists() or path.read_text("utf-8") != text]
    if check and stale:
        sys.stderr.write(f"stale: {', '.join(map(str, stale))}; run `python recording/build.py`\n")
        return 1
    if not check:
        TARGET.mkdir(parents=True, exist_ok=True)
        for path, text in recordings().items():
            path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
