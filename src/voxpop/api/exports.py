"""`GET /v1/export/…`: posts and buckets as files."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Annotated, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from voxpop.api import buckets
from voxpop.api.access import needs
from voxpop.api.buckets import Asked
from voxpop.api.parameters import filter_of, words
from voxpop.api.problems import documented
from voxpop.api.rows import MEDIA_TYPES, encoded
from voxpop.api.service import Service
from voxpop.output import Format
from voxpop.stores import queries, search
from voxpop.stores.queries import Filter

PAGE: Final = 5_000
_CONTENT: Final[dict[str, Any]] = {
    "text/csv": {"schema": {"type": "string"}},
    "application/x-ndjson": {"schema": {"type": "string"}},
    "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
}
_DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The file, as it is read.", "content": _CONTENT},
    **documented(404, 422),
}
_Kind = Annotated[Format, Query(description="CSV for spreadsheets, JSON lines, or Parquet.")]
_Guard = Annotated[
    bool, Query(description="CSV: put an apostrophe before a cell that a spreadsheet would run as a formula.")
]


def routes(service: Service) -> APIRouter:
    """The routes over the service's store."""
    router = APIRouter(prefix="/v1/export", tags=["export"], dependencies=[needs("read")])

    @router.get("/posts", response_class=StreamingResponse, responses=_DOCUMENTED)
    def posts(
        filter: Annotated[Filter, Depends(filter_of(service))],
        words: Annotated[tuple[str, ...], Depends(words)],
        format: _Kind = "csv",
        guard: _Guard = True,
    ) -> StreamingResponse:
        """All posts that `/v1/posts` would page through, newest first, as one file.

        It is sent as it is read, 5,000 posts at a time. In CSV a text that begins with `=`, `+`, `-`, `@`, a tab or an
        end of line gets an apostrophe before it, for a spreadsheet would run it; `guard=false` leaves texts as they
        are. A connection that ends before the file does has not sent all.
        """
        pages = map(_known, search.pages(service.seen(filter), filter, words, PAGE))
        # What is wrong with the first page is answered as a problem; later there is no status left to say it with.
        return _sent("posts", encoded(chain([next(pages)], pages), format, guard=guard), format)

    @router.get("/buckets", response_class=StreamingResponse, responses=_DOCUMENTED)
    def series(
        filter: Annotated[Filter, Depends(filter_of(service))],
        asked: Annotated[Asked, Depends(Asked)],
        format: _Kind = "csv",
        guard: _Guard = True,
    ) -> StreamingResponse:
        """What `/v1/buckets` answers, as a file."""
        closed = buckets.bounded(service, filter, asked)
        store = service.seen(queries.whole(closed, asked.intervals))
        return _sent("buckets", encoded([buckets.table(store, closed, asked)], format, guard=guard), format)

    return router


def _sent(name: str, pieces: Iterable[bytes], format: Format) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"', "Cache-Control": "no-store"}
    return StreamingResponse(_filled(pieces), media_type=MEDIA_TYPES[format], headers=headers)


def _filled(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces that are not empty."""
    return (piece for piece in pieces if piece)


def _known(page: pa.Table) -> pa.Table:
    """The page with null in place of the empty name that stands for unknown."""
    for name in ("lang", "country"):
        column = page[name]
        none = pa.scalar(None, pa.string())
        page = page.set_column(
            page.column_names.index(name), name, pc.if_else(pc.equal(column, ""), none, column.cast(pa.string()))
        )
    return page
