"""The dashboard on the API's own server: one process, one port."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dash import Dash
from fastapi import FastAPI
from starlette.middleware import Middleware

from voxpop.api.app import Service
from voxpop.api.security import page_policy
from voxpop.dashboard import callbacks, layout, text
from voxpop.dashboard.pages import routes
from voxpop.dashboard.sharing import Sharing

ASSETS: Final = Path(__file__).parent / "assets"


def mount(api: FastAPI, service: Service) -> None:
    """Put the page at `/` of the API's server, and the further pages beside it, all of their parts served from there.

    The trap: Dash answers every GET that no earlier route takes with the page, so the API's routes, and its refusal of
    unknown ones, must be in place before.
    """
    routes.mount(api, service)
    app = Dash(
        __name__,
        server=api,
        title=text.TITLE,
        update_title=None,
        assets_folder=str(ASSETS),
        # Those of the further pages, which name them themselves.
        assets_ignore=r"page.*|scheme\.js",
        index_string=layout.INDEX,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "description", "content": text.DESCRIPTION},
            {"name": "color-scheme", "content": "light dark"},
        ],
    )
    # Dash puts what it wraps requests in before everything else: it would read them before they are let in and bounded.
    api.user_middleware.append(api.user_middleware.pop(0))
    api.user_middleware.insert(-1, Middleware(Sharing, service=service))
    # Otherwise each reader's browser holds a WebSocket open for callbacks, of which none uses it.
    app.backend.websocket_capability = False
    # A function, so that a page that is opened later has the topics that came since.
    app.layout = lambda: layout.page(
        service.topics.topics,
        service.notice,
        signs_in=service.door.keys is not None,
        corrects=service.correction is not None,
        judged=service.towards is not None,
    )
    callbacks.register(app, service)
    # The scripts of Dash, Mantine and Plotly make style elements and attributes, with neither nonce nor a lasting hash.
    api.state.page_policy = page_policy(app.csp_hashes(), ["'unsafe-inline'"])
