"""Query parameters that several routes share."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Depends, HTTPException, Query

from voxpop.api.models import Label
from voxpop.api.service import Service
from voxpop.stores import queries
from voxpop.stores.filter import any_of, names_of
from voxpop.stores.queries import ALL, Cursor, Filter
from voxpop.stores.search import words_of

Names = Annotated[list[str], Query(max_length=100)]
Width = Annotated[int, Query(ge=60, le=366 * 86400, multiple_of=60, description="Seconds, whole minutes.")]
Topics = Annotated[
    list[str] | None,
    Query(
        max_length=100,
        description="A topic's name; `*` is every post. Repeat it for the posts of any of several topics, of which "
        "each counts once. [default: *]",
        examples=[["gta6"]],
    ),
]
Time = Annotated[datetime | None, Query(examples=["2026-11-19T09:00:00Z"])]


@dataclass(frozen=True)
class Switches:
    """Which posts count, and by which label.

    For `copies` and `one_voice` posts are looked at one by one: at most 50,000 of the topic, else 422.
    """

    reposts: Annotated[bool, Query(description="`false` leaves reposts out.")] = True
    copies: Annotated[
        bool, Query(description="`false` counts of posts that are nearly the same text only the first of the period.")
    ] = True
    one_voice: Annotated[
        bool, Query(description="`true` counts of each author only the newest post of the period.")
    ] = False
    towards: Annotated[
        bool,
        Query(
            description="`true` counts what posts say of the topic, instead of their own label. Posts that are not "
            "scored towards it yet do not count. It needs a `towards_model` in the settings, and one topic, else 422."
        ),
    ] = False


@dataclass(frozen=True)
class Choice:
    """What a reader chose by names; repeat a parameter for more than one value. An empty value means unknown."""

    country: Names
    lang: Names
    source: Names
    label: Annotated[list[Label], Query()]
    reposts: bool = True
    copies: bool = True
    one_voice: bool = False
    towards: bool = False


def choice(
    country: Annotated[list[str] | None, Query(max_length=100, description="ISO 3166-1 alpha-2")] = None,
    lang: Annotated[list[str] | None, Query(max_length=100, description="ISO 639-1")] = None,
    source: Annotated[list[str] | None, Query(max_length=100)] = None,
    label: Annotated[list[Label] | None, Query()] = None,
    switches: Annotated[Switches, Depends(Switches)] = Switches(),
) -> Choice:
    """Read the choice off the query; each may be given several times."""
    for given in (country, lang, source):
        plain("".join(given or []))
    return Choice(country or [], lang or [], source or [], label or [], **vars(switches))


def selected(topic: str, start: datetime | None, end: datetime | None, chosen: Choice) -> Filter:
    """The filter of a request.

    Raises:
        HTTPException: 422, the period ends before it starts, or lies where no post can be.
    """
    if any(time and time.year not in _YEARS for time in (start, end)):
        raise HTTPException(422, f"start and end are between {_YEARS[0]} and {_YEARS[-1]}; choose a nearer time")
    if start and end and _utc(end) <= _utc(start):
        raise HTTPException(422, "end is not after start; swap them")
    return Filter(
        topic, start, end, tuple(chosen.country), tuple(chosen.lang), tuple(chosen.source), tuple(chosen.label),
        reposts=chosen.reposts, copies=chosen.copies, one_voice=chosen.one_voice, towards=chosen.towards,
    )  # fmt: skip


def topic_of(service: Service) -> Callable[..., str]:
    """A dependency that reads `topic` as a `Filter` takes it, and knows the names there are."""

    def topic(topic: Topics = None) -> str:
        return any_of(known_topic(service, name) for name in topic or [])

    return topic


def known_topic(service: Service, name: str) -> str:
    """The name, which is a topic's or `ALL`.

    Raises:
        HTTPException: 404, it is not.
    """
    if name != ALL and name not in {known.name for known in service.topics.topics}:
        raise HTTPException(404, f"there is no topic {name!r}; /v1/topics lists them")
    return name


def filter_of(service: Service) -> Callable[..., Filter]:
    """A dependency that reads topic, period and choice."""
    named = topic_of(service)

    def filter(
        topic: Annotated[str, Depends(named)],
        chosen: Annotated[Choice, Depends(choice)],
        start: Time = None,
        end: Time = None,
    ) -> Filter:
        if chosen.towards:
            judged(service, topic)
        return selected(topic, start, end, chosen)

    return filter


def judged(service: Service, topic: str | None = None) -> None:
    """See that what posts say of a topic is known here.

    Raises:
        HTTPException: 422, it is not, or the topic is `ALL` or several.
    """
    if service.towards is None:
        raise HTTPException(
            422,
            "no model here reads a post beside a topic; name one as towards_model in the settings, or leave "
            "towards out",
        )
    if topic is not None and (topic == ALL or len(names_of(topic)) > 1):
        raise HTTPException(422, "what posts say is counted towards one topic; choose one, or leave towards out")


def last_day(service: Service, filter: Filter) -> Filter:
    """The filter with its open ends closed: by the end of the newest minute, and a day before the end.

    Both stay open while there are no posts.
    """
    known = None if filter.end else queries.span(service.store)
    end = filter.end or (known.end if known else None)
    start = filter.start or (end - _DAY if end else None)
    return replace(filter, start=start, end=max(start, end) if start and end else end)


def words(
    q: Annotated[
        str | None,
        Query(
            max_length=500,
            description="Words, at most 16, all of which the text must hold: anywhere, in either case, as they are.",
            examples=["late ferry"],
        ),
    ] = None,
) -> tuple[str, ...]:
    """Read the words of a search off the query."""
    try:
        return words_of(plain(q or ""))
    except ValueError as error:
        raise HTTPException(422, f"q: {error}") from error


def zone(
    tz: Annotated[
        str, Query(max_length=64, description="IANA time zone, whose days and weeks count.", examples=["Europe/Berlin"])
    ] = "UTC",
) -> ZoneInfo:
    """Read the time zone off the query."""
    if tz not in _zones():
        raise HTTPException(422, f"tz: there is no time zone {tz!r}; name one of IANA's, like Europe/Berlin")
    return ZoneInfo(tz)


@cache
def _zones() -> frozenset[str]:
    # What the machine calls its own time is no name that a database on another one knows.
    return frozenset(available_timezones() - {"localtime"})


def plain(text: str) -> str:
    """A text that can be looked for.

    Raises:
        HTTPException: 422, it holds the character U+0000, which no text in a store does.
    """
    if "\0" in text:
        raise HTTPException(422, "a parameter holds the character U+0000; leave it out")
    return text


def pack(cursor: Cursor) -> str:
    """A cursor as an opaque word for a URL.

    >>> unpack(pack(Cursor(datetime(2026, 11, 19, tzinfo=UTC), "x:1"))).post_id
    'x:1'
    """
    micros = (cursor.created_at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros} {cursor.post_id}".encode()).decode().rstrip("=")


def unpack(word: str) -> Cursor:
    """The inverse of `pack`.

    Raises:
        HTTPException: 422, it was not made by `pack`.
    """
    try:
        packed = base64.b64decode(word + "=" * (-len(word) % 4), b"-_", validate=True)
        micros, _, post_id = packed.decode().partition(" ")
        return Cursor(_EPOCH + timedelta(microseconds=int(micros)), plain(post_id))
    except (binascii.Error, ValueError, OverflowError) as error:
        raise HTTPException(422, "before is not a cursor; give the `next` of the page before") from error


_YEARS: Final = range(1970, 2201)
_DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
