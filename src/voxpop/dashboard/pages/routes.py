"""The further pages at their addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

from voxpop.api.access import needs
from voxpop.api.security import page_policy
from voxpop.api.service import Service
from voxpop.dashboard.pages import alerts, labelling, model, navigation, sources, topics
from voxpop.dashboard.pages.frame import Page, whole

Maker = Callable[[Service, datetime], Page]
_PAGES = (
    (navigation.ALERTS, alerts.page),
    (navigation.TOPICS, topics.page),
    (navigation.SOURCES, sources.page),
    (navigation.MODEL, model.page),
    (navigation.LABELLING, labelling.page),
)


def mount(api: FastAPI, service: Service) -> None:
    """Serve the pages. Each is written for whoever asks, whose scopes say what it offers, and kept by no cache."""
    router = APIRouter(include_in_schema=False, dependencies=[needs("read")])
    for entry, make in _PAGES:
        router.add_api_route(entry.path, _route(make, service), methods=["GET"], response_class=HTMLResponse)
    api.include_router(router)


def _route(make: Maker, service: Service) -> Callable[[], HTMLResponse]:
    # Not async: the store is asked, and that belongs in a thread.
    def answer() -> HTMLResponse:
        written = whole(make(service, datetime.now(UTC)), service)
        return HTMLResponse(written, headers={"Content-Security-Policy": page_policy(), "Cache-Control": "no-store"})

    return answer
