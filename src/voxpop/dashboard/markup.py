"""HTML as values: every text is escaped where it enters, so no page can forget to."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

VOID: Final = frozenset({"br", "img", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already; only `el` and `join` make it."""

    __slots__ = ()


Child = Markup | str | int | None | Iterable["Child"]
Value = str | int | float | bool | None


def el(name: str, /, *children: Child, **attributes: Value) -> Markup:
    """An element; children that are no markup are escaped, None is nothing.

    An attribute's underscores are hyphens (`aria_label`), but for one at its end (`class_`). True stands alone, None
    and False are left out. The trap: names of elements and attributes are not escaped; they are ours.

    >>> el("a", "R&D", el("b", "<i>"), href='?q="', hidden=True, title=None)
    '<a href="?q=&quot;" hidden>R&amp;D<b>&lt;i&gt;</b></a>'
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{name}{written}>" if name in VOID else f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    """Children in a row, escaped like those of an element.

    >>> join("<", [el("br"), None, 3])
    '&lt;<br>3'
    """
    return Markup("".join(_written(child) for child in children))


def _written(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return str.__str__(child)
    if isinstance(child, str | int):
        return escape(str(child))
    return "".join(_written(one) for one in child)


def _attribute(key: str, value: Value) -> str:
    name = key.removesuffix("_").replace("_", "-")
    # SVG's one attribute with a capital letter that is used here.
    name = {"viewbox": "viewBox"}.get(name, name)
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
