"""`GET /v1/live`: what changes, as server-sent events."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header

from voxpop.api.access import needs
from voxpop.api.events import EventStream
from voxpop.api.feed import Feed
from voxpop.api.models import Update
from voxpop.api.parameters import Width, topic_of
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.api.updates import View, update

_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "event": {"const": "update"},
        "id": {"type": "string", "examples": ["7"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/Update"},
        },
    },
}
_DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events `update`: `id` is the ledger's number, `data` an Update. Pings are comments.",
        "content": {"text/event-stream": {"schema": _EVENT}},
    },
    **documented(404, 422),
}


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["live"], dependencies=[needs("read")])
    feed = Feed(service)

    @router.get("/live", status_code=200, response_class=EventStream, responses=_DOCUMENTED)
    async def live(
        topic: Annotated[str, Depends(topic_of(service))],
        width: Width = 60,
        last_event_id: Annotated[str | None, Header(description="Resumes after this update.")] = None,
    ) -> EventStream:
        """Send an update at once, and then at most one a second while segments are loaded or topics change.

        The first has the buckets of the newest hour of data, or with `Last-Event-ID` those that changed since; each
        further one has those that changed, or where the reader was too slow for one, all of the newest hour again.
        Ends when the server stops, or the reader takes nothing for 30 seconds; an EventSource connects again by itself.
        """
        view = View(topic, timedelta(seconds=width))
        return EventStream(await feed.follow(view, _number(last_event_id)))

    @router.get("/live/update", responses=documented(404, 422))
    def once(topic: Annotated[str, Depends(topic_of(service))], width: Width = 60) -> Update:
        """The update that `/v1/live` begins with, for readers that poll."""
        return update(service.store, View(topic, timedelta(seconds=width)), None)

    return router


def _number(last_event_id: str | None) -> int | None:
    """The update a reader has; None where the header is not a number of ours."""
    text = last_event_id or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
