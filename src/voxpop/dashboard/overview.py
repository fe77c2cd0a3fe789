"""The overview at its address, and the answers that its script asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from voxpop.api.access import needs
from voxpop.api.security import page_policy
from voxpop.api.service import Service
from voxpop.dashboard import answers, geography, layout, postlist
from voxpop.dashboard.answers import Answer
from voxpop.dashboard.markup import join
from voxpop.dashboard.sharing import Sharing
from voxpop.dashboard.view import resolve
from voxpop.insight.views import TooManyPosts
from voxpop.stores import queries

LONGEST: Final = 8 * 1024
"""Characters of a question; no address that a page makes is as long."""
_FRESH: Final = {"Cache-Control": "no-store"}


def mount(api: FastAPI, service: Service) -> None:
    """Serve the page at `/` and what fills it below `/overview`, each with the query of the page's address.

    `board` is numbers, chart and posts, `places` the map and the lists beside it, `posts` those that follow the listed
    ones. The answers are the page's own affair, and change with it; what is made to last is `/v1`.
    """
    router = APIRouter(include_in_schema=False, dependencies=[needs("read")])
    sharing = Sharing(service)
    # Plotly writes style elements and attributes, with neither nonce nor a lasting hash.
    headers = {"Content-Security-Policy": page_policy(styles=["'unsafe-inline'"]), **_FRESH}

    @router.get("/", response_class=HTMLResponse)
    def page() -> HTMLResponse:
        return HTMLResponse(layout.page(service), headers=headers)

    @router.get("/overview/board")
    async def board(request: Request) -> Response:
        return await _shared(sharing, request, lambda asked: answers.answer(service, asked))

    @router.get("/overview/places")
    async def places(request: Request) -> Response:
        return await _shared(sharing, request, lambda asked: geography.answer(service, asked))

    @router.get("/overview/posts")
    def posts(request: Request) -> Response:
        return _json(_written(older(service, _asked(request), request.query_params.get("after", ""))))

    api.include_router(router)


def older(service: Service, asked: answers.Request, after: str) -> Answer:
    """The posts after a place in the list, as markup, and the next place.

    Raises:
        HTTPException: 422 for what is no place, or where there are too many posts to look at one by one.
    """
    known = queries.span(service.store)
    if known is None:
        return {"html": "", "next": None}
    choice = answers.chosen(service, asked.search, known, asked.now)
    filter = resolve(choice, known, asked.now).filter
    try:
        found = postlist.page(service.seen(filter), filter, choice, json.loads(after))
    except (TooManyPosts, LookupError, TypeError, ValueError, RecursionError) as error:
        raise HTTPException(422, f"no posts follow there: {error}") from error
    return {"html": join(postlist.posts(found.rows, asked.now, choice)) if found.rows else "", "next": found.next}


async def _shared(sharing: Sharing, request: Request, work: Callable[[answers.Request], Answer]) -> Response:
    asked = _asked(request)
    question = f"{request.url.path}?{asked.search}"
    return _json(await sharing.answer(question, _told(request), lambda: _written(work(asked))))


def _asked(request: Request) -> answers.Request:
    """The query without what is no part of the choice, so that pages that ask the same are seen to."""
    if len(request.url.query) > LONGEST:
        raise HTTPException(414, "no address of this page is as long")
    parts = [part for part in request.url.query.split("&") if not part.startswith(("seen=", "after="))]
    return answers.Request("&".join(parts), datetime.now(UTC))


def _told(request: Request) -> int:
    """The number of the store that the page heard of; it may be anything."""
    try:
        newest = int(request.query_params.get("seen", ""))
    except ValueError:
        return -1
    return newest if 0 <= newest < 2**62 else -1


def _written(found: dict[str, Any]) -> bytes:
    return json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers=_FRESH)
