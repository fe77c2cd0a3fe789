"""Whether what a client has is still so: `ETag` and `If-None-Match` (RFC 9110, 13.1.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import FastAPI, Header, Request, Response

from voxpop import __version__
from voxpop.api.service import Service

_CACHING: Final = "private, no-cache"
_SWITCHES: Final = {"copies", "one_voice"}
DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "What `If-None-Match` names is still so; there is no body."}
}


class Unchanged(Exception):
    """The client has what it asks for."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def install(api: FastAPI) -> None:
    """Let `Unchanged` leave `api` as 304."""
    api.add_exception_handler(Unchanged, _unchanged)


def fresh(service: Service, also: str | None = None) -> Callable[..., None]:
    """A dependency that tags the answer and spares it where the client has it.

    The tag changes with everything that an answer is made of: what is loaded, the topics, the model, the question. It
    does not when text is let go of by age, which a client then has for longer than the store. `also` is a query whose
    answer counts, too. An answer in which not every post counts has no tag, for it may be some seconds older than the
    store.
    """

    def check(
        request: Request,
        response: Response,
        if_none_match: Annotated[str | None, Header(description="The `ETag` of the answer you have.")] = None,
    ) -> None:
        if _SWITCHES & request.query_params.keys():
            response.headers["Cache-Control"] = _CACHING
            return
        tag = _tag(service, request, also)
        response.headers.update({"ETag": tag, "Cache-Control": _CACHING})
        if if_none_match and (if_none_match.strip() == "*" or tag in map(str.strip, if_none_match.split(","))):
            raise Unchanged(tag)

    return check


def _tag(service: Service, request: Request, also: str | None) -> str:
    # Read before the answer is: one that is newer than its tag is only sent once more.
    version = service.store.query("version").to_pylist()[0]
    topics = [(topic.name, topic.title, str(topic.query)) for topic in service.topics.topics]
    asked = request.url.path, request.url.query
    more = service.store.query(also).to_pylist() if also else None
    made_of = repr((__version__, version["seq"], version["loaded_at"], service.scorer.model_id, topics, asked, more))
    return f'W/"{hashlib.blake2b(made_of.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'


def _unchanged(request: Request, error: Exception) -> Response:
    assert isinstance(error, Unchanged)
    return Response(status_code=304, headers={"ETag": error.tag, "Cache-Control": _CACHING})
