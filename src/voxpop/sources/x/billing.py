"""What a line or a page of X holds that is paid for, and the decoding of it into posts."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from voxpop.sources.formats.context import Context, decode_record
from voxpop.sources.formats.x_v2 import XPages
from voxpop.sources.x.access import said_in

FIELDS = {
    "tweet.fields": "created_at,author_id,lang,public_metrics,geo,referenced_tweets,note_tweet,entities,"
    "edit_history_tweet_ids",
    "expansions": "author_id,geo.place_id,referenced_tweets.id",
    "user.fields": "username,location",
    "place.fields": "full_name,name,country,country_code,geo,place_type",
}
"""What every post is asked for with."""
_PAGES = XPages()


class _Includes(msgspec.Struct):
    users: list[msgspec.Raw] = []
    tweets: list[msgspec.Raw] = []
    posts: list[msgspec.Raw] = []


class _Page(msgspec.Struct):
    data: Any = None
    includes: _Includes | None = None
    errors: list[Any] | None = None


_decode_page = msgspec.json.Decoder(_Page).decode


class Billed(NamedTuple):
    """Resources in a line or page.

    Attributes:
        posts: those asked for and those that came along.
        users: the authors that came along.
        readable: whether it could be counted; if not, the most that one post can cost is assumed.
        problem: what it says instead of posts, where it is an error.
    """

    posts: int
    users: int
    readable: bool = True
    problem: str | None = None


def billed(line: bytes) -> Billed:
    """Count what is paid for.

    >>> billed(b'{"data": [{"id": "1"}, {"id": "2"}], "includes": {"users": [{"id": "3"}]}}')
    Billed(posts=2, users=1, readable=True, problem=None)
    >>> billed(b'{"errors": [{"title": "operational-disconnect"}]}').problem
    'operational-disconnect'
    """
    try:
        page = _decode_page(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Billed(1, 0, readable=False)
    own = len(page.data) if isinstance(page.data, list) else int(page.data is not None)
    along = page.includes or _Includes()
    problem = None
    if not own and page.errors:
        problem = "; ".join(filter(None, map(said_in, page.errors)))[:300] or "an error without words"
    return Billed(own + len(along.tweets) + len(along.posts), len(along.users), problem=problem)


def decode(line: bytes, context: Context) -> None:
    """Put a line's or page's posts into `context`; what cannot be read is rejected there."""
    context.position += 1
    decode_record(_PAGES, line, context)
