"""`GET /v1/posts`: the posts behind the numbers."""

from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.folded import WhatIsFolded, folded
from voxpop.api.models import Post
from voxpop.api.parameters import filter_of, pack, unpack, words
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.stores import search
from voxpop.stores.queries import Cursor, Filter


class Posts(BaseModel):
    """A page of posts, newest first."""

    posts: list[Post]
    next: str | None = Field(description="Give it as `before` for the next page; null on the last.")
    folded: WhatIsFolded = None


def routes(service: Service) -> APIRouter:
    """The route over the service's store."""
    router = APIRouter(prefix="/v1", tags=["posts"], dependencies=[needs("read")])
    responses = {**fresh.DOCUMENTED, **documented(404, 422)}

    @router.get("/posts", responses=responses, dependencies=[Depends(fresh.fresh(service))])
    def posts(
        filter: Annotated[Filter, Depends(filter_of(service))],
        words: Annotated[tuple[str, ...], Depends(words)],
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[str | None, Query(max_length=2000, description="The `next` of the page before.")] = None,
    ) -> Posts:
        """Posts, newest first; deleted posts and those whose text was let go are not there.

        `q` keeps those whose text holds every one of its words. A word is looked for as it is, with its signs, in
        either case and also within longer words: `ferr` finds "Ferry!". Pages neither overlap nor leave out, whatever
        comes or goes between them.
        """
        store = service.seen(filter)
        page = listed(search.found(store, filter, words, limit + 1, unpack(before) if before else None))
        last = page[limit - 1] if len(page) > limit else None
        following = last and pack(Cursor(last.created_at, last.post_id))
        return Posts(posts=page[:limit], next=following, folded=folded(store))

    return router


def listed(rows: pa.Table) -> list[Post]:
    """Rows of `queries.posts` as posts."""
    return [Post(**fields(row)) for row in rows.to_pylist()]


def fields(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the members of a post: null in place of the empty name that stands for unknown."""
    return {**row, "lang": row["lang"] or None, "country": row["country"] or None}
