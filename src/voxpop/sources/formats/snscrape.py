"""Exports of snscrape (0.3.4 to 0.7) and twscrape, which took over its names."""

from __future__ import annotations

from typing import Any

import msgspec

from voxpop.schema import Kind, Post
from voxpop.sources.formats.context import Context, Sample, on_earth
from voxpop.sources.formats.dates import parse_date

_MODULES = "snscrape.modules."
_TWITTER = "snscrape.modules.twitter."
_NOT_POSTS = {"TweetRef": "reference", "Tombstone": "tombstone", "UserRef": "user", "User": "user", "Trend": "trend"}


class _User(msgspec.Struct):
    username: str | None = None
    id: int | str | None = None
    location: str | None = None


class _Coordinates(msgspec.Struct):
    longitude: float | None = None
    latitude: float | None = None


class _Place(msgspec.Struct):
    full_name: str | None = msgspec.field(name="fullName", default=None)
    name: str | None = None
    country: str | None = None
    country_code: str | None = msgspec.field(name="countryCode", default=None)


class _Other(msgspec.Struct):
    """A post that is reposted or quoted: whole, or only a reference."""

    id: int | str | None = None
    raw_content: str | None = msgspec.field(name="rawContent", default=None)
    content: str | None = None
    tweet_id: int | str | None = msgspec.field(name="tweetId", default=None)


class _Edits(msgspec.Struct):
    initial: str | int | None = msgspec.field(name="initial_tweet_id", default=None)
    ids: list[str | int] | None = msgspec.field(name="edit_tweet_ids", default=None)


class _Tweet(msgspec.Struct):
    type: str = msgspec.field(name="_type", default=_TWITTER + "Tweet")
    url: str | None = None
    date: str | int | None = None
    raw_content: str | None = msgspec.field(name="rawContent", default=None)
    content: str | None = None
    id: int | str | None = None
    user: _User | None = None
    username: str | None = None
    lang: str | None = None
    reposted: _Other | None = msgspec.field(name="retweetedTweet", default=None)
    quoted: _Other | None = msgspec.field(name="quotedTweet", default=None)
    answered: int | str | None = msgspec.field(name="inReplyToTweetId", default=None)
    coordinates: _Coordinates | None = None
    place: _Place | None = None
    edits: _Edits | None = msgspec.field(name="editControl", default=None)


_decode_tweet = msgspec.json.Decoder(_Tweet).decode
_decode_any = msgspec.json.Decoder(dict[str, Any]).decode


class Snscrape:
    """snscrape and twscrape JSONL.

    The trap: with a `place`, `coordinates` is the first corner of the place's bounding box, so it is a point only where
    there is no place.
    """

    name = "snscrape or twscrape JSONL"
    remembers = False

    def matches(self, sample: Sample) -> bool:
        """`_type` names a module, or the few fields of 0.3.4 are there with a status address."""
        return any(_is_snscrape(record) for record in sample.records)

    def decode(self, record: bytes, context: Context) -> None:
        """One post, or a record of another kind."""
        try:
            tweet = _decode_tweet(record)
        except msgspec.ValidationError:
            # Other modules use the same names for other types; only then is this no error.
            if _is_foreign(kind := str(_decode_any(record).get("_type"))):
                _decode_foreign(kind, record, context)
                return
            raise
        if _is_foreign(tweet.type):
            _decode_foreign(tweet.type, record, context)
        elif (short := tweet.type.removeprefix(_TWITTER)) in _NOT_POSTS:
            context.ignore(_NOT_POSTS[short])
        else:
            context.posts.append(_post(tweet))


def _is_snscrape(record: dict[str, Any]) -> bool:
    if str(record.get("_type", "")).startswith(_MODULES):
        return True
    url = record.get("url")
    old = {"url", "date", "content", "id"} <= record.keys()
    return old and isinstance(url, str) and "/status/" in url and ("twitter.com/" in url or "//x.com/" in url)


def _is_foreign(kind: str) -> bool:
    return kind.startswith(_MODULES) and not kind.startswith(_TWITTER)


def _post(tweet: _Tweet) -> Post:
    if not tweet.id:
        raise ValueError("no id: a post without one cannot be told from others")
    if tweet.date is None:
        raise ValueError("no date")
    own = str(tweet.id)
    first = _first(tweet, own)
    kind, ref, text = _relation(tweet)
    user = tweet.user or _User()
    lat, lon = _gps(tweet)
    place = tweet.place or _Place()
    return Post(
        post_id="x:" + first,
        source="x",
        text=text,
        op="create" if first == own else "update",
        rev=own,
        author_id=str(user.id) if user.id else None,
        author=user.username or tweet.username,
        url=tweet.url or f"https://x.com/i/web/status/{own}",
        lang=tweet.lang,
        created_at=parse_date(tweet.date),
        kind=kind,
        ref_id=f"x:{ref}" if ref else None,
        gps_lat=lat,
        gps_lon=lon,
        place_name=place.full_name or place.name or place.country or None,
        place_country=place.country_code.upper() if place.country_code else None,
        profile_location=user.location or None,
    )


def _first(tweet: _Tweet, own: str) -> str:
    if tweet.edits is None:
        return own
    return str(tweet.edits.initial or (tweet.edits.ids[0] if tweet.edits.ids else own))


def _relation(tweet: _Tweet) -> tuple[Kind, int | str | None, str]:
    text = tweet.raw_content if tweet.raw_content is not None else tweet.content or ""
    if (reposted := tweet.reposted) is not None:
        # A repost's own text is cut at 140 characters.
        return "repost", reposted.id or reposted.tweet_id, reposted.raw_content or reposted.content or text
    if tweet.answered:
        return "reply", tweet.answered, text
    if tweet.quoted is not None:
        return "quote", tweet.quoted.id or tweet.quoted.tweet_id, text
    return "original", None, text


def _gps(tweet: _Tweet) -> tuple[float | None, float | None]:
    if tweet.coordinates is None or tweet.place is not None:
        return None, None
    return on_earth(tweet.coordinates.latitude, tweet.coordinates.longitude)


def _decode_foreign(kind: str, record: bytes, context: Context) -> None:
    """A post of another of snscrape's modules (`telegram`, `weibo`, `mastodon`, …), where it has a text."""
    found = _decode_any(record)
    module, _, name = kind.removeprefix(_MODULES).rpartition(".")
    text = next((found[key] for key in ("content", "rawContent", "text", "selftext", "body") if found.get(key)), None)
    if not isinstance(text, str):
        context.ignore(f"{module} {name}" if module else "record without text")
        return
    native = found.get("id") or found.get("url")
    if not native:
        raise ValueError("no id and no url: a post without them cannot be told from others")
    author = found.get("username") or found.get("user") or found.get("author") or found.get("account")
    if isinstance(author, dict):
        author = author.get("username") or author.get("screenname") or author.get("account")
    date = found.get("date") or found.get("createdAt") or found.get("created")
    url = found.get("url")
    context.posts.append(
        Post(
            post_id=f"{module}:{native}",
            source=module,
            text=text,
            author=author if isinstance(author, str) else None,
            url=url if isinstance(url, str) else None,
            created_at=parse_date(date),
        )
    )
