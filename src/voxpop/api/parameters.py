"""Query parameters that several routes share."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import HTTPException, Query

from voxpop.api.models import Label
from voxpop.api.service import Service
from voxpop.stores.queries import ALL, Cursor, Filter

Names = Annotated[list[str], Query(max_length=100)]
Width = Annotated[int, Query(ge=60, le=31 * 86400, multiple_of=60, description="Seconds, whole minutes.")]
Time = Annotated[datetime | None, Query(examples=["2026-11-19T09:00:00Z"])]


@dataclass(frozen=True)
class Choice:
    """What a reader chose by names; repeat a parameter for more than one value. An empty value means unknown."""

    country: Names
    lang: Names
    source: Names
    label: Annotated[list[Label], Query()]


def choice(
    country: Annotated[list[str] | None, Query(max_length=100, description="ISO 3166-1 alpha-2")] = None,
    lang: Annotated[list[str] | None, Query(max_length=100, description="ISO 639-1")] = None,
    source: Annotated[list[str] | None, Query(max_length=100)] = None,
    label: Annotated[list[Label] | None, Query()] = None,
) -> Choice:
    """Read the choice off the query; each may be given several times."""
    return Choice(country or [], lang or [], source or [], label or [])


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
        topic, start, end, tuple(chosen.country), tuple(chosen.lang), tuple(chosen.source), tuple(chosen.label)
    )


def topic_of(service: Service) -> Callable[..., str]:
    """A dependency that reads `topic` and knows the names there are."""

    def topic(
        topic: Annotated[str, Query(max_length=64, description="A topic's name; `*` is every post.")] = ALL,
    ) -> str:
        if topic != ALL and topic not in {known.name for known in service.topics.topics}:
            raise HTTPException(404, f"there is no topic {topic!r}; /v1/topics lists them")
        return topic

    return topic


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
        return Cursor(_EPOCH + timedelta(microseconds=int(micros)), post_id)
    except (binascii.Error, ValueError, OverflowError) as error:
        raise HTTPException(422, "before is not a cursor; give the `next` of the page before") from error


_YEARS: Final = range(1970, 2201)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
