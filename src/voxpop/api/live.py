"""`GET /v1/live`: what changes, as server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from voxpop.api.buckets import listed as listed_buckets
from voxpop.api.models import Bucket, Totals, Update
from voxpop.api.parameters import Width, topic_of
from voxpop.api.posts import listed as listed_posts
from voxpop.api.service import Service
from voxpop.errors import Transient
from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.queries import Filter

UPDATE_SECONDS: Final = 1.0
NEWEST_POSTS: Final = 20
_LOOK_SECONDS: Final = 0.2
_WINDOW: Final = timedelta(hours=1)
_DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Events `update`: `id` is the ledger's number, `data` an Update. Pings are comments."}
}


@dataclass(frozen=True)
class View:
    """What one reader follows."""

    topic: str
    width: timedelta


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["live"])

    @router.get("/live", response_class=EventSourceResponse, responses=_DOCUMENTED)
    async def live(
        topic: Annotated[str, Depends(topic_of(service))],
        width: Width = 60,
        last_event_id: Annotated[str | None, Header(description="Resumes after this update.")] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        """Send an update at once, and then at most one a second while segments are loaded or topics change.

        The first has the buckets of the newest hour of data, or with `Last-Event-ID` those that changed since; each
        further one has those that changed. Ends when the server stops; an EventSource connects again by itself.
        """
        view = View(topic, timedelta(seconds=width))
        async for update in follow(service, view, _number(last_event_id)):
            yield ServerSentEvent(event="update", id=str(update.seq), data=update)

    @router.get("/live/update")
    def update(topic: Annotated[str, Depends(topic_of(service))], width: Width = 60) -> Update:
        """The update that `/v1/live` begins with, for readers that poll."""
        return _update(service.store, View(topic, timedelta(seconds=width)), None)

    return router


async def follow(service: Service, view: View, after: int | None) -> AsyncIterator[Update]:
    """Yield an update for what changed after `after`, then one for each change, until the service closes.

    Topics that were added, changed or removed are a change, though the update has the number of the one before. While
    the store is away there is nothing to tell, and the stream goes on when it is back.
    """
    topics = service.topics.topics
    while not service.closing():
        changed = topics != service.topics.topics
        try:
            if changed or after is None or after != await asyncio.to_thread(queries.seq, service.store):
                seen = service.topics.topics
                update = await asyncio.to_thread(_update, service.store, view, after)
                topics, after = seen, update.seq
                yield update
                await _rest(service, UPDATE_SECONDS)
        except Transient:
            await _rest(service, UPDATE_SECONDS)
        await _rest(service, _LOOK_SECONDS)


async def _rest(service: Service, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not service.closing() and (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(left, _LOOK_SECONDS))


def _update(store: Store, view: View, after: int | None) -> Update:
    # The number is read first: what is loaded meanwhile is sent now and once more, never left out.
    seq = queries.seq(store)
    filter = queries.recent(Filter(view.topic), queries.span(store), _WINDOW)
    return Update(
        seq=seq,
        topic=view.topic,
        width=int(view.width.total_seconds()),
        buckets=_buckets(store, filter, view, after),
        totals=Totals(**asdict(queries.totals(store, filter))),
        posts=listed_posts(queries.posts(store, Filter(view.topic), NEWEST_POSTS)),
    )


def _buckets(store: Store, filter: Filter, view: View, after: int | None) -> list[Bucket]:
    if after is not None and queries.changes(store, after).complete:
        return listed_buckets(queries.changed_series(store, view.topic, view.width, after))
    return listed_buckets(queries.series(store, filter, view.width)) if filter.end else []


def _number(last_event_id: str | None) -> int | None:
    """The update a reader has; None where the header is not a number of ours."""
    text = last_event_id or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
