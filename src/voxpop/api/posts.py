"""`GET /v1/posts`: the posts behind the numbers."""

from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends, Query

from voxpop.api.access import needs
from voxpop.api.models import Post, Posts
from voxpop.api.parameters import Choice, Time, choice, pack, selected, topic_of, unpack
from voxpop.api.service import Service
from voxpop.stores import queries
from voxpop.stores.queries import Cursor


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["posts"], dependencies=[needs("read")])

    @router.get("/posts")
    def posts(
        topic: Annotated[str, Depends(topic_of(service))],
        chosen: Annotated[Choice, Depends(choice)],
        start: Time = None,
        end: Time = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[str | None, Query(max_length=2000, description="The `next` of the page before.")] = None,
    ) -> Posts:
        """Posts, newest first; deleted posts and those whose text was let go are not there."""
        filter = selected(topic, start, end, chosen)
        page = listed(queries.posts(service.store, filter, limit + 1, unpack(before) if before else None))
        last = page[limit - 1] if len(page) > limit else None
        return Posts(posts=page[:limit], next=last and pack(Cursor(last.created_at, last.post_id)))

    return router


def listed(rows: pa.Table) -> list[Post]:
    """Rows of `queries.posts` as posts."""
    unknown = ("lang", "country")
    return [Post(**{**row, **{name: row[name] or None for name in unknown}}) for row in rows.to_pylist()]
