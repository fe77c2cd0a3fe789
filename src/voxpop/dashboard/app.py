"""The dashboard on the API's own server: one process, one port."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from voxpop.api.service import Service
from voxpop.dashboard import overview
from voxpop.dashboard.document import ASSETS
from voxpop.dashboard.pages import routes

_YEAR: Final = 365 * 86400


def mount(api: FastAPI, service: Service) -> None:
    """Put the overview at `/` of the API's server, the further pages beside it, and all of their parts at `/assets`."""
    routes.mount(api, service)
    overview.mount(api, service)
    api.mount("/assets", _Assets(directory=ASSETS))


class _Assets(StaticFiles):
    """Our files; one whose address says which content it has is kept by browsers and never asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file."""
        response = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=") and response.status_code == 200
        response.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable" if versioned else "no-cache"
        return response
