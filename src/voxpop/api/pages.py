"""`/docs` and `/redoc`: the description as pages, all parts of which this server has itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from voxpop.api.access import needs

PATH: Final = "/docs/assets"
_POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        # Both pages style themselves from scripts; text of theirs cannot be told from text of ours by a digest.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    ]
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Voxpop: {title}</title>
<link rel="icon" href="data:,">
{styles}
</head>
<body>
<div id="page"></div>
{scripts}
</body>
</html>
"""
_PAGES: Final = {
    "/docs": ("HTTP interface, to try out", ("swagger-ui.css", "page.css"), ("swagger-ui-bundle.js", "swagger.js")),
    "/redoc": ("HTTP interface, to read", ("page.css",), ("redoc.standalone.js", "redoc.js")),
}
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}


def routes() -> APIRouter:
    """The pages and their assets; they work under a policy that lets no script run but this server's files."""
    router = APIRouter(include_in_schema=False, dependencies=[needs("read")])
    assets = _assets()

    @router.get(PATH + "/{name}")
    def asset(name: str) -> Response:
        if name not in assets:
            raise HTTPException(404, f"there is no asset {name!r}")
        headers = {"Cache-Control": "max-age=3600"}
        return Response(_read(assets[name]), media_type=_TYPES[assets[name].suffix], headers=headers)

    for path in _PAGES:
        router.add_api_route(path, _page(path), methods=["GET"], response_class=HTMLResponse)
    return router


def _assets() -> dict[str, Path]:
    """The files by name: those of Swagger UI and ReDoc come in the package fastapi-offline."""
    homes = [Path(str(files("fastapi_offline"))) / "static", Path(str(files("voxpop.api"))) / "assets"]
    return {path.name: path for home in homes for path in home.iterdir() if path.suffix in _TYPES}


@cache
def _read(path: Path) -> bytes:
    # ReDoc fetches its makers' logo from their server.
    return path.read_bytes().replace(b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,")


def _page(path: str) -> Callable[[], HTMLResponse]:
    title, styles, scripts = _PAGES[path]
    text = _PAGE.format(
        title=title,
        styles="\n".join(f'<link rel="stylesheet" href="{PATH}/{name}">' for name in styles),
        scripts="\n".join(f'<script src="{PATH}/{name}"></script>' for name in scripts),
    )

    def page() -> HTMLResponse:
        return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY})

    return page
