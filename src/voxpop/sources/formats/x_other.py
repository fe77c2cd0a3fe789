"""What comes with X posts: compliance events, and files of users."""

from __future__ import annotations

from typing import Any

import msgspec

from voxpop.schema import Post
from voxpop.sources.formats.context import Author, Context, Sample
from voxpop.sources.formats.dates import parse_date
from voxpop.sources.formats.x_v2 import snowflake_time
from voxpop.sources.formats.x_wire import User


class _Event(msgspec.Struct):
    id: int | str
    action: str
    created_at: str
    redacted_at: str | None = None


_decode_event = msgspec.json.Decoder(_Event).decode
_decode_user = msgspec.json.Decoder(User).decode


class XCompliance:
    """Results of a batch compliance job: posts to delete, and users, which look the same.

    An id is a post's only if X made it at `created_at`; anything else would delete a post nobody asked to.
    """

    name = "X compliance JSONL"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """`id`, `action` and `created_at`, and no text."""
        return any({"id", "action", "created_at"} <= r.keys() and "text" not in r for r in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """One deletion."""
        event = _decode_event(record)
        if event.action != "delete":
            raise ValueError(f"the action is {event.action[:40]!r}; only deletions are understood")
        native = str(event.id)
        made = snowflake_time(native)
        if made is None or abs((made - parse_date(event.created_at)).total_seconds()) > 1:
            raise ValueError("a user's id, not a post's: X did not make it at created_at; give the ids of posts")
        context.posts.append(
            Post(
                post_id="x:" + native,
                source="x",
                text=None,
                op="delete",
                url=f"https://x.com/i/web/status/{native}",
                created_at=parse_date(event.redacted_at or event.created_at),
            )
        )


class XUsers:
    """Users, one an array element or line: counted, and a directory of authors for posts read by the same command."""

    name = "X users"
    remembers = True

    def matches(self, sample: Sample) -> bool:
        """Objects with `id` and `username`, and neither a text nor a date of a post."""
        return bool(sample.records) and all(_is_user(record) for record in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """One user."""
        user = _decode_user(record)
        if not user.id:
            raise ValueError("a user without an id: no post can be matched with it")
        context.authors[str(user.id)] = Author(user.username or None, user.location or None)
        context.ignore("user")


def _is_user(record: dict[str, Any]) -> bool:
    posts = {"text", "content", "rawContent", "data", "author_id", "date", "_type"}
    marks = {"public_metrics", "name", "description", "created_at", "verified", "profile_image_url"}
    return {"id", "username"} <= record.keys() and not posts & record.keys() and bool(marks & record.keys())
