"""What every page has: its head with the files of this server, and the header with the bar of pages."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from voxpop.api.service import Service
from voxpop.dashboard import text as words
from voxpop.dashboard.markup import Child, Markup, el
from voxpop.dashboard.pages import navigation

ASSETS: Final = Path(__file__).parent / "assets"


@cache
def asset(name: str) -> str:
    """The address of one of our files; it changes with the content, so that browsers may keep what they have for ever.

    Raises:
        FileNotFoundError: there is no such file.
    """
    return f"/assets/{name}?v={sha256((ASSETS / name).read_bytes()).hexdigest()[:12]}"


def whole(title: str, styles: tuple[str, ...], scripts: tuple[str, ...], body: Markup) -> str:
    """A document; its scripts run in their order once all of it is there."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="description", content=words.DESCRIPTION),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("link", rel="icon", type="image/svg+xml", href="/assets/favicon.svg"),
        # Not deferred: what it does must be done before the first line is painted.
        el("script", src=asset("scheme.js")),
        *(el("link", rel="stylesheet", href=asset(name)) for name in ("voxpop.css", "navigation.css", *styles)),
        *(el("script", src=asset(name), defer=True) for name in ("navigation.js", *scripts)),
    )
    return f"<!DOCTYPE html>\n{el('html', head, body, lang='en')}"


def header(entry: navigation.Entry, service: Service, *beside: Child) -> Markup:
    """Name, bar, and at the right `beside`, the switch of the scheme, and the way out for who signed in."""
    # The overview has no heading of its own.
    level = "h1" if entry == navigation.OVERVIEW else "p"
    name = el(level, el("img", src="/assets/favicon.svg", alt="", width=26, height=26), words.TITLE, class_="wordmark")
    scheme = el(
        "button",
        *(el("span", sign, class_=scheme, aria_hidden="true") for scheme, sign in words.SCHEMES.items()),
        id="scheme",
        type="button",
        class_="scheme",
        aria_label=words.SCHEME,
    )
    leave = el("a", words.SIGN_OUT, href="/logout", class_="leave") if service.door.keys is not None else None
    return el("header", name, navigation.bar(entry), el("div", *beside, scheme, leave, class_="right"))


def notice(service: Service) -> Markup | None:
    """What the server wants every reader to know."""
    return el("p", service.notice, class_="notice", role="note") if service.notice else None
